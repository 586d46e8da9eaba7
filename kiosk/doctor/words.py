"""Every finding of doctor but the faults themselves: how bad it is, and its words in French and English. Pure."""

from __future__ import annotations

from kiosk.doctor import machine_words, network_words
from kiosk.doctor.finding import Finding
from kiosk.doctor.text import Text, fail, ok, warn
from kiosk.screen.words import Language

# The part before the point is the name of the check.
TEXTS: dict[str, Text] = {
    "settings.good": ok("{file} : bon ({profile}, {action})", "{file}: good ({profile}, {action})"),
    "settings.mistake": fail(
        ("{mistake}", "Corrigez {file}, puis : portillon-kiosk config check {file}"),
        ("{mistake}", "Mend {file}, then: portillon-kiosk config check {file}"),
    ),
    "doctor.broken": fail(
        (
            "Le contrôle {check} n'a pas abouti ({why})",
            "Signalez-le, avec l'archive de : portillon-kiosk doctor bundle",
        ),
        ("The check {check} failed itself ({why})", "Report it, with the archive of: portillon-kiosk doctor bundle"),
    ),
    "state.good": ok("{folder} : inscriptible, {free} Mo libres", "{folder}: can be written, {free} MB free"),
    "state.missing": warn(
        ("{folder} n'existe pas encore", "Il est créé au premier démarrage du portillon."),
        ("{folder} does not exist yet", "It is made when the gate first starts."),
    ),
    "state.unreadable": fail(
        ("{folder} : illisible pour cet utilisateur", "Recommencez avec sudo."),
        ("{folder}: this user may not read it", "Run this again with sudo."),
    ),
    "state.read_only": fail(
        (
            "{folder} : non inscriptible, personne n'entre",
            "Carte usée ? dmesg | grep mmc, puis changez-la ; ou remontez le disque en écriture.",
        ),
        (
            "{folder}: can't be written, nobody gets in",
            "Is the card worn out? dmesg | grep mmc, then replace it; or mount the disk for writing.",
        ),
    ),
    "state.open": warn(
        ("{folder} : mode {mode}, d'autres peuvent y lire", "sudo chmod 700 {folder}"),
        ("{folder}: mode {mode}, others can read in it", "sudo chmod 700 {folder}"),
    ),
    "state.full": fail(
        (
            "{folder} : {free} Mo libres, bientôt personne n'entre",
            "Libérez de la place : sudo du -xh / | sort -h | tail",
        ),
        ("{folder}: {free} MB free, soon nobody gets in", "Make room: sudo du -xh / | sort -h | tail"),
    ),
    "state.nearly_full": warn(
        ("{folder} : {free} Mo libres seulement", "Libérez de la place : sudo du -xh / | sort -h | tail"),
        ("{folder}: only {free} MB free", "Make room: sudo du -xh / | sort -h | tail"),
    ),
    "daemon.running": ok(
        "En marche depuis {since} (version {version}, état {state}) ; {admitted} admis, {refused} refusés, "
        "{unknown} sans réponse",
        "Running since {since} (version {version}, state {state}); {admitted} admitted, {refused} refused, "
        "{unknown} without an answer",
    ),
    "daemon.latest": ok(
        "Dernier billet : {at}, réponse en {latency:.0f} ms", "Last ticket: {at}, answered in {latency:.0f} ms"
    ),
    "daemon.never": warn(
        ("Aucun portillon n'a encore tourné ici", "sudo systemctl enable --now portillon-kiosk"),
        ("No gate has run here yet", "sudo systemctl enable --now portillon-kiosk"),
    ),
    "daemon.untold": warn(
        (
            "Sur ce disque, un portillon ne peut rien dire de lui-même",
            "systemctl status portillon-kiosk ; voyez state.",
        ),
        ("On this disk no gate can tell of itself", "systemctl status portillon-kiosk; look at state above."),
    ),
    "daemon.stopped": warn(
        ("Arrêté", "sudo systemctl start portillon-kiosk"),
        ("Stopped", "sudo systemctl start portillon-kiosk"),
    ),
    "daemon.died": fail(
        (
            "Ne tourne plus ; son dernier état : {state}",
            "journalctl -u portillon-kiosk -n 50 dit pourquoi ; puis sudo systemctl restart portillon-kiosk",
        ),
        (
            "Runs no more; its last state was: {state}",
            "journalctl -u portillon-kiosk -n 50 says why; then sudo systemctl restart portillon-kiosk",
        ),
    ),
    "daemon.silent": fail(
        (
            "En marche, mais muet depuis {seconds:.0f} s : bloqué, ou disque plein",
            "Regardez state ci-dessus ; sinon sudo systemctl restart portillon-kiosk",
        ),
        (
            "Running, but silent for {seconds:.0f} s: it hangs, or the disk is full",
            "Look at state above; else sudo systemctl restart portillon-kiosk",
        ),
    ),
    "faults.none": ok("Aucune panne", "No fault"),
    "journal.none": ok("Pas encore de journal", "No journal yet"),
    "journal.good": ok(
        "{lines} lignes, la dernière du {at} ; {unsettled} billet(s) sans réponse finale",
        "{lines} lines, the last of {at}; {unsettled} ticket(s) without a final answer",
    ),
    "journal.unreadable": fail(
        ("Illisible : {why}", "Carte usée ? dmesg | grep mmc. Gardez le fichier, changez la carte."),
        ("Can't be read: {why}", "Is the card worn out? dmesg | grep mmc. Keep the file, replace the card."),
    ),
    "journal.unsound": warn(
        ("{count} ligne(s) abîmée(s)", "Mises de côté au prochain démarrage ; carte usée ? dmesg | grep mmc"),
        ("{count} damaged line(s)", "Set aside at the next start; is the card worn out? dmesg | grep mmc"),
    ),
    "journal.damaged": warn(
        (
            "Fichier(s) abîmé(s), mis de côté : {names}",
            "Coupures de courant, ou carte usée ; gardez-les pour l'analyse.",
        ),
        ("Damaged file(s), set aside: {names}", "Power cuts, or a worn card; keep them for whoever looks into it."),
    ),
    "journal.annuls_waiting": warn(
        ("{count} passage(s) à rendre au serveur", "Rendus tout seuls dès qu'il répond ; voyez server."),
        ("{count} admission(s) to give back to the server", "Given back by itself once it answers; see server."),
    ),
    "journal.interrupted": warn(
        (
            "{count} ouverture(s) interrompue(s) : ces personnes ont été envoyées à l'équipe",
            "Coupures de courant ? vcgencmd get_throttled ; journalctl -u portillon-kiosk",
        ),
        (
            "{count} opening(s) cut short: those guests were sent to the staff",
            "Power cuts? vcgencmd get_throttled; journalctl -u portillon-kiosk",
        ),
    ),
    "journal.alarms": warn(
        ("Depuis 24 h : {told}", "Regardez la barrière et le boîtier ; les heures sont dans le journal."),
        ("In the last 24 h: {told}", "Look at the barrier and the housing; the times are in the journal."),
    ),
    "pairing.good": ok("{server}, sous le nom « {device} »", '{server}, as "{device}"'),
    "pairing.none": warn(
        ("Pas appairé : personne n'entre", "Montrez à la caméra le QR de l'appareil, ou : portillon-kiosk pair URL"),
        ("Not paired: nobody gets in", "Show the camera the device's QR code, or: portillon-kiosk pair URL"),
    ),
    "pairing.pending": warn(
        ("Une clé reçue n'a pas encore été vérifiée", "Vérifiée au prochain démarrage ; voyez le réseau."),
        ("A key that was received is not tested yet", "Tested at the next start; look at the network."),
    ),
    "pairing.damaged": fail(
        ("credentials.json abîmé ({fields})", "Créez un nouveau code dans l'administration et appairez."),
        ("credentials.json is damaged ({fields})", "Make a new code in the admin and pair again."),
    ),
    "pairing.set_aside": warn(
        ("Clé(s) abîmée(s), mise(s) de côté : {names}", "Si le portillon est appairé, supprimez-les."),
        ("Damaged key(s), set aside: {names}", "If the gate is paired, delete them."),
    ),
    "pairing.open": fail(
        ("{file} : mode {mode}, d'autres peuvent lire la clé", "sudo chmod 600 {file}, puis appairez de nouveau."),
        ("{file}: mode {mode}, others can read the key", "sudo chmod 600 {file}, then pair again."),
    ),
    "pairing.unreadable": fail(
        ("Illisible : {why}", "Carte usée ? dmesg | grep mmc. Changez-la et appairez de nouveau."),
        ("Can't be read: {why}", "Is the card worn out? dmesg | grep mmc. Replace it and pair again."),
    ),
    "clock.time_server": ok("{now}, d'un serveur de temps", "{now}, from a time server"),
    "clock.rtc": ok("{now}, de l'horloge matérielle", "{now}, from the hardware clock"),
    "clock.unsure": warn(
        ("{now}, sans preuve", "Ouvrez le port UDP 123 vers un serveur de temps : timedatectl ; ou ajoutez une RTC."),
        ("{now}, and nobody vouches for it", "Let UDP port 123 out to a time server: timedatectl; or add an RTC."),
    ),
    "clock.behind": warn(
        ("{now}, mais il était déjà {floor}", "Ouvrez le port UDP 123 vers un serveur de temps : timedatectl"),
        ("{now}, but it has been {floor} before", "Let UDP port 123 out to a time server: timedatectl"),
    ),
    "server.good": ok("Répond et connaît ce portillon ({ms:.0f} ms)", "Answers and knows this gate ({ms:.0f} ms)"),
    "camera.in_use": ok("Utilisée par le portillon en marche", "In use by the running gate"),
    "camera.found": ok("{models}", "{models}"),
    "camera.none": fail(
        (
            "Aucune caméra : aucun billet n'est lu",
            "Courant coupé, remettez la nappe ; puis rpicam-hello --list-cameras",
        ),
        ("No camera: no ticket is read", "With the power off, seat the cable; then rpicam-hello --list-cameras"),
    ),
    "camera.no_usb": fail(
        ("Aucune caméra USB : aucun billet n'est lu", "Branchez-la, ou corrigez [camera] path ; groupe video."),
        ("No USB camera: no ticket is read", "Plug it in, or mend [camera] path; the user needs the group video."),
    ),
    "camera.unusable": fail(
        (
            "picamera2 inutilisable : {why}",
            "sudo apt install python3-picamera2 ; le venv avec --system-site-packages",
        ),
        (
            "picamera2 can't be used: {why}",
            "sudo apt install python3-picamera2; the venv with --system-site-packages",
        ),
    ),
    "camera.replay": warn(
        ("Images de {path}, pas de caméra", 'Pour de vrais billets : [camera] source = "picamera2"'),
        ("Pictures from {path}, no camera", 'For real tickets: [camera] source = "picamera2"'),
    ),
    "camera.no_replay": fail(
        ("{path} n'existe pas : aucune image", "Créez-le, ou corrigez [camera] path."),
        ("{path} does not exist: no pictures", "Make it, or mend [camera] path."),
    ),
    "gate.wired": ok("{lines}", "{lines}"),
    "gate.mock": warn(
        ("Broches simulées : rien ne s'ouvre", 'Sur le Pi : [gate] pins = "lgpio"'),
        ("Mock pins: nothing opens", 'On the Pi: [gate] pins = "lgpio"'),
    ),
    "gate.no_chip": fail(
        ("/dev/gpiochip* absent ou interdit : rien ne s'ouvre", "Sur un Pi : sudo usermod -aG gpio UTILISATEUR"),
        ("/dev/gpiochip* is missing or forbidden: nothing opens", "On a Pi: sudo usermod -aG gpio USER"),
    ),
    "gate.no_passage_sensor": ok(
        "Sans capteur de passage : une admission inutilisée n'est pas rendue",
        "No passage sensor: an admission that nobody used is not given back",
    ),
    "gate.inputs": ok("Contacts au repos", "Contacts at rest"),
    "gate.pressed": warn(
        (
            "Contacts actifs maintenant : {names}",
            "Si personne n'y touche : le câblage, ou [gate] normally_closed pour un contact fermé au repos.",
        ),
        (
            "Contacts active now: {names}",
            "If nobody touches them: the wiring, or [gate] normally_closed for a contact that is closed at rest.",
        ),
    ),
    "gate.inputs_unread": warn(
        ("Les entrées ne peuvent être lues : {why}", "Un autre programme les tient ? gpioinfo"),
        ("The inputs can't be read: {why}", "Does another program hold them? gpioinfo"),
    ),
    **machine_words.TEXTS,
    **network_words.TEXTS,
}


def tell(key: str, language: Language, **figures: object) -> Finding:
    """The finding of this key, in this language."""
    text = TEXTS[key]
    fix = text.fix[language].format(**figures) if text.fix else ""
    return Finding(key.partition(".")[0], text.level, text.found[language].format(**figures), fix)
