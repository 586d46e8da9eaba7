"""What the test card leads a tech through: the red lamp, the amber one, one opening and the way through it. Pure.

The tech page takes one of these steps alone. The opening is a turn like a guest's: it waits for nobody, nobody waits
less for it, and it has its line in the journal before the pulse. Whether any of this may be is decided by
``setting_up`` and ``tech``. Monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk.edges import State, Trace
from kiosk.shown import Shown
from kiosk.turns import STALL_S, Turns

LAMP_S = 3.0  # long enough to look up from the card, and for the tones of each signal
RESULT_S = 6.0  # a tech reads three short lines


class TryOut:
    """One walk at a time. ``opens``: False at a gate that only checks, where green is shown and nothing moves.

    ``cause``: what the journal calls it. ``over`` is told at its end, however it came.
    """

    def __init__(
        self, turns: Turns, shown: Shown, trace: Trace, opens: bool, cause: str, over: Callable[[], None]
    ) -> None:
        self._turns = turns
        self._shown = shown
        self._trace = trace
        self._opens = opens
        self._cause = cause
        self._over = over
        self._goes_on = True
        self._step: State | None = None
        self._until = self._ticked_at = float("inf")
        self._went_through: bool | None = None

    @property
    def is_under_way(self) -> bool:
        """True from the card until the result has been shown."""
        return self._step is not None

    def begin(self, now: float) -> None:
        """The card was shown, and may be."""
        self._went_through = None
        self._goes_on = True
        self._show(State.TEST_RED, now + LAMP_S)

    def take(self, step: State, now: float) -> None:
        """One step and no other: TEST_RED, TEST_AMBER or TEST_OPEN."""
        self._went_through = None
        self._goes_on = False
        if step is State.TEST_OPEN:
            self._open(now)
        else:
            self._show(step, now + LAMP_S)

    def stop(self) -> None:
        """An emergency: whatever was being tried is over."""
        if self._step is not None:
            self._end("stopped")

    def tick(self, now: float) -> None:
        """Let time pass."""
        stood_still = now - self._ticked_at > STALL_S
        self._ticked_at = now
        if stood_still and self._step in (State.TEST_RED, State.TEST_AMBER):
            self.stop()  # the tech may have gone, and another stand there by the time it opens
            self._shown.rest()
        elif self._step is State.TEST_OPEN and self._went_through is not None:
            self._show(State.TEST_PASSED if self._went_through else State.TEST_NOT_PASSED, now + RESULT_S)
        elif self._step is not None and now >= self._until:
            self._go_on(now)

    def _go_on(self, now: float) -> None:
        if self._step is State.TEST_RED and self._goes_on:
            self._show(State.TEST_AMBER, now + LAMP_S)
        elif self._step is State.TEST_AMBER and self._goes_on:
            self._open(now)
        elif self._step is State.TEST_OPEN:
            self._show(State.TEST_DONE, now + RESULT_S)
        else:
            self._end(str(self._step))
            self._shown.rest()

    def _open(self, now: float) -> None:
        if self._opens and not self._turns.try_out(now, self._passage_ended, self._cause):
            self._show(State.TEST_FAILED, now + RESULT_S)
            return
        is_watched = self._opens and self._turns.passage_s is not None
        self._show(State.TEST_OPEN, float("inf") if is_watched else now + LAMP_S)

    def _passage_ended(self, went_through: bool) -> None:
        self._went_through = went_through

    def _show(self, step: State, until: float) -> None:
        self._step, self._until = step, until
        self._shown.state(step)

    def _end(self, result: str) -> None:
        self._step = None
        self._trace("tried_out", result=result)
        self._over()
