"""What a tech does about each fault, in French and English. Pure."""

from __future__ import annotations

from kiosk.screen.words import Language
from kiosk.verdict import Fault

REMEDIES: dict[Fault, dict[Language, str]] = {
    Fault.NO_NETWORK: {
        "fr": "Câble ou Wi-Fi : nmcli device ; nom : getent hosts SERVEUR. Puis : le serveur tourne-t-il ?",
        "en": "Cable or Wi-Fi: nmcli device; its name: getent hosts SERVER. Then: does the server run?",
    },
    Fault.TIMEOUT: {
        "fr": "Réseau lent ou serveur chargé : ping SERVEUR. Wi-Fi : nmcli connection modify NOM wifi.powersave 2",
        "en": "A slow network or a busy server: ping SERVER. Wi-Fi: nmcli connection modify NAME wifi.powersave 2",
    },
    Fault.TLS: {
        "fr": "Certificat expiré, auto-signé, ou réseau qui s'interpose : openssl s_client -connect SERVEUR:443",
        "en": "An expired or self-signed certificate, or a network in between: openssl s_client -connect SERVER:443",
    },
    Fault.SERVER_KEY_CHANGED: {
        "fr": "Serveur réinstallé ? Restaurez son dossier .tls ou appairez de nouveau. Sinon, un intrus : cherchez-le.",
        "en": "Was the server set up anew? Restore its .tls folder, or pair again. If not, another answers: find it.",
    },
    Fault.CLOCK: {
        "fr": "Mettez à l'heure : ouvrez le port UDP 123 vers un serveur de temps, puis timedatectl.",
        "en": "Set the clock right: let UDP port 123 out to a time server, then timedatectl.",
    },
    Fault.KEY_REFUSED: {
        "fr": "Appareil archivé ? Créez-en un ; activez l'entrée unlock, ou posez unlock_file ; montrez le QR.",
        "en": "Was the device archived? Make one; press the unlock input, or put unlock_file there; show the QR.",
    },
    Fault.SERVER_TROUBLE: {
        "fr": "Le serveur se dit en panne : regardez son journal. Le portillon réessaie tout seul.",
        "en": "The server says that it is in trouble: look into its log. The gate tries again by itself.",
    },
    Fault.ODD_ANSWER: {
        "fr": "Autre chose que le serveur répond : portail captif, proxy ? Ouvrez son adresse sur ce réseau : curl -v",
        "en": "Something else answers: a captive portal, a proxy? Open its address from this network: curl -v",
    },
    Fault.EVENT_UNKNOWN: {
        "fr": "Réglez [server] event_uuid, ou ajoutez l'événement de ce billet sur le serveur.",
        "en": "Set [server] event_uuid, or add this ticket's event at the server.",
    },
    Fault.SCAN_ID_REUSED: {
        "fr": "Journal abîmé ou copié d'un autre portillon ? Signalez-le, avec le journal.",
        "en": "Is the journal damaged, or a copy of another gate's? Report it, with the journal.",
    },
    Fault.GATE: {
        "fr": "Câblage du relais ; rien d'autre sur ses broches : gpioinfo ; sudo systemctl restart portillon-kiosk",
        "en": "The relay's wiring; nothing else on its pins: gpioinfo; then sudo systemctl restart portillon-kiosk",
    },
    Fault.JOURNAL: {
        "fr": "Disque plein : df -h. En lecture seule, carte usée : dmesg | grep mmc. Le portillon reprend tout seul.",
        "en": "A full disk: df -h. Read-only, a worn card: dmesg | grep mmc. The gate goes on by itself.",
    },
    Fault.CAMERA: {
        "fr": "Courant coupé, remettez la nappe aux deux bouts ; puis rpicam-hello --list-cameras",
        "en": "With the power off, seat the cable at both ends; then rpicam-hello --list-cameras",
    },
    Fault.PASSAGE_SENSOR: {
        "fr": "Coupez et fermez son contact à la main ; vérifiez [gate] passage et normally_closed.",
        "en": "Open and close its contact by hand; check [gate] passage and normally_closed.",
    },
    Fault.SCREEN: {
        "fr": "Réglez [screen] guest_port ou branding comme dit ci-dessus, puis redémarrez portillon-kiosk.",
        "en": "Set [screen] guest_port or branding as said above, then restart portillon-kiosk.",
    },
}
