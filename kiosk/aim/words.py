"""What ``aim`` says, in French and English: every key has both. Pure."""

from __future__ import annotations

from kiosk.screen.words import Language

WORDS: dict[str, dict[Language, str]] = {
    # One thing to do.
    "dark": {"fr": "Trop sombre : ajoutez de la lumière", "en": "Too dark: add light"},
    "bright": {"fr": "Trop clair : moins de lumière, ou évitez le reflet", "en": "Too bright: less light, or no glare"},
    "nothing": {
        "fr": "Aucun code en vue : tenez un billet devant la caméra, immobile et net",
        "en": "No code in view: hold a ticket in front of the camera, still and sharp",
    },
    "moving": {
        "fr": "Bougé : tenez-le immobile, ou ajoutez de la lumière",
        "en": "Moving: hold it still, or add light",
    },
    "closer": {"fr": "Plus près de {cm} cm", "en": "{cm} cm closer"},
    "farther": {"fr": "Plus loin de {cm} cm", "en": "{cm} cm farther away"},
    "blurred": {
        "fr": "Flou : nettoyez l'objectif, tenez le billet à {cm} cm, ou réglez la mise au point (lens_distance_m)",
        "en": "Blurred: clean the lens, hold the ticket at {cm} cm, or set the focus (lens_distance_m)",
    },
    "veiled": {
        "fr": "Voilé : nettoyez l'objectif, ou écartez la lumière qui y entre",
        "en": "Veiled: clean the lens, or keep light from shining into it",
    },
    "unread": {
        "fr": "Vu mais pas lu : tenez-le bien à plat, entier, sans doigt dessus",
        "en": "Seen but not read: hold it flat, whole, no finger on it",
    },
    "good": {"fr": "Bon", "en": "Good"},
    # What is shown beside it.
    "title": {"fr": "Viser", "en": "Aim"},
    "module": {"fr": "pixels par module", "en": "pixels per module"},
    "blur": {"fr": "flou, en modules", "en": "blur, in modules"},
    "white": {"fr": "blanc du code", "en": "white of the code"},
    "contrast": {"fr": "contraste", "en": "contrast"},
    "burnt": {"fr": "brûlé", "en": "burnt out"},
    "mean": {"fr": "moyenne de l'image", "en": "mean of the picture"},
    "fps": {"fr": "images par seconde", "en": "frames a second"},
    "size": {"fr": "image", "en": "picture"},
    # How it begins and ends.
    "open_page": {
        "fr": "Ouvrez {url}\nDepuis un autre poste : ssh -L {port}:127.0.0.1:{port} CE-PI, puis la même adresse.\n"
        "Ctrl-C arrête.",
        "en": "Open {url}\nFrom another machine: ssh -L {port}:127.0.0.1:{port} THIS-PI, then the same address.\n"
        "Ctrl-C ends it.",
    },
    "running": {
        "fr": "Le portillon tourne (processus {pid}) et tient la caméra. Arrêtez-le d'abord :\n"
        "  sudo systemctl stop portillon-kiosk\n"
        "et relancez-le après :\n"
        "  sudo systemctl start portillon-kiosk",
        "en": "The gate is running (process {pid}) and holds the camera. Stop it first:\n"
        "  sudo systemctl stop portillon-kiosk\n"
        "and start it again afterwards:\n"
        "  sudo systemctl start portillon-kiosk",
    },
    "stopped": {"fr": "Arrêté.", "en": "Stopped."},
    "port_taken": {
        "fr": "Le port {port} est pris : choisissez-en un autre avec --port",
        "en": "Port {port} is taken: choose another with --port",
    },
    "no_terminal": {
        "fr": "La sortie n'est pas un terminal : --web montre l'image dans un navigateur",
        "en": "The output is no terminal: --web shows the picture in a browser",
    },
}


def told(key: str, language: Language, **values: object) -> str:
    """This in words."""
    return WORDS[key][language].format(**values)
