"""What the lamps say, as two tables for the field guide: by pattern and by fault, from what the gate plays. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.doctor.remedies import REMEDIES
from kiosk.edges import State
from kiosk.gate.signals import PATTERNS, SHOW_GREEN, Pattern, Signal
from kiosk.screen.words import Language, say
from kiosk.shown import HARMLESS
from kiosk.verdict import Fault, unknown


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a pattern tells a tech, and what to do about it."""

    means: dict[Language, str]
    to_do: dict[Language, str]


def _meaning(fr: tuple[str, str], en: tuple[str, str]) -> Meaning:
    return Meaning({"fr": fr[0], "en": en[0]}, {"fr": fr[1], "en": en[1]})


MEANINGS: dict[Signal, Meaning] = {
    Signal.DARK: _meaning(
        (
            "Prêt : l'écran dit « Présentez votre billet ». Sinon : pas de courant, ou le portillon ne tourne pas",
            "Présentez un billet. Rien ne se passe : l'alimentation, puis `systemctl status portillon-kiosk`",
        ),
        (
            'Ready: the screen says "Show your ticket". Without these words: no power, or the gate does not run',
            "Show a ticket. Nothing happens: the power supply, then `systemctl status portillon-kiosk`",
        ),
    ),
    Signal.UNPAIRED: _meaning(
        ("Pas appairé, ou déverrouillé pour deux minutes", "Montrez la carte Wi-Fi, puis le QR code de l'appareil"),
        ("Not paired, or unlocked for two minutes", "Show the Wi-Fi card, then the device's QR code"),
    ),
    Signal.BUSY: _meaning(
        (
            "Le serveur est interrogé, le Wi-Fi rejoint. Allumé alors que les billets passent : le capteur de passage",
            "Attendez. Plus de 30 s : `portillon-kiosk doctor`",
        ),
        (
            "The server is asked, Wi-Fi is joined. Stays on while tickets go through: the passage sensor",
            "Wait. Longer than 30 s: `portillon-kiosk doctor`",
        ),
    ),
    Signal.ADMITTED: _meaning(
        ("Admis : passez", "Rien. Le relais ne bouge pas : `portillon-kiosk gate test`"),
        ("Admitted: go through", "Nothing. The relay does not move: `portillon-kiosk gate test`"),
    ),
    Signal.REFUSED: _meaning(
        ("Refusé ; l'écran dit pourquoi", "L'équipe regarde le billet"),
        ("Refused; the screen says why", "The staff look at the ticket"),
    ),
    Signal.WAIT: _meaning(
        (
            "Pas de réponse du serveur, ou billet accepté et portillon interrompu : ce n'est pas un refus",
            "Gardez le billet devant la caméra, ou l'équipe fait entrer ; puis la table des pannes",
        ),
        (
            "No answer from the server, or a ticket accepted and the gate interrupted: this is no refusal",
            "Keep the ticket before the camera, or the staff let in; then the table of faults",
        ),
    ),
    Signal.FAULT: _meaning(
        ("En panne ; l'écran dit laquelle", "La table des pannes, ou `portillon-kiosk doctor`"),
        ("Out of order; the screen says why", "The table of faults, or `portillon-kiosk doctor`"),
    ),
    Signal.EMERGENCY: _meaning(
        ("Urgence : sortez", "Fini avec le contact d'urgence. Sans alarme : son câblage, `normally_closed`"),
        ("Emergency: go", "Ends with the emergency contact. No alarm: its wiring, `normally_closed`"),
    ),
    Signal.ALARM: _meaning(
        ("Passage sans billet, deux sur un billet, ou boîtier ouvert", "Regardez la barrière et le boîtier"),
        ("A passage without a ticket, two on one ticket, or the housing opened", "Look at the barrier and the housing"),
    ),
}
_LINES: dict[Language, dict[str, str]] = {
    "fr": {"green": "vert", "red": "rouge", "amber": "orange", "buzzer": "son", "": "éteint"},
    "en": {"green": "green", "red": "red", "amber": "amber", "buzzer": "tone", "": "dark"},
}
_STAYS = {"fr": "reste", "en": "stays"}
_AGAIN = {"fr": "sans cesse : ", "en": "again and again: "}
_HEADS: dict[Language, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fr": (("Lampes et son", "ce que cela veut dire", "que faire"), ("Panne", "lampes", "l'écran dit", "que faire")),
    "en": (("Lamps and tone", "what it means", "what to do"), ("Fault", "lamps", "the screen says", "what to do")),
}


def by_pattern(language: Language) -> str:
    """Markdown: every pattern with its meaning and what to do; tests hold the field guide to it."""
    rows: list[tuple[str, ...]] = [(_seen(signal, language), *_told(MEANINGS[signal], language)) for signal in Signal]
    return _table(_HEADS[language][0], rows)


def by_fault(language: Language) -> str:
    """Markdown: every fault with its lamps, its words on the screen and its remedy."""
    rows: list[tuple[str, ...]] = []
    for fault in Fault:
        lamps = _seen(Signal.BUSY if fault in HARMLESS else Signal.FAULT, language)
        words = say(State.READY if fault in HARMLESS else State.FAULT, unknown(fault), None, language)
        rows.append((f"`{fault}`", lamps, words.hint, REMEDIES[fault][language]))
    return _table(_HEADS[language][1], rows)


def _told(meaning: Meaning, language: Language) -> tuple[str, str]:
    return meaning.means[language], meaning.to_do[language]


def _seen(signal: Signal, language: Language) -> str:
    """The pattern in words: ``amber 0.25 s, red 0.25 s``, as it is played."""
    pattern = PATTERNS[signal]
    green = f"{_LINES[language]['green']}, " if signal in SHOW_GREEN else ""
    steps = [_step(on, seconds, language) for on, seconds in _shortened(pattern)]
    return green + (_AGAIN[language] if pattern.again else "") + ", ".join(_counted(steps))


def _shortened(pattern: Pattern) -> list[tuple[frozenset[str], float]]:
    """Its steps, without the darkness that only ends a tone while green shows."""
    steps = list(pattern.steps)
    return steps[:-1] if len(steps) > 1 and not any(steps[-1]) else steps


def _counted(steps: list[str]) -> list[str]:
    """Two steps that come again and again in a row are said once, with their number."""
    times = 1
    while steps[2 * times : 2 * times + 2] == steps[:2]:
        times += 1
    return [f"{times} × ({', '.join(steps[:2])})", *steps[2 * times :]] if times > 1 else steps


def _step(on: frozenset[str], seconds: float, language: Language) -> str:
    names = _LINES[language]
    lines = " + ".join(names[line] for line in names if line in on) or names[""]
    if seconds:
        return f"{lines} {seconds:g} s".replace(".", "," if language == "fr" else ".")
    return f"{lines} ({_STAYS[language]})" if on else lines


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    cells = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in cells)
