"""Doctor's words for the machine: camera, power, heat, disk, units, versions. Pure."""

from __future__ import annotations

from kiosk.doctor.text import Text, fail, ok, warn

# The part before the point is the name of the check.
TEXTS: dict[str, Text] = {
    "versions.told": ok(
        "Portillon {version} ; {system} ; Linux {kernel} ; Python {python} ; {model}",
        "Portillon {version}; {system}; Linux {kernel}; Python {python}; {model}",
    ),
    "camera.seen": ok(
        "{fps:.0f} images par seconde, luminosité {brightness} sur 255",
        "{fps:.0f} frames a second, brightness {brightness} of 255",
    ),
    "camera.slow": warn(
        (
            "{fps:.1f} images par seconde au lieu de {asked:.0f}",
            "Chaleur, courant ou autre programme ? vcgencmd get_throttled ; top. Sinon baissez [camera] fps.",
        ),
        (
            "{fps:.1f} frames a second instead of {asked:.0f}",
            "Heat, power or another program? vcgencmd get_throttled; top. Else lower [camera] fps.",
        ),
    ),
    "camera.dark": warn(
        (
            "Image presque noire ({brightness} sur 255) : les billets de papier ne sont pas lus",
            "Retirez le cache ; éclairez l'endroit où l'on tient le billet. portillon-kiosk aim",
        ),
        (
            "The picture is nearly black ({brightness} of 255): paper tickets are not read",
            "Take the cap off; put light where tickets are held. portillon-kiosk aim",
        ),
    ),
    "camera.burnt": warn(
        (
            "{percent:.0f} % de l'image sont blancs : les billets y disparaissent",
            "Tournez la caméra hors du soleil ou de la lampe. portillon-kiosk aim",
        ),
        (
            "{percent:.0f} % of the picture is white: tickets vanish in it",
            "Turn the camera out of the sun or the lamp. portillon-kiosk aim",
        ),
    ),
    "camera.sharp": ok(
        "Le dernier code lu était net (flou {blur:.1f} pixel)", "The last code read was sharp (blur {blur:.1f} pixel)"
    ),
    "camera.blurred": warn(
        (
            "Le dernier code lu était flou ({blur:.1f} pixels) : les plus petits ne sont pas lus",
            "Réglez [camera] lens_distance_m, nettoyez la vitre. portillon-kiosk aim",
        ),
        (
            "The last code read was blurred ({blur:.1f} pixels): smaller ones are not read",
            "Set [camera] lens_distance_m, clean the glass. portillon-kiosk aim",
        ),
    ),
    "power.good": ok("Tension bonne depuis le démarrage", "The voltage has been good since the start"),
    "power.untold": ok("Cette machine ne dit rien de sa tension", "This machine does not tell of its voltage"),
    "power.low": fail(
        (
            "Sous-tension en ce moment : le Pi peut s'arrêter et abîmer sa carte",
            "Alimentation officielle (5,1 V, 3 A ; Pi 5 : 5 A), câble court et épais ; rien d'autre sur ses USB.",
        ),
        (
            "Under-voltage now: the Pi may stop and harm its card",
            "The official supply (5.1 V, 3 A; Pi 5: 5 A), a short thick cable; nothing else on its USB ports.",
        ),
    ),
    "power.was_low": warn(
        (
            "Sous-tension depuis le démarrage",
            "Alimentation officielle, câble court et épais ; la bobine du relais sur une autre alimentation.",
        ),
        (
            "There was under-voltage since the start",
            "The official supply, a short thick cable; the relay's coil on another supply.",
        ),
    ),
    "power.slowed": warn(
        ("Le processeur est ralenti en ce moment ({why})", "Aérez ou refroidissez le boîtier ; voyez l'alimentation."),
        ("The processor is slowed down now ({why})", "Air or cool the housing; look at the power supply."),
    ),
    "power.was_slowed": warn(
        ("Le processeur a été ralenti depuis le démarrage ({why})", "Aérez le boîtier ; voyez l'alimentation."),
        ("The processor was slowed down since the start ({why})", "Air the housing; look at the power supply."),
    ),
    "temperature.good": ok("Environ {degrees} °C", "About {degrees} °C"),
    "temperature.untold": ok("Cette machine ne dit pas sa température", "This machine does not tell its temperature"),
    "temperature.hot": warn(
        (
            "Environ {degrees} °C : le processeur ralentit dès 80",
            "À l'ombre, aéré, avec un dissipateur ou un ventilateur.",
        ),
        ("About {degrees} °C: the processor slows down from 80", "Shade, air, a heat sink or a fan."),
    ),
    "boot_pins.good": ok(
        "{file} éteint toutes les sorties dès la mise sous tension", "{file} holds every output off from power-on"
    ),
    "boot_pins.differ": fail(
        (
            "{file} ne connaît pas ces broches ou cette polarité : à la mise sous tension, le relais peut s'enclencher",
            "sudo ./install.sh de nouveau : il y écrit les broches et active_high de kiosk.toml. Puis redémarrez.",
        ),
        (
            "{file} does not know these pins, or this polarity: the relay may switch on at power-on",
            "sudo ./install.sh again: it writes the pins and active_high of kiosk.toml there. Then reboot.",
        ),
    ),
    "disk.good": ok("{kind}, en écriture", "{kind}, for writing"),
    "disk.overlaid": ok(
        "Racine protégée (overlay) ; l'état du portillon est sur {kind}",
        "The root is protected (overlay); the gate's state is on {kind}",
    ),
    "disk.forgets": fail(
        (
            "{folder} est en mémoire ({kind}) : au prochain arrêt, appairage et journal sont perdus",
            "Montez-y la partition de données : /etc/fstab, puis install.sh --read-only",
        ),
        (
            "{folder} is in memory ({kind}): pairing and journal are lost when the power goes",
            "Mount the data partition there: /etc/fstab, then install.sh --read-only",
        ),
    ),
    "disk.read_only": fail(
        (
            "{place} est en lecture seule : le noyau l'a remontée après une erreur, ou /etc/fstab le veut",
            "dmesg | grep -i ext4 ; carte usée : remplacez-la. Sinon : sudo mount -o remount,rw {place}",
        ),
        (
            "{place} is read-only: the kernel remounted it after an error, or /etc/fstab wants it",
            "dmesg | grep -i ext4; a worn card: replace it. Else: sudo mount -o remount,rw {place}",
        ),
    ),
    "disk.errors": warn(
        (
            "{count} erreur(s) de système de fichiers sur {device}",
            "La carte s'use ou le courant manque : sauvegardez, fsck au démarrage, changez la carte.",
        ),
        (
            "{count} file system error(s) on {device}",
            "The card wears out or the power fails: back up, fsck at boot, replace the card.",
        ),
    ),
    "disk.not_overlaid": warn(
        (
            "La racine devait être protégée (overlay) et ne l'est pas",
            "systemctl status portillon-read-only ; sudo update-initramfs -u, puis redémarrez.",
        ),
        (
            "The root was to be protected (overlay) and is not",
            "systemctl status portillon-read-only; sudo update-initramfs -u, then reboot.",
        ),
    ),
    "units.good": ok("{unit} : actif, {restarts} redémarrage(s)", "{unit}: active, {restarts} restart(s)"),
    "units.restarted": warn(
        (
            "{unit} a été relancé {restarts} fois par systemd",
            "journalctl -u {unit} -n 100 dit pourquoi ; watchdog : caméra ou carte qui bloque.",
        ),
        (
            "{unit} was started again {restarts} times by systemd",
            "journalctl -u {unit} -n 100 says why; watchdog: a camera or a card that hangs.",
        ),
    ),
    "units.failed": fail(
        ("{unit} : {state} ({result})", "journalctl -u {unit} -n 50 ; puis sudo systemctl restart {unit}"),
        ("{unit}: {state} ({result})", "journalctl -u {unit} -n 50; then sudo systemctl restart {unit}"),
    ),
    "units.stopped": warn(
        ("{unit} ne tourne pas", "sudo systemctl enable --now {unit}"),
        ("{unit} does not run", "sudo systemctl enable --now {unit}"),
    ),
    "units.not_at_boot": warn(
        ("{unit} ne démarre pas tout seul", "sudo systemctl enable {unit}"),
        ("{unit} does not start by itself", "sudo systemctl enable {unit}"),
    ),
    "units.no_watchdog": warn(
        ("{unit} tourne sans watchdog", "Remettez l'unité livrée : sudo ./install.sh"),
        ("{unit} runs without a watchdog", "Put the shipped unit back: sudo ./install.sh"),
    ),
    "units.none": ok("Sans systemd : rien ne relance le portillon", "No systemd: nothing starts the gate again"),
    "bundle.written": ok(
        "{file} : relisez-la, puis envoyez-la à qui vous aide. Clés, mots de passe et billets n'y sont pas.",
        "{file}: read it, then send it to whoever helps. Keys, passwords and tickets are not in it.",
    ),
    "bundle.failed": fail(
        (
            "L'archive n'a pas pu être écrite ({why}) : il n'en reste rien",
            "Choisissez un autre endroit, une clé USB par exemple : portillon-kiosk doctor bundle FICHIER",
        ),
        (
            "The archive could not be written ({why}): nothing of it is left",
            "Choose another place, such as a USB stick: portillon-kiosk doctor bundle FILE",
        ),
    ),
    "reboot.was": warn(
        (
            "Redémarré de lui-même le {at} : le portillon s'était arrêté {count} fois de suite",
            "journalctl -b -1 -u portillon-kiosk (si conservé) ; caméra, alimentation, carte.",
        ),
        (
            "It rebooted by itself on {at}: the gate had ended {count} times in a row",
            "journalctl -b -1 -u portillon-kiosk (where it is kept); camera, power, card.",
        ),
    ),
}
