"""The wiring sheet's words, in French and English: every key has both. Pure."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from kiosk.screen.words import Language


@dataclass(frozen=True, slots=True)
class Words:
    """What a terminal is, and where its wire goes."""

    title: str
    hint: str


TERMINALS: dict[str, dict[Language, Words]] = {
    "relay": {
        "fr": Words("Relais d'entrée", "driver IN ; contact COM–NO vers « ouvrir » du tourniquet"),
        "en": Words("Entry relay", "driver IN; contact COM–NO to the turnstile's “open”"),
    },
    "exit_relay": {
        "fr": Words("Relais de sortie", "driver IN ; contact COM–NO vers « ouvrir », sens sortie"),
        "en": Words("Exit relay", "driver IN; contact COM–NO to “open” of the way out"),
    },
    "ready": {
        "fr": Words("Contact « prêt »", "driver IN ; fermé tant que le portillon fonctionne"),
        "en": Words("Ready contact", "driver IN; closed for as long as the gate works"),
    },
    "green": {
        "fr": Words("Lampe verte", "driver IN ; passez"),
        "en": Words("Green lamp", "driver IN; go through"),
    },
    "red": {
        "fr": Words("Lampe rouge", "driver IN ; refusé"),
        "en": Words("Red lamp", "driver IN; refused"),
    },
    "amber": {
        "fr": Words("Lampe orange", "driver IN ; attendez, voyez l'équipe"),
        "en": Words("Amber lamp", "driver IN; wait, ask the staff"),
    },
    "buzzer": {
        "fr": Words("Buzzer", "driver IN ; actif, ou passif par buzzer_kind"),
        "en": Words("Buzzer", "driver IN; active, or passive by buzzer_kind"),
    },
    "passage": {
        "fr": Words("Capteur de passage", "contact sec PASS du tourniquet"),
        "en": Words("Passage sensor", "the turnstile's volt-free PASS contact"),
    },
    "exit_request": {
        "fr": Words("Demande de sortie", "bouton ou détecteur du côté sortie"),
        "en": Words("Exit request", "button or detector on the way out"),
    },
    "emergency": {
        "fr": Words("Urgence, une copie", "second contact de la centrale incendie"),
        "en": Words("Emergency, a copy", "a second contact of the fire panel"),
    },
    "unlock": {
        "fr": Words("Déverrouillage", "contact à clé ; permet d'appairer pendant 2 minutes"),
        "en": Words("Unlock", "key switch; lets a tech pair for 2 minutes"),
    },
    "tamper": {
        "fr": Words("Contact de boîtier", "s'ouvre ou se ferme avec le couvercle"),
        "en": Words("Housing switch", "moves when the housing is opened"),
    },
}

LABELS: dict[str, dict[Language, str]] = {
    "title": {"fr": "Feuille de câblage", "en": "Wiring sheet"},
    "profile": {"fr": "profil", "en": "profile"},
    "pulse": {
        "fr": "impulsion {pulse_ms} ms, repos {pulse_gap_ms} ms",
        "en": "pulse {pulse_ms} ms, rest {pulse_gap_ms} ms",
    },
    "level": {
        "fr": "mode niveau : ouvert jusqu'au passage, {passage_within_s:g} s au plus",
        "en": "level mode: open until somebody is through, {passage_within_s:g} s at most",
    },
    "active_high": {"fr": "3,3 V met en marche", "en": "3.3 V switches on"},
    "active_low": {"fr": "0 V met en marche", "en": "0 V switches on"},
    "debounce": {"fr": "anti-rebond {debounce_ms} ms", "en": "debounce {debounce_ms} ms"},
    "3.3 V": {"fr": "3,3 V", "en": "3.3 V"},
    "5 V": {"fr": "5 V", "en": "5 V"},
    "GND": {"fr": "GND", "en": "GND"},
    "card": {"fr": "carte microSD ↑", "en": "microSD card ↑"},
    "ports": {"fr": "prises USB ↓", "en": "USB ports ↓"},
    "square": {"fr": "plot carré : broche 1", "en": "square pad: pin 1"},
    "outputs": {"fr": "Sorties", "en": "Outputs"},
    "inputs": {"fr": "Entrées", "en": "Inputs"},
    "none_wired": {"fr": "rien n'est câblé", "en": "nothing is wired"},
    "ground": {"fr": "masse : broche {pin}", "en": "ground: pin {pin}"},
    "ground_for": {"fr": "masse de : {names}", "en": "ground of: {names}"},
    "pin": {"fr": "broche {pin}", "en": "pin {pin}"},
    "contact_no": {"fr": "NO", "en": "NO"},
    "contact_nc": {"fr": "NF", "en": "NC"},
    "rest_no": {"fr": "ouvert au repos", "en": "open at rest"},
    "rest_nc": {"fr": "fermé au repos", "en": "closed at rest"},
    "cautions": {"fr": "À vérifier avec ces réglages", "en": "Look at this, with these settings"},
    "advice": {"fr": "Toujours", "en": "Always"},
    "how_output": {"fr": "Une sortie", "en": "An output"},
    "how_input": {"fr": "Une entrée", "en": "An input"},
    "how_fire": {"fr": "Incendie", "en": "Fire"},
    "driver": {"fr": "driver", "en": "driver"},
    "turnstile": {"fr": "tourniquet", "en": "turnstile"},
    "load": {"fr": "charge", "en": "load"},
    "open_input": {"fr": "« ouvrir »", "en": "“open”"},
    "dry": {"fr": "contact sec", "en": "volt-free"},
    "fire_panel": {"fr": "centrale incendie", "en": "fire panel"},
    "directly": {"fr": "direct", "en": "directly"},
    "copy": {"fr": "copie, facultative", "en": "a copy, optional"},
    "no_safety": {
        "fr": "Portillon n'est pas un organe de sécurité : sans lui, le tourniquet doit s'ouvrir.",
        "en": "Portillon is no safety device: the turnstile must open without it.",
    },
    "pull_up_inside": {"fr": "tirée à 3,3 V par le Pi", "en": "pulled up to 3.3 V by the Pi"},
}

CAUTIONS: dict[str, dict[Language, str]] = {
    "boots_high": {
        "fr": "{title} sur BCM {bcm} : tirée vers le haut au démarrage, donc en marche quelques secondes à chaque "
        "mise sous tension.",
        "en": "{title} on BCM {bcm}: pulled up while the Pi boots, so it is on for seconds at every power-on.",
    },
    "serial_console": {
        "fr": "{title} sur BCM 14 : la console série y écrit pendant le démarrage, ce qui {consequence}. "
        "Désactivez-la, ou changez de broche.",
        "en": "{title} on BCM 14: the serial console writes there while the Pi boots, which {consequence}. "
        "Switch it off, or take another pin.",
    },
    "opens": {"fr": "ouvre le portillon", "en": "opens the gate"},
    "flickers": {"fr": "la fait clignoter", "en": "makes it flicker"},
    "function": {
        "fr": "{title} sur BCM {bcm} : aussi une broche {function} ; laissez {function} désactivé.",
        "en": "{title} on BCM {bcm}: a pin of {function} as well; leave {function} switched off.",
    },
    "fixed_pull_up": {
        "fr": "{title} sur BCM {bcm} : broche d'I2C, avec 1,8 kΩ vers 3,3 V sur la carte ; laissez I2C désactivé.",
        "en": "{title} on BCM {bcm}: a pin of I2C, with 1.8 kΩ to 3.3 V on the board; leave I2C switched off.",
    },
    "hat": {
        "fr": "{title} sur BCM {bcm} : le Pi y cherche une carte HAT à chaque démarrage ; prenez une autre broche.",
        "en": "{title} on BCM {bcm}: the Pi looks for a HAT there at every boot; take another pin.",
    },
    "active_low": {
        "fr": "active_high = false : une broche relâchée retombe à 0 V, ce qui met en marche. Les 10 kΩ vont donc à "
        "3,3 V. Observez une mise sous tension avant de vous y fier.",
        "en": "active_high = false: a pin that nobody drives falls to 0 V, and 0 V is on. So the 10 kΩ go to 3.3 V. "
        "Watch one power-on before you trust it.",
    },
    "long_pulse": {
        "fr": "pulse_ms = {pulse_ms} : au-delà de 3 s, certaines barrières se referment sur la personne.",
        "en": "pulse_ms = {pulse_ms}: held for more than 3 s, some barriers close on the user.",
    },
    "short_pulse": {
        "fr": "pulse_ms = {pulse_ms} : beaucoup de tourniquets demandent 200 ms ou plus.",
        "en": "pulse_ms = {pulse_ms}: many turnstiles want 200 ms or more.",
    },
    "no_passage": {
        "fr": "Pas de capteur de passage : chaque ouverture compte pour une personne, et un billet admis sans passage "
        "n'est pas rendu.",
        "en": "No passage sensor: each opening counts as one person, and an admission that nobody used is not given "
        "back.",
    },
    "emergency_open_at_rest": {
        "fr": "emergency n'est pas dans normally_closed : un fil coupé ne se verrait pas. Préférez un contact fermé "
        "au repos.",
        "en": "emergency is not in normally_closed: a cut wire would not be noticed. Prefer a contact that is closed "
        "at rest.",
    },
    "tamper_open_at_rest": {
        "fr": "tamper n'est pas dans normally_closed : un fil coupé ne se verrait pas.",
        "en": "tamper is not in normally_closed: a cut wire would not be noticed.",
    },
    "emergency_opens": {
        "fr": "emergency_opens = true : tant que la copie est active, le relais reste fermé. Le tourniquet doit "
        "s'ouvrir sans cela.",
        "en": "emergency_opens = true: while the copy is active the relay is held. The turnstile must open without it.",
    },
}

ADVICE: dict[str, dict[Language, str]] = {
    "power_off": {
        "fr": "Câblez hors tension. 3,3 V au plus sur une broche : jamais 5 V, jamais 12 V.",
        "en": "Wire with the power off. A pin takes 3.3 V at most: never 5 V, never 12 V.",
    },
    "driver": {
        "fr": "Un driver par sortie, de préférence mis en marche par 3,3 V (transistor, ou carte relais réglée sur "
        "niveau haut). Jamais une bobine, une lampe ou un buzzer sur la broche.",
        "en": "A driver for each output, best one that 3.3 V switches on (a transistor, or a relay board set to high "
        "level). Never a coil, a lamp or a buzzer on the pin.",
    },
    "resistor": {
        "fr": "10 kΩ entre la broche du relais et la masse : quand rien ne pilote la broche, elle ne flotte pas.",
        "en": "10 kΩ from the relay's pin to ground: while nothing drives the pin, it does not float.",
    },
    "resistor_low": {
        "fr": "10 kΩ entre la broche du relais et 3,3 V : quand rien ne pilote la broche, elle ne flotte pas.",
        "en": "10 kΩ from the relay's pin to 3.3 V: while nothing drives the pin, it does not float.",
    },
    "jd_vcc": {
        "fr": "Carte à optocoupleurs 5 V : ôtez le cavalier JD-VCC ; JD-VCC au 5 V (broche 2 ou 4), VCC au 3,3 V "
        "(broche 1 ou 17), et active_high = false si elle s'active à 0 V.",
        "en": "5 V board with optocouplers: take the JD-VCC jumper off; JD-VCC to 5 V (pin 2 or 4), VCC to 3.3 V "
        "(pin 1 or 17), and active_high = false if 0 V switches it on.",
    },
    "contacts": {
        "fr": "Entrées : un contact sec entre la broche et la masse, rien d'autre. Longs fils : paire torsadée, loin "
        "du secteur, ou un optocoupleur.",
        "en": "Inputs: a volt-free contact between pin and ground, nothing else. Long wires: twisted pair, away from "
        "the mains, or an optocoupler.",
    },
    "fire": {
        "fr": "Le contact incendie va directement au tourniquet. Le Pi n'en voit qu'une copie, et n'est pas un organe "
        "de sécurité.",
        "en": "The fire panel's contact goes straight to the turnstile. The Pi sees a copy, and is no safety device.",
    },
}


def label(key: str, language: Language, **values: object) -> str:
    """A label of the sheet with its values filled in."""
    return LABELS[key][language].format(**values)


def caution(key: str, language: Language, **values: object) -> str:
    """A caution with its values filled in."""
    return CAUTIONS[key][language].format(**values)


def wrapped(words: str, columns: int) -> list[str]:
    """Lines of so many characters; French signs and units are not parted from the word that they belong to."""
    return textwrap.wrap(re.sub(r" (?=[:;?!»])|(?<=«) |(?<=\d) (?=k?[VΩ]|m?s\b)", "\u00a0", words), columns)
