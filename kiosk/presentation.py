"""One code in front of the camera: since when, what it was told, whether it has left. Monotonic seconds. Pure."""

from __future__ import annotations

from kiosk.codes import TicketCode
from kiosk.verdict import Outcome, Verdict

# "Suppress a repeat until the code has been out of view >= 0.5 s and >= 2.5 s have passed" (facts: Gates).
OUT_OF_VIEW_S = 0.5
REPEAT_AFTER_S = 2.5
# A ticket that is left in view so long, on a poster or a dropped sheet, no longer keeps others waiting.
BLOCKS_S = 10.0


class Presentation:
    """``ticket`` is None for what is no ticket at all."""

    def __init__(self, ticket: TicketCode | None, now: float) -> None:
        self.ticket = ticket
        self.scan_id: str | None = None
        self.goes_on = False  # with an attempt that was open before, perhaps another code's
        self.is_of_another_pairing = False  # and that attempt was asked for by the device this gate was before
        self.asked_at: float | None = None  # a question is under way
        self.verdict: Verdict | None = None
        self.decided_at = now
        self._began_at = self._last_seen = now
        self._has_left = False  # was out of view for long enough, and may have come back since

    def see(self, now: float) -> None:
        """It is in this frame."""
        self._has_left = self._has_left or not self.in_view(now)
        self._last_seen = now

    def in_view(self, now: float) -> bool:
        """True until it has been out of view for long enough to have left."""
        return now - self._last_seen < OUT_OF_VIEW_S

    def has_given_up(self, now: float, patience: float) -> bool:
        """True when it has been out of view for longer than somebody waits who only took a quick look."""
        return now - self._last_seen >= patience + OUT_OF_VIEW_S

    def is_over(self, now: float) -> bool:
        """True when the same code is news again; one that came back early is so while it is still held up."""
        left = self._has_left or not self.in_view(now)
        return self.asked_at is None and left and now - self.decided_at >= REPEAT_AFTER_S

    def blocks_others(self, now: float) -> bool:
        """True while it is held up and being served, so that what is seen beside it is no second person's."""
        if self.ticket is None or not self.in_view(now):
            return False
        is_refused = self.verdict is not None and self.verdict.outcome is Outcome.REFUSED
        has_read = is_refused and now - self.decided_at >= REPEAT_AFTER_S
        return not has_read and now - self._began_at < BLOCKS_S

    def wants_another_try(self, now: float, pause: float) -> bool:
        """Without an answer, go on while the code is in view."""
        return (
            self.verdict is not None
            and not self.verdict.is_final
            and self.asked_at is None
            and self.in_view(now)
            and now - self.decided_at >= pause
        )
