"""The words for everything a gate has to say, in French and English. Pure.

Guests get a short word and what to do; for a fault a tech gets three parts: what happened, what it means, what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kiosk.edges import State
from kiosk.screen.setup_words import STATES, TROUBLES
from kiosk.verdict import Fault, Reason, Verdict

Language = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """One thing to say in one language."""

    title: str
    hint: str


_STATES: dict[State, dict[Language, Words]] = {
    State.UNPAIRED: {
        "fr": Words(
            "Portillon à appairer", "Montrez à la caméra le QR code de l'appareil, créé dans l'administration."
        ),
        "en": Words("Gate not paired", "Show the camera the device's QR code, made in the admin."),
    },
    State.PAIRING: {
        "fr": Words("Appairage…", "Le serveur est interrogé. Un instant."),
        "en": Words("Pairing…", "The server is being asked. One moment."),
    },
    State.READY: {
        "fr": Words("Présentez votre billet", "QR code face à la caméra."),
        "en": Words("Show your ticket", "QR code towards the camera."),
    },
    State.UNLOCKED: {
        "fr": Words("Appairage ouvert", "Pendant deux minutes : montrez le QR code de l'appareil, ou un billet."),
        "en": Words("Pairing is open", "For two minutes: show the device's QR code, or a ticket."),
    },
    State.ASKING: {
        "fr": Words("Lecture…", "Ne bougez pas."),
        "en": Words("Reading…", "Hold still."),
    },
    State.ADMITTED: {
        "fr": Words("Bienvenue ✓", "Passez."),
        "en": Words("Welcome ✓", "Go through."),
    },
    State.REFUSED: {
        "fr": Words("Refusé ✗", "Adressez-vous à l'équipe."),
        "en": Words("Refused ✗", "Please ask the staff."),
    },
    State.UNKNOWN: {
        "fr": Words(
            "Patientez", "Pas de réponse pour l'instant. Gardez votre billet devant la caméra, ou voyez l'équipe."
        ),
        "en": Words("Please wait", "No answer yet. Keep your ticket in front of the camera, or ask the staff."),
    },
    State.FAULT: {
        "fr": Words("En panne", "Adressez-vous à l'équipe."),
        "en": Words("Out of order", "Please ask the staff."),
    },
    State.EMERGENCY: {
        "fr": Words("Sortez →", "Passage libre. Suivez les consignes de l'équipe."),
        "en": Words("Go →", "The way is free. Follow the staff."),
    },
    State.ALARM: {
        "fr": Words("Attention", "Passage sans billet, ou boîtier ouvert. Voyez l'équipe."),
        "en": Words("Attention", "A passage without a ticket, or the housing opened. Ask the staff."),
    },
    State.STOPPING: {
        "fr": Words("Arrêt", "Le portillon s'arrête."),
        "en": Words("Stopping", "The gate is stopping."),
    },
    **{state: {language: Words(*told) for language, told in each.items()} for state, each in STATES.items()},
}

_REASONS: dict[Reason, dict[Language, Words]] = {
    Reason.MALFORMED_CODE: {
        "fr": Words("Code illisible ✗", "Montrez le QR code du billet, entier."),
        "en": Words("Unreadable code ✗", "Show the ticket's QR code, whole."),
    },
    Reason.INVALID_SIGNATURE: {
        "fr": Words("Billet non reconnu ✗", "Ce code n'a pas été émis ici. Voyez l'équipe."),
        "en": Words("Ticket not recognised ✗", "This code was not issued here. Ask the staff."),
    },
    Reason.UNKNOWN_TICKET: {
        "fr": Words("Billet inconnu ✗", "Ce billet n'existe pas ici. Voyez l'équipe."),
        "en": Words("Unknown ticket ✗", "There is no such ticket here. Ask the staff."),
    },
    Reason.WRONG_EVENT: {
        "fr": Words("Autre événement ✗", "Ce billet n'est pas pour cette entrée. Voyez l'équipe."),
        "en": Words("Another event ✗", "This ticket is not for this entrance. Ask the staff."),
    },
    Reason.CANCELLED: {
        "fr": Words("Billet annulé ✗", "Voyez l'équipe."),
        "en": Words("Ticket cancelled ✗", "Ask the staff."),
    },
    Reason.NOT_ACTIVE: {
        "fr": Words("Billet non activé ✗", "Il n'est pas encore payé ou validé. Voyez l'équipe."),
        "en": Words("Ticket not active ✗", "It is not paid or confirmed yet. Ask the staff."),
    },
    Reason.ALREADY_SCANNED: {
        "fr": Words("Déjà utilisé ✗", "Ce billet est déjà entré. Voyez l'équipe."),
        "en": Words("Already used ✗", "This ticket has been used. Ask the staff."),
    },
    Reason.TOO_EARLY: {
        "fr": Words("Trop tôt ✗", "Les portes ne sont pas encore ouvertes."),
        "en": Words("Too early ✗", "The doors are not open yet."),
    },
    Reason.TOO_LATE: {
        "fr": Words("Trop tard ✗", "L'événement est terminé."),
        "en": Words("Too late ✗", "The event is over."),
    },
    Reason.ANNULLED: {
        "fr": Words("Passage annulé ✗", "Présentez le billet de nouveau."),
        "en": Words("Admission given back ✗", "Show the ticket again."),
    },
    Reason.WRONG_GATE: {
        "fr": Words("Autre entrée ✗", "Ce billet entre par une autre porte. Voyez l'équipe."),
        "en": Words("Other entrance ✗", "This ticket goes in by another gate. Ask the staff."),
    },
    Reason.NOT_INSIDE: {
        "fr": Words("Pas encore entré ✗", "Ce billet n'a pas été lu à une entrée. Voyez l'équipe."),
        "en": Words("Not come in yet ✗", "This ticket was not read at an entrance. Ask the staff."),
    },
    Reason.NOT_A_TICKET: {
        "fr": Words("Ce n'est pas un billet ✗", "Montrez le QR code de votre billet."),
        "en": Words("This is no ticket ✗", "Show your ticket's QR code."),
    },
    Reason.ASK_STAFF: {
        "fr": Words("Voyez l'équipe →", "Votre billet est accepté, mais le portillon a été interrompu."),
        "en": Words("Ask the staff →", "Your ticket is accepted, but the gate was interrupted."),
    },
}

_FAULTS: dict[Fault, dict[Language, str]] = {
    Fault.NO_NETWORK: {
        "fr": "Serveur injoignable : aucun billet n'est vérifié. Vérifiez le réseau et que le serveur tourne.",
        "en": "The server can't be reached: no ticket is checked. Check the network, and that the server runs.",
    },
    Fault.TIMEOUT: {
        "fr": "Le serveur ne répond pas à temps : les billets attendent. Vérifiez le réseau et la charge du serveur.",
        "en": "The server does not answer in time: tickets wait. Check the network and the server's load.",
    },
    Fault.TLS: {
        "fr": "Certificat refusé : rien n'est envoyé. Vérifiez l'heure du portillon et le certificat du serveur.",
        "en": "Certificate refused: nothing is sent. Check the gate's clock and the server's certificate.",
    },
    Fault.SERVER_KEY_CHANGED: {
        "fr": "Ce n'est pas le serveur appairé : rien n'est envoyé. Réinstallé ? Appairez de nouveau. Sinon : intrus.",
        "en": "This is not the server that was paired: nothing is sent. Set up anew? Pair again. If not, an intruder.",
    },
    Fault.CLOCK: {
        "fr": "Certificat hors de ses dates, et l'heure du portillon n'est pas sûre. Vérifiez son serveur de temps.",
        "en": "The certificate is out of its dates, and the gate's clock is not sure. Check its time server.",
    },
    Fault.KEY_REFUSED: {
        "fr": "Le serveur ne connaît plus ce portillon : personne n'entre. Créez un appareil et appairez de nouveau.",
        "en": "The server does not know this gate any more: nobody gets in. Make a device and pair again.",
    },
    Fault.SERVER_TROUBLE: {
        "fr": "Erreur du serveur : les billets attendent. Regardez le journal du serveur.",
        "en": "The server reports an error: tickets wait. Look into the server's log.",
    },
    Fault.ODD_ANSWER: {
        "fr": "Réponse incompréhensible : elle n'est pas crue. Portail captif ? Ouvrez l'adresse dans un navigateur.",
        "en": "An answer that makes no sense is not believed. A captive portal? Open the address in a browser.",
    },
    Fault.EVENT_UNKNOWN: {
        "fr": "Événement du billet introuvable : il attend. Réglez [server] event_uuid.",
        "en": "The ticket's event can't be found: it waits. Set [server] event_uuid.",
    },
    Fault.SCAN_ID_REUSED: {
        "fr": "Identifiant de lecture déjà pris : le billet attend. Signalez-le avec le journal du portillon.",
        "en": "The scan id is taken: the ticket waits. Report it with the gate's journal.",
    },
    Fault.GATE: {
        "fr": "Le relais n'est pas confirmé : rien n'est ouvert sans preuve. Vérifiez le câblage, redémarrez.",
        "en": "The relay is not confirmed: nothing is opened on a guess. Check the wiring, restart.",
    },
    Fault.JOURNAL: {
        "fr": "Le journal ne peut être écrit : personne n'entre. Disque plein ou en lecture seule ?",
        "en": "The journal can't be written: nobody gets in. Is the disk full or read-only?",
    },
    Fault.CAMERA: {
        "fr": "Aucune image : aucun billet n'est lu. Vérifiez la nappe de la caméra ; elle est rouverte toute seule.",
        "en": "No picture: no ticket is read. Check the camera's cable; it is opened again by itself.",
    },
    Fault.PASSAGE_SENSOR: {
        "fr": "Des ouvertures, et personne vu passer : rien n'est plus rendu. Vérifiez le capteur de passage.",
        "en": "Openings, and nobody seen to go through: nothing is given back any more. Check the passage sensor.",
    },
    Fault.SCREEN: {
        "fr": "L'écran des visiteurs n'est pas comme réglé : les billets passent. Voyez portillon-kiosk doctor.",
        "en": "The guest screen is not as it was set: tickets go through. See portillon-kiosk doctor.",
    },
}


def say(state: State, verdict: Verdict | None, trouble: str | None, language: Language) -> Words:
    """The words for this state; a verdict's reason or fault, and what keeps a gate unpaired, are more exact.

    What the server says to the guest comes before the gate's own hint: it knows the hour, the place and the language.
    """
    words = _STATES[state][language]
    if trouble is not None:
        return Words(words.title, TROUBLES[trouble][language])
    if verdict is None:
        return words
    if verdict.reason is not None:
        words = _REASONS[verdict.reason][language]
        if verdict.guest_message is not None:
            return Words(words.title, verdict.guest_message)
        return _with_use(words, verdict, language)
    if verdict.fault is not None:
        return Words(words.title, f"{words.hint} {_FAULTS[verdict.fault][language]}")
    return words


def fault_words(fault: Fault, language: Language) -> str:
    """What this fault means and what to do, for whoever looks after the gate."""
    return _FAULTS[fault][language]


def _with_use(words: Words, verdict: Verdict, language: Language) -> Words:
    """Where the server tells when and where the ticket was used, so do we: "14:02, Gate 2"."""
    known = [part for part in (_clock(verdict.used_at), verdict.used_by) if part]
    if verdict.reason is not Reason.ALREADY_SCANNED or not known:
        return words
    used = {"fr": "Utilisé", "en": "Used"}[language]
    return Words(words.title, f"{used} {', '.join(known)}. {words.hint}")


def _clock(timestamp: str | None) -> str | None:
    """RFC 3339 → HH:MM of the gate's own time zone; None for what is no time."""
    try:
        return None if timestamp is None else f"{datetime.fromisoformat(timestamp).astimezone():%H:%M}"
    except (ValueError, OverflowError, OSError):
        return None
