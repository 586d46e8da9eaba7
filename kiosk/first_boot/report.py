"""``portillon-report.txt``, beside ``portillon.toml``: what became of that, for a tech with a laptop. Pure.

It lies on a card that many hands hold: no secret is in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Language = Literal["fr", "en"]

FILE_NAME = "portillon-report.txt"
# What portillon.toml is left with. It is read again at every start, and there is nothing in it to take.
REMAINS = """\
# Ce portillon a pris ce fichier et l'a vidé : voir portillon-report.txt.
# This gate took this file and emptied it: see portillon-report.txt.
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken. ``kept``: kiosk.toml was changed by hand, so ``settings`` were not put into it."""

    wifi: str | None = None  # the network's name
    settings: tuple[str, ...] = ()  # "gate.pulse_ms = 400"
    kept: bool = False
    server: str | None = None  # of the pairing URL, without its token


_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "begun": "Lecture de portillon.toml commencée. Si ce texte reste, le portillon a été coupé : rallumez-le.",
        "mistakes": "Rien n'a été pris de portillon.toml, qui est resté tel quel, mot de passe compris.\n"
        "Corrigez ces erreurs, puis redémarrez le portillon :",
        "locked": "Rien n'a été pris de portillon.toml : ce portillon est appairé et verrouillé.\n"
        "Le fichier est resté tel quel, mot de passe compris. Pour qu'il soit pris, créez aussi sur cette partition\n"
        "un nouveau fichier portillon-unlock, et redémarrez. Sinon, effacez portillon.toml.",
        "taken": "portillon.toml a été pris, puis vidé. La carte peut garder des traces du mot de passe :\n"
        "changez-le si elle se perd.",
        "wifi": "- Wi-Fi : réseau « {wifi} », rejoint dès le démarrage. S'il ne l'est pas : portillon-kiosk doctor.",
        "settings": "- Réglages mis dans kiosk.toml :",
        "kept": "- Réglages non pris : kiosk.toml a été modifié à la main et reste tel quel. Il y manque :",
        "server": "- Appairage : le portillon demande sa clé à {server} dès qu'il a le réseau.",
        "nothing": "- Rien d'autre n'y figurait.",
    },
    "en": {
        "begun": "Reading portillon.toml has begun. If this text stays, the gate lost its power: switch it on again.",
        "mistakes": "Nothing was taken from portillon.toml, which is as it was, password and all.\n"
        "Correct these mistakes, then restart the gate:",
        "locked": "Nothing was taken from portillon.toml: this gate is paired and locked.\n"
        "The file is as it was, password and all. To have it taken, also make a new file portillon-unlock on this\n"
        "partition, and restart. Else delete portillon.toml.",
        "taken": "portillon.toml was taken, and then emptied. The card may keep traces of the password:\n"
        "change it if the card gets lost.",
        "wifi": '- Wi-Fi: network "{wifi}", joined from the start on. If it is not: portillon-kiosk doctor.',
        "settings": "- Settings put into kiosk.toml:",
        "kept": "- Settings not taken: kiosk.toml was changed by hand and stays as it is. It lacks:",
        "server": "- Pairing: the gate asks {server} for its key as soon as it has a network.",
        "nothing": "- There was nothing else in it.",
    },
}


def begun() -> str:
    """Before anything is taken: also the proof that this partition can be written."""
    return _in_both(lambda words: [words["begun"]])


def of_mistakes(mistakes: list[str]) -> str:
    """Every mistake; none may hold a secret."""
    return _in_both(lambda words: [words["mistakes"], *(f"- {mistake}" for mistake in mistakes)])


def of_locked() -> str:
    """This gate takes nothing."""
    return _in_both(lambda words: [words["locked"]])


def of_taken(taken: Taken) -> str:
    """What was taken."""
    return _in_both(lambda words: _lines(taken, words))


def _lines(taken: Taken, words: dict[str, str]) -> list[str]:
    lines = [words["taken"]]
    if taken.wifi is not None:
        lines.append(words["wifi"].format(wifi=taken.wifi))
    if taken.settings:
        lines += [words["kept" if taken.kept else "settings"], *(f"    {setting}" for setting in taken.settings)]
    if taken.server is not None:
        lines.append(words["server"].format(server=taken.server))
    return lines if len(lines) > 1 else [*lines, words["nothing"]]


def _in_both(told: Callable[[dict[str, str]], list[str]]) -> str:
    """French and then English, with the line ends that every laptop shows."""
    text = "\n\n".join("\n".join(told(_WORDS[language])) for language in _WORDS)
    return text.replace("\n", "\r\n") + "\r\n"
