"""The page's words, French and English. ``{{key}}`` in the page is the word of that key."""

from __future__ import annotations

import html
import json
import re

from kiosk.screen.words import Language

WORDS: dict[str, tuple[str, str]] = {  # key: French, English
    "title": ("Jouez avec le portillon", "Play with the gate"),
    "intro": (
        "Le vrai serveur, le vrai lecteur et le vrai portillon tournent derrière cette page ; seuls la caméra et les "
        "broches sont simulées.",
        "The real server, the real reader and the real gate run behind this page; only the camera and the pins are "
        "simulated.",
    ),
    "first_step": (
        "1. Montrez d'abord le téléphone de l'organisateur : le portillon s'associe au serveur.",
        "1. First hold up the organiser's phone: the gate pairs itself with the server.",
    ),
    "next_step": (
        "2. Montrez un billet : cliquez dessus, ou glissez-le devant la caméra.",
        "2. Hold up a ticket: click it, or drag it before the camera.",
    ),
    "table": ("Sur la table", "On the table"),
    "camera": ("Ce que voit la caméra", "What the camera sees"),
    "take_away": ("Retirer", "Take away"),
    "gate": ("Le portillon", "The gate"),
    "walk": ("Passer le tourniquet", "Walk through"),
    "walks_alone": ("Les invités passent d'eux-mêmes", "Guests walk through by themselves"),
    "exit_request": ("Bouton de sortie", "Exit button"),
    "emergency": ("Alarme incendie", "Fire alarm"),
    "unlock": ("Clé du technicien", "Technician's key"),
    "server": ("Serveur de billets", "Ticket server"),
    "guest": ("L'écran des invités", "The guests' screen"),
    "log": ("Ce qui s'est passé", "What happened"),
    "closer": ("Rapprocher", "Closer"),
    "yaw": ("Tourner", "Turn"),
    "pitch": ("Pencher", "Tilt"),
    "roll": ("Incliner", "Roll"),
    "blur": ("Flou", "Blur"),
    "light": ("Lumière", "Light"),
    "glare": ("Reflet", "Glare"),
    "pairing": ("Code d'association de l'organisateur", "The organiser's pairing code"),
    "first": ("Billet d'Alice", "Alice's ticket"),
    "copy": ("Le billet d'Alice, photocopié", "Alice's ticket, photocopied"),
    "second": ("Billet de Bruno, mode sombre", "Bruno's ticket, dark mode"),
    "tibillet": ("Billet TiBillet, imprimé", "A TiBillet ticket, printed"),
    "cancelled": ("Billet annulé", "A cancelled ticket"),
    "elsewhere": ("Billet d'une autre soirée", "Another evening's ticket"),
    "forged": ("Billet falsifié", "A forged ticket"),
    "poster": ("Une affiche, pas un billet", "A poster, no ticket"),
    "relay": ("relais", "relay"),
    "green": ("vert", "green"),
    "red": ("rouge", "red"),
    "amber": ("orange", "amber"),
    "buzzer": ("buzzer", "buzzer"),
    "is_admitted": ("admis", "admitted"),
    "is_refused": ("refusé", "refused"),
    "is_unknown": ("sans réponse", "no answer"),
    "pulse": ("impulsion du relais", "relay pulse"),
    "read_in": ("lu en", "read in"),
    "asked_in": ("réponse en", "answered in"),
    "gone": ("Le jeu est terminé : fermez cette page.", "The play is over: close this page."),
    "waiting": ("en attente d'un billet", "waiting for a ticket"),
    "not_paired": ("pas encore associé", "not paired yet"),
    "fault": ("panne", "fault"),
    "go": ("passez", "go"),
    "is_on": ("allumé", "on"),
    "is_off": ("éteint", "off"),
    "passed": ("quelqu'un est passé", "somebody went through"),
}
_FOR_SCRIPT = (
    *("relay", "green", "red", "amber", "buzzer", "is_on", "is_off", "pulse", "passed"),
    *("is_admitted", "is_refused", "is_unknown", "fault", "go", "read_in", "asked_in", "gone", "waiting", "not_paired"),
)


def page_words(page: str, language: Language, guest_port: int) -> str:
    """The page in this language, with this port's guest screen in it. Raises KeyError for a key without words."""

    def word(found: re.Match[str]) -> str:
        return html.escape(said(found[1], language))

    page = re.sub(r"\{\{(\w+)\}\}", word, page)
    told = json.dumps({key: said(key, language) for key in _FOR_SCRIPT}, ensure_ascii=False)
    page = page.replace("{guest_port}", str(guest_port)).replace("{lang}", language)
    return page.replace("{words}", html.escape(told))


def said(key: str, language: Language) -> str:
    """One word or sentence."""
    return WORDS[key][0 if language == "fr" else 1]
