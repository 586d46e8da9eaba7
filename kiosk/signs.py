"""One thing to say → lamps, buzzer and screen. Implements ``edges.Signs``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kiosk.edges import Signs, State
from kiosk.gate import Gate, Signal
from kiosk.tech.invitation import Invitation
from kiosk.verdict import Reason, Verdict

_SIGNALS = {
    State.UNPAIRED: Signal.UNPAIRED,
    State.PAIRING: Signal.BUSY,
    State.READY: Signal.DARK,
    State.UNLOCKED: Signal.UNPAIRED,
    State.ASKING: Signal.BUSY,
    State.ADMITTED: Signal.ADMITTED,
    State.REFUSED: Signal.REFUSED,
    State.UNKNOWN: Signal.WAIT,
    State.FAULT: Signal.FAULT,
    State.EMERGENCY: Signal.EMERGENCY,
    State.ALARM: Signal.ALARM,
    State.STOPPING: Signal.DARK,
    State.JOINING: Signal.BUSY,
    State.TEST_RED: Signal.REFUSED,
    State.TEST_AMBER: Signal.WAIT,
    State.TEST_OPEN: Signal.ADMITTED,
    State.TEST_PASSED: Signal.DARK,
    State.TEST_NOT_PASSED: Signal.FAULT,
    State.TEST_DONE: Signal.DARK,
    State.TEST_FAILED: Signal.FAULT,
}


class Screen(Signs, Protocol):
    """One of the gate's screens."""

    def invite(self, invitation: Invitation | None) -> None:
        """Where the tech page is and its code, below whatever is shown, until None."""


class LampsAndScreen:
    """Says the same thing everywhere. ``looks_only``: the action is check, so green opens nothing."""

    def __init__(self, gate: Gate, screens: Sequence[Screen], looks_only: bool) -> None:
        self._gate = gate
        self._screens = screens
        self._looks_only = looks_only

    def show(self, state: State, verdict: Verdict | None = None, trouble: str | None = None) -> None:
        """Lamps first: they say it to whoever is there, also where a screen is slow or dark."""
        if state in {State.ADMITTED, State.TEST_OPEN} and self._looks_only:
            self._gate.show_looked_at()
        elif state is State.READY and verdict is not None:
            self._gate.show(Signal.BUSY)  # amber: a fault stands that keeps nobody out
        elif verdict is not None and verdict.reason is Reason.ASK_STAFF:
            self._gate.show(Signal.WAIT)  # amber: nothing was refused for good
        else:
            self._gate.show(_SIGNALS[state])
        for screen in self._screens:
            screen.show(state, verdict, trouble)

    def invite(self, invitation: Invitation | None) -> None:
        """For techs, on every screen."""
        for screen in self._screens:
            screen.invite(invitation)
