"""What the settings that a tech may change from afar mean, in French; the English is the settings' own. Values."""

MEANINGS: dict[str, str] = {
    "camera.fps": "images par seconde",
    "camera.width": "largeur de l'image, en pixels ; vide : ce qui convient à la caméra",
    "camera.height": "hauteur de l'image, en pixels ; va avec la largeur",
    "camera.roi": "picamera2 : la partie lue, gauche, haut, largeur, hauteur, de 0 à 1 ; vide : le carré du milieu",
    "camera.lens_distance_m": "mètres de l'objectif à l'endroit où l'on tient le billet",
    "camera.exposure": "picamera2 : bracket, trois expositions tour à tour ; auto, celle de la caméra",
    "server.answer_within_s": "secondes avant de dire à la personne d'attendre",
    "gate.buzzer_kind": "active : sonne dès qu'il est alimenté ; passive : sonne à la hauteur qu'on lui donne",
    "gate.buzzer_volume": "buzzer passif : volume, de 0.05 à 1",
    "gate.quiet_from": 'silence à partir de cette heure, "22:00", sauf urgence ; va avec quiet_to',
    "gate.quiet_to": 'jusqu\'à cette heure, "08:00", du fuseau de la machine',
    "gate.debounce_ms": "un contact plus court est ignoré, millisecondes",
    "gate.pulse_ms": "durée de l'impulsion du relais, millisecondes",
    "gate.pulse_gap_ms": "repos entre deux impulsions, millisecondes",
    "gate.passage_within_s": "secondes laissées à la personne admise pour passer",
    "screen.languages": "langues, dans cet ordre",
    "screen.theme": "écran des visiteurs : light, dark, ou auto, comme le préfère son navigateur",
    "screen.camera_at": "écran des visiteurs : où est la caméra, vue de l'écran : below, above, left, right",
    "screen.first_name": "écran des visiteurs : true salue par le prénom du billet",
}
