"""What is shown now, and until when: a verdict for its time, then ready again, or the fault that stands. Pure."""

from __future__ import annotations

from kiosk.edges import Signs, State, Trace
from kiosk.verdict import Fault, Outcome, Verdict, unknown

# How long a verdict is shown: green until passage or 5 s, red at least 3 s (facts: Gates).
SHOWN_S = {Outcome.ADMITTED: 5.0, Outcome.REFUSED: 3.0, Outcome.UNKNOWN: 3.0}
ALARM_S = 4.0
HARMLESS = frozenset({Fault.PASSAGE_SENSOR, Fault.SCREEN})  # tickets are admitted all the same
TROUBLE_S = 6.0  # a tech reads three short lines


class Shown:
    """One thing at a time, told to signs and trace. Monotonic seconds."""

    def __init__(self, signs: Signs, trace: Trace, idle: State) -> None:
        self._signs = signs
        self._trace = trace
        self._idle = idle
        self._fault: Fault | None = None
        self._state: State | None = None
        self._until: float | None = None
        self._is_held = False

    @property
    def now(self) -> State | None:
        """What is shown; None: nothing yet."""
        return self._state

    def state(self, state: State) -> None:
        """From now on this."""
        self._put(state)

    def trouble(self, trouble: str, now: float) -> None:
        """What keeps this gate from being paired."""
        self._put(self._idle, None, trouble, now + TROUBLE_S)

    def hold(self, state: State) -> None:
        """This, and nothing else, until ``let_go``."""
        self._put(state)
        self._is_held = True

    def let_go(self) -> None:
        """Whatever there is to say again."""
        self._is_held = False
        self.rest()

    def verdict(self, verdict: Verdict, now: float) -> None:
        """A verdict, for as long as people need to see it."""
        self._put(State(verdict.outcome), verdict, None, now + SHOWN_S[verdict.outcome])

    def alarm(self, now: float) -> None:
        """Somebody went through who should not have, or opened the housing."""
        self._put(State.ALARM, None, None, now + ALARM_S)

    def rest(self) -> None:
        """Nobody is being served: ready, unpaired, or the fault that stands."""
        if self._fault is not None and (self._fault in HARMLESS or self._idle is State.UNLOCKED):
            self._put(self._idle, unknown(self._fault))
        elif self._fault is not None:
            self._put(State.FAULT, unknown(self._fault))
        else:
            self._put(self._idle)

    def idle_as(self, idle: State) -> None:
        """What a gate that serves nobody shows from now on."""
        self._idle = idle
        self.rest()

    def stands(self, fault: Fault | None) -> None:
        """The worst fault of the moment, shown whenever nobody is being served; None when there is none."""
        if fault is not self._fault:
            self._fault = fault
            if self._state in (None, State.FAULT, self._idle):
                self.rest()

    def gone_through(self) -> None:
        """Green until passage."""
        if self._state is State.ADMITTED:
            self.rest()

    def tick(self, now: float) -> None:
        """Let time pass."""
        if self._until is not None and now >= self._until:
            self.rest()

    def _put(
        self, state: State, verdict: Verdict | None = None, trouble: str | None = None, until: float | None = None
    ) -> None:
        if self._is_held:
            return
        self._state, self._until = state, until
        self._trace("state", state=state)
        self._signs.show(state, verdict, trouble)
