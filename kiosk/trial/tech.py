"""The person at the gate: asked and told on a plain terminal, over ssh too; or nobody, with --yes."""

from __future__ import annotations

import sys
import termios
import time
from enum import StrEnum
from typing import Protocol

from kiosk.screen.words import Language
from kiosk.trial.words import told

LOOK_S = 2.0  # for each thing there is to see


class Answer(StrEnum):
    """What a question can be answered with."""

    YES = "yes"
    NO = "no"
    AGAIN = "again"
    SKIP = "skip"


# The first letters, and whole words, of both languages: nobody looks up the language of a gate to say yes.
_LETTERS: dict[Language, dict[str, Answer]] = {
    "fr": {"o": Answer.YES, "n": Answer.NO, "e": Answer.AGAIN, "p": Answer.SKIP},
    "en": {"y": Answer.YES, "n": Answer.NO, "a": Answer.AGAIN, "s": Answer.SKIP},
}
_SAID = {letter: answer for letters in _LETTERS.values() for letter, answer in letters.items()} | {
    "oui": Answer.YES,
    "non": Answer.NO,
    "encore": Answer.AGAIN,
    "passer": Answer.SKIP,
    **{str(answer): answer for answer in Answer},
}


class TechGone(Exception):
    """Nobody can be asked any more: the terminal is at its end."""


class Tech(Protocol):
    """Who looks at the gate."""

    @property
    def looks(self) -> bool:
        """False when nobody does, so that a yes proves nothing."""

    def say(self, text: str) -> None:
        """Tell this."""

    def ask(self, question: str, otherwise: Answer) -> Answer:
        """The answer; ``otherwise`` is taken where nobody is there. Raises TechGone."""


class AtTerminal:
    """Somebody at standard input and output."""

    looks = True

    def __init__(self, language: Language) -> None:
        self._language = language

    def say(self, text: str) -> None:
        """Print it; letters that the terminal does not have become question marks."""
        _print(text)

    def ask(self, question: str, otherwise: Answer) -> Answer:  # noqa: ARG002  (somebody is there)
        """Ask until the answer is one. What was typed before the question answers nothing. Raises TechGone."""
        keys = "/".join(_LETTERS[self._language])
        _forget_typed()
        while True:
            self.say(f"{question} [{keys}]")
            line = sys.stdin.readline()
            if not line:
                raise TechGone
            if (answer := _SAID.get(line.strip().lower())) is not None:
                return answer
            self.say(told("keys", self._language))


class Nobody:
    """``--yes``: nobody is asked, and everything is gone through once, slowly enough to be seen from the turnstile."""

    looks = False

    def say(self, text: str) -> None:
        """Print it all the same."""
        _print(text)

    def ask(self, question: str, otherwise: Answer) -> Answer:
        """What is taken for an answer, and shown as such."""
        self.say(f"{question} ({otherwise})")
        time.sleep(LOOK_S)
        return otherwise


def is_at_terminal() -> bool:
    """True when somebody can be asked."""
    return sys.stdin.isatty()


def _print(text: str) -> None:
    encoding = sys.stdout.encoding
    print(text.encode(encoding, "replace").decode(encoding), flush=True)


def _forget_typed() -> None:
    if sys.stdin.isatty():
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
