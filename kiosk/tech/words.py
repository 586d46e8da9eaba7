"""What the tech page and its command say, in French and English: every key has both. Pure."""

from __future__ import annotations

import html
import json
import re

from kiosk.edges import State
from kiosk.screen.words import Language, fault_words, say
from kiosk.tech.meanings import MEANINGS
from kiosk.verdict import Fault, Outcome, Reason, Verdict

WORDS: dict[str, tuple[str, str]] = {
    # The command.
    "invited": (
        "Page technique ouverte pour 30 minutes, sur le réseau de ce portillon :",
        "The tech page is open for 30 minutes, on this gate's network:",
    ),
    "code": ("code, une seule fois, dans les 5 minutes", "code, once, within 5 minutes"),
    "fingerprint": ("empreinte SHA-256 du certificat", "the certificate's SHA-256 fingerprint"),
    "is_off": (
        "Ce portillon n'a pas de page technique. Ajoutez dans kiosk.toml :\n  [tech]\n  port = 8443\n"
        "puis redémarrez-le : sudo systemctl restart portillon-kiosk",
        "This gate has no tech page. Add to kiosk.toml:\n  [tech]\n  port = 8443\n"
        "then restart it: sudo systemctl restart portillon-kiosk",
    ),
    "no_gate": (
        "Aucun portillon en marche ne répond avec ces réglages. Lancé ? sudo systemctl status portillon-kiosk\n"
        "Si [tech] port vient d'être ajouté : sudo systemctl restart portillon-kiosk",
        "No running gate answers with these settings. Does it run? sudo systemctl status portillon-kiosk\n"
        "If [tech] port is new: sudo systemctl restart portillon-kiosk",
    ),
    "not_open": ("La page technique n'a pas pu s'ouvrir :", "The tech page could not be opened:"),
    "closed_now": ("La page technique est fermée.", "The tech page is closed."),
    "was_closed": ("Elle n'était pas ouverte.", "It was not open."),
    # The door.
    "title": ("Page technique", "Tech page"),
    "enter_intro": (
        "Le code à huit chiffres est sur l'écran du portillon, ou dans le terminal qui a ouvert cette page.",
        "The code of eight digits is on the gate's screen, or in the terminal that opened this page.",
    ),
    "enter_code": ("Code", "Code"),
    "enter": ("Entrer", "Enter"),
    "wrong": ("Ce n'est pas le code.", "That is not the code."),
    "soon": ("Trop vite : attendez une seconde.", "Too fast: wait a second."),
    "used": (
        "Ce code ne sert plus. Rouvrez la page au portillon.",
        "This code is of no use any more. Open the page anew at the gate.",
    ),
    "lost": ("Le portillon ne répond pas.", "The gate does not answer."),
    # The page.
    "minutes_left": ("min restantes", "min left"),
    "close": ("Fermer la page", "Close the page"),
    "now_shown": ("Le portillon affiche", "The gate shows"),
    "no_faults": ("Aucune panne.", "No fault."),
    "camera": ("Caméra", "Camera"),
    "picture": ("image de la caméra", "the camera's picture"),
    "no_picture": ("Pas encore d'image.", "No picture yet."),
    "found": ("Lu par le portillon", "Read by the gate"),
    "nothing_found": ("rien", "nothing"),
    "TicketCode": ("un billet", "a ticket"),
    "PairingCode": ("un code d'appairage", "a pairing code"),
    "WifiCode": ("une carte Wi-Fi", "a Wi-Fi card"),
    "TestCard": ("la carte d'essai", "the test card"),
    "Unreadable": ("autre chose qu'un billet", "something that is no ticket"),
    "module": ("pixels par module", "pixels per module"),
    "blur": ("flou, en modules", "blur, in modules"),
    "contrast": ("contraste", "contrast"),
    "size": ("image", "picture"),
    "inputs": ("Entrées", "Inputs"),
    "no_inputs": ("Aucune entrée n'est câblée.", "No input is wired."),
    "is_active": ("active", "active"),
    "is_at_rest": ("au repos", "at rest"),
    "passage": ("passage", "passage"),
    "exit_request": ("demande de sortie", "exit request"),
    "emergency_input": ("urgence", "emergency"),
    "unlock": ("déverrouillage", "unlock"),
    "tamper": ("boîtier ouvert", "housing opened"),
    "tests": ("Essais", "Tests"),
    "tests_intro": (
        "Seulement quand personne n'est devant le portillon. Chaque essai est inscrit au journal.",
        "Only while nobody is in front of the gate. Each test is written into the journal.",
    ),
    "red": ("Rouge, refus", "Red, refused"),
    "amber": ("Orange, attente", "Amber, wait"),
    "open": ("Ouvrir une fois", "Open once"),
    "open_sure": ("Ouvrir le portillon une fois ?", "Open the gate once?"),
    "begun": ("En cours, regardez le portillon.", "Under way: look at the gate."),
    "busy": (
        "Pas maintenant : quelqu'un est devant le portillon, ou il affiche autre chose.",
        "Not now: somebody is in front of the gate, or it shows something else.",
    ),
    "emergency": ("Pas pendant une urgence.", "Not in an emergency."),
    "looks_only": ("Ce portillon ne fait que vérifier : il n'ouvre rien.", "This gate only checks: it opens nothing."),
    "not_opened": (
        "Pas ouvert : le gardien du relais ou le journal ne répond pas. Voir Diagnostic.",
        "Not opened: the relay's guardian or the journal does not answer. See Doctor.",
    ),
    "late": (
        "Rien n'a été fait : le portillon était arrêté un moment. Appuyez de nouveau.",
        "Nothing was done: the gate stood still for a moment. Press again.",
    ),
    "no_answer": ("Le portillon n'a pas répondu.", "The gate did not answer."),
    "presentations": ("Derniers billets", "Last presentations"),
    "no_presentations": ("Aucun depuis le démarrage.", "None since the start."),
    "at": ("Heure", "Time"),
    "what": ("Résultat", "Result"),
    "read_ms": ("Lecture", "Read"),
    "ask_ms": ("Serveur", "Server"),
    "total_ms": ("Total", "Total"),
    "doctor": ("Diagnostic", "Doctor"),
    "look": ("Examiner", "Look"),
    "looking": ("Examen en cours…", "Looking…"),
    "no_doctor": ("Pas de réponse ; réessayez dans une minute.", "No answer; try again in a minute."),
    "log": ("Journal du programme", "Log"),
    "settings": ("Réglages", "Settings"),
    "settings_intro": (
        "Broches, polarité, profil, événements admis, chemins et ce que fait une urgence se changent au portillon, "
        "dans le fichier : une erreur y ouvrirait, et personne d'ici ne le verrait.",
        "Pins, polarity, profile, admitted events, paths and what an emergency does are changed at the gate, in the "
        "file: a mistake there would open it, and nobody here would see that.",
    ),
    "by_default": ("vide : valeur par défaut", "empty: the default"),
    "others": ("Les autres, à lire", "The others, to read"),
    "save": ("Vérifier et enregistrer", "Check and save"),
    "nothing_changed": ("Rien n'a changé.", "Nothing was changed."),
    "written": (
        "Enregistré ; valable au prochain démarrage. L'ancien fichier :",
        "Saved; in force after a restart. The old file:",
    ),
    "not_written": (
        "Correct, mais ce portillon n'a pas pu écrire ce fichier, qui est à root. Copiez-y ce texte et redémarrez-le :",
        "It is right, but this gate could not write that file, which is root's. Copy this text there and restart it:",
    ),
    "mistakes": ("Rien n'a été enregistré :", "Nothing was saved:"),
    "restart": ("Redémarrer le portillon", "Restart the gate"),
    "restart_sure": (
        "Redémarrer le portillon ? Cette page se ferme.",
        "Restart the gate? This page closes.",
    ),
    "restarting": ("Le portillon redémarre.", "The gate restarts."),
    "no_restart": (
        "Personne ne relancerait ce programme : arrêtez-le et relancez-le vous-même.",
        "Nobody would start this program again: stop and start it yourself.",
    ),
    "closed": ("La page technique est fermée.", "The tech page is closed."),
    "over_time": ("Fermée : les 30 minutes sont passées.", "Closed: the 30 minutes are over."),
    "over_asked": ("Fermée, comme demandé.", "Closed, as asked."),
    "over_gate": ("Fermée : le portillon s'arrête ou redémarre.", "Closed: the gate stops or restarts."),
    "reopen": (
        "Pour la rouvrir : portillon-kiosk tech, ou la clé au portillon.",
        "To open it again: portillon-kiosk tech, or the key switch at the gate.",
    ),
}


def said(key: str, language: Language) -> str:
    """One word or sentence. Raises KeyError."""
    return WORDS[key][0 if language == "fr" else 1]


def in_words(page: str, language: Language) -> str:
    """A page in this language: ``{{key}}``, ``{lang}``, and ``{words}`` for its script. KeyError for a key without."""
    page = re.sub(r"\{\{(\w+)\}\}", lambda found: html.escape(said(found[1], language)), page)
    told = {key: said(key, language) for key in WORDS}
    for_script = json.dumps({**told, **_of_the_gate(language)}, ensure_ascii=False)
    return page.replace("{lang}", language).replace("{words}", html.escape(for_script))


def _of_the_gate(language: Language) -> dict[str, dict[str, str]]:
    """What its states, reasons and faults are called at the gate itself; and what the settings mean."""
    refusals = {reason: say(State.REFUSED, Verdict(Outcome.REFUSED, reason), None, language).title for reason in Reason}
    return {
        "states": {str(state): say(state, None, None, language).title for state in State},
        "reasons": {str(reason): title for reason, title in refusals.items()},
        "fault_words": {str(fault): fault_words(fault, language) for fault in Fault},
        "meanings": {key: french for key, french in MEANINGS.items() if language == "fr"},
    }
