"""What the tech page's buttons do to the gate, and when they may. Pure; monotonic seconds.

What holds for the test card holds here: nobody is in front of the gate, nobody's turn is due, no emergency; an opening
is a turn like a guest's, with its line in the journal before the pulse. Green has no button of its own: it lets people
in at a gate of lamps, and belongs to the opening everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.edges import State, Trace
from kiosk.first_boot.trying_out import TryOut
from kiosk.shown import Shown
from kiosk.tech.channel import Press
from kiosk.turns import Turns

NOBODY_SERVED = frozenset({State.READY, State.UNPAIRED, State.UNLOCKED, State.FAULT})
_STEPS: dict[Press, State] = {"red": State.TEST_RED, "amber": State.TEST_AMBER, "open": State.TEST_OPEN}


@dataclass(frozen=True, slots=True)
class Hands:
    """What of the gate the buttons work on.

    ``opens``: False at a gate that only checks. ``is_idle``: nobody is in front of the gate, and nothing moves or
    will by itself. ``restart``: None where nobody would start the gate again. ``note``: into the journal.
    """

    turns: Turns
    shown: Shown
    trace: Trace
    opens: bool
    is_idle: Callable[[float], bool]
    restart: Callable[[], None] | None
    note: Callable[[str], None]


class Presses:
    """One thing at a time."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._try_out = TryOut(hands.turns, hands.shown, hands.trace, hands.opens, "tech page", lambda: None)
        self._is_emergency = False

    @property
    def is_under_way(self) -> bool:
        """True while a lamp or the opening is tried: no ticket is read meanwhile."""
        return self._try_out.is_under_way

    def tick(self, now: float, is_emergency: bool) -> None:
        """Let time pass."""
        self._is_emergency = is_emergency
        if is_emergency:
            self._try_out.stop()
        self._try_out.tick(now)

    def press(self, what: Press, now: float) -> str:
        """A key of ``words``: what came of it."""
        hands = self._hands
        if self._is_emergency:
            return "emergency"
        if self.is_under_way or not hands.is_idle(now) or hands.shown.now not in NOBODY_SERVED:
            return "busy"
        if what == "restart":
            return self._restart()
        if what == "open" and not hands.opens:
            return "looks_only"
        hands.note(what)
        self._try_out.take(_STEPS[what], now)
        return "not_opened" if hands.shown.now is State.TEST_FAILED else "begun"

    def _restart(self) -> str:
        if self._hands.restart is None:
            return "no_restart"
        self._hands.note("restart")
        self._hands.restart()
        return "restarting"
