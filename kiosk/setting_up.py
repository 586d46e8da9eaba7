"""What a tech may do to a gate with their hands, and when: unlock it, show it Wi-Fi, pairing and test cards.

A gate that is paired and locked takes none of them. One that ever let guests in opens for a test card only when it was
unlocked, and once: somebody in the queue may hold a copy. Monotonic seconds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.codes import Code, PairingCode, TestCard
from kiosk.credentials import Credentials
from kiosk.edges import Note, State, Trace
from kiosk.enrolment import Doing, Enrolment
from kiosk.first_boot.handed import HandedUrl
from kiosk.first_boot.outcome import Outcome
from kiosk.first_boot.trying_out import TryOut
from kiosk.journal import Journal
from kiosk.pairing import Paired, PairingFailed
from kiosk.passage import Passage
from kiosk.shown import Shown
from kiosk.turns import Turns
from kiosk.unlocking import Unlocking
from kiosk.wifi_code import WifiCode


@dataclass(frozen=True, slots=True)
class Reach:
    """What is done for a tech elsewhere: ``pair`` with ``replacing``, and the joining of networks, end as news."""

    pair: Callable[[PairingCode, bool], None]
    resume: Callable[[], None]
    join: Callable[[WifiCode], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What it works on. ``opens``: False at a gate that only checks."""

    turns: Turns
    journal: Journal
    shown: Shown
    trace: Trace
    opens: bool


class SettingUp:
    """``guests``: None until the gate is paired; put there by the daemon."""

    def __init__(self, reach: Reach, parts: Parts, unlocking: Unlocking, handed: HandedUrl) -> None:
        self.guests: Passage | None = None
        self._reach = reach
        self._turns, self._journal, self._shown, self._trace = parts.turns, parts.journal, parts.shown, parts.trace
        self._unlocking = unlocking
        self._handed = handed
        doing = Doing(self._pair, reach.resume, reach.join, self._test, self._takes_cards)
        self._enrolment = Enrolment(doing, parts.shown, parts.trace)
        self._try_out = TryOut(parts.turns, parts.shown, parts.trace, parts.opens, "card", self._enrolment.tested)

    @property
    def is_trying_out(self) -> bool:
        """True while a test card's walk is under way: no ticket is read meanwhile."""
        return self._try_out.is_under_way

    def begin(self) -> None:
        """Settle what an earlier run left."""
        self._enrolment.begin()

    def seen(self, codes: tuple[Code, ...], now: float) -> tuple[Code, ...]:
        """One frame's codes; those that are left for guests. A card that was none of ours to take is left too."""
        if not self._takes_cards(now) and not self.is_trying_out:
            return codes
        self._enrolment.seen(codes, now)
        return tuple(code for code in codes if not isinstance(code, WifiCode | TestCard))

    def unlock(self, now: float) -> None:
        """Somebody with the key, or with the memory card, was here: two minutes."""
        self._unlocking.open(now)
        self._trace("unlocked")
        with contextlib.suppress(OSError):  # it opens nothing; the fault is told elsewhere
            self._journal.note(Note.UNLOCKED)
        if self.guests is not None:
            self._shown.idle_as(State.UNLOCKED)
            self._take_handed(now)

    def pairing_ended(self, outcome: Paired | PairingFailed | None, now: float) -> Credentials | None:
        """What a pairing code came to; the new credentials. None from the test of pending ones: there were none."""
        if isinstance(outcome, Paired):
            if self._enrolment.paired(outcome):
                self._handed.remove()
            self._unlocking.close()
            return outcome.credentials
        if self._enrolment.ended(outcome, now):
            self._handed.remove()
        elif outcome is None:
            self._take_handed(now)
        return None

    def joined(self, outcome: Outcome, now: float) -> None:
        """What a Wi-Fi card came to."""
        self._enrolment.joined(outcome, now)

    def tick(self, now: float, is_emergency: bool) -> None:
        """Let time pass."""
        self._enrolment.tick(now)
        if is_emergency:
            self._try_out.stop()
        self._try_out.tick(now)
        if (self.guests is not None or self._journal.has_admitted()) and self._unlocking.was_asked_for(now):
            self.unlock(now)
        if self._unlocking.has_ended(now) and self.guests is not None:
            self._shown.idle_as(State.READY)

    def _takes_cards(self, now: float) -> bool:
        return self.guests is None or self._unlocking.is_open(now)

    def _test(self, now: float) -> bool:
        is_new = self.guests is None and not self._journal.has_admitted()
        is_free = self._turns.is_free(now) and (self.guests is None or not self.guests.is_serving(now))
        if not is_free or not (is_new or self._unlocking.is_open(now)):
            return False
        self._unlocking.close()
        if self.guests is not None:
            self._shown.idle_as(State.READY)
        self._try_out.begin(now)
        return True

    def _pair(self, code: PairingCode) -> None:
        self._reach.pair(code, self.guests is not None)

    def _take_handed(self, now: float) -> None:
        code = self._handed.read()
        if code is not None:
            self._enrolment.handed(code, now)
