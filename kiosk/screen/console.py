"""The screen as a terminal: the words of the moment, on a tty or on standard output."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kiosk.edges import State
from kiosk.screen.words import Language, say
from kiosk.tech.invitation import Invitation
from kiosk.verdict import Verdict

FOR_TECHS = frozenset({State.UNPAIRED, State.UNLOCKED, State.FAULT})  # guests see none of it
ADVICE_LINES = 5

log = logging.getLogger(__name__)


class Console:
    """Writes on change only. A terminal that can't be written is said once and stops nothing."""

    def __init__(self, languages: Sequence[Language], tty: Path | None) -> None:
        self._languages = languages
        self._tty = tty
        self._shown: str | None = None
        self._advice: tuple[str, ...] = ()
        self._invitation: tuple[str, ...] = ()
        self._last: tuple[State, Verdict | None, str | None] | None = None
        self._complained = False

    def show(self, state: State, verdict: Verdict | None = None, trouble: str | None = None) -> None:
        """Show this, in every language of the settings."""
        self._last = state, verdict, trouble
        words = [say(state, verdict, trouble, language) for language in self._languages]
        lines = [f"{each.title} | {each.hint}" for each in words]
        below = (*self._invitation, *(self._advice if state in FOR_TECHS else ()))
        text = "\n".join(map(_plain, [*lines, *below]))
        if text != self._shown:
            self._shown = text
            self._write(f"{text}\n")

    def advise(self, advice: tuple[str, ...]) -> None:
        """From now on these lines stand below whatever is shown to a tech; at most as many as a screen has room for."""
        self._advice = advice[:ADVICE_LINES]
        if self._last is not None:
            self.show(*self._last)

    def invite(self, invitation: Invitation | None) -> None:
        """Where the tech page is and its code, below whatever is shown, until None."""
        self._invitation = () if invitation is None else tuple(invitation.lines(self._languages[0]))
        if self._last is not None:
            self.show(*self._last)

    def _write(self, text: str) -> None:
        try:
            if self._tty is None:
                # A locale without these letters must not end the gate in the middle of an admission.
                encoding = sys.stdout.encoding
                print(text.encode(encoding, "replace").decode(encoding), end="", flush=True)
            else:
                _write_at_once(self._tty, f"\n{text}")
        except OSError as error:
            if not self._complained:
                self._complained = True
                log.warning("the screen can't be written, the gate goes on without it: %s", error)


def _write_at_once(tty: Path, text: str) -> None:
    """Never wait, since Ctrl-S on a keyboard holds a terminal for good, and make no file. Raises OSError."""
    terminal = os.open(tty, os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(terminal, text.encode())
    finally:
        os.close(terminal)


def _plain(text: str) -> str:
    """Printable characters only: a gate's name comes from a server."""
    return "".join(character for character in text if character.isprintable())
