"""A gate without credentials, or unlocked: takes a pairing code, has it exchanged, says what went wrong. Pure.

A refused or expired code says so once and the gate goes on looking; the same code is tried again only when it has
left the view. Anything that is no pairing code is ignored here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kiosk.codes import Code, PairingCode, Unreadable
from kiosk.edges import State, Trace
from kiosk.pairing import Paired, PairingFailed, PairingTrouble
from kiosk.presentation import OUT_OF_VIEW_S, REPEAT_AFTER_S
from kiosk.shown import Shown

RESUME_AGAIN_S = 5.0  # between two tests of pending credentials that no answer came for


class Enrolment:
    """Until the gate is paired, and again while it is unlocked.

    ``pair`` and ``resume`` are the server thread's; their outcome comes to ``ended`` or ``paired``.
    """

    def __init__(
        self, pair: Callable[[PairingCode], None], resume: Callable[[], None], shown: Shown, trace: Trace
    ) -> None:
        self._pair = pair
        self._resume = resume
        self._shown = shown
        self._trace = trace
        self._busy = False
        self._tried: str | None = None  # what was shown last, remembered until it has left the view
        self._tried_at = self._last_seen = float("-inf")
        self._resume_at: float | None = None

    def begin(self) -> None:
        """Settle what an earlier run left. Dark until that is known: a paired gate never calls itself unpaired."""
        self._busy = True
        self._resume()

    def seen(self, codes: Sequence[Code], now: float) -> None:
        """One frame's codes, best first."""
        for code in codes:
            name = code.token if isinstance(code, PairingCode) else None
            if isinstance(code, Unreadable) and code.why == "plain_http":
                name = code.digest
            if name is None:
                continue
            repeated = name == self._tried and not self._has_left(now)
            self._last_seen = now
            if not repeated and not self._busy:
                self._tried, self._tried_at = name, now
                self._try(code, now)
            return

    def ended(self, outcome: PairingFailed | None, now: float) -> None:
        """The exchange, or the test of pending credentials, came to nothing yet."""
        self._busy = False
        if outcome is None:
            self._shown.idle_as(State.UNPAIRED)
            return
        if outcome.why is PairingTrouble.UNTESTED:
            self._resume_at = now + RESUME_AGAIN_S
        self._trace("pairing", outcome=outcome.why, fault=outcome.fault)
        self._shown.trouble(outcome.why, now)

    def paired(self, outcome: Paired) -> None:
        """The gate has new credentials."""
        self._busy = False
        self._trace("pairing", outcome="paired", device=outcome.credentials.device_uuid)

    def tick(self, now: float) -> None:
        """Let time pass."""
        if self._resume_at is not None and now >= self._resume_at and not self._busy:
            self._resume_at, self._busy = None, True
            self._resume()

    def _has_left(self, now: float) -> bool:
        return now - self._last_seen >= OUT_OF_VIEW_S and now - self._tried_at >= REPEAT_AFTER_S

    def _try(self, code: Code, now: float) -> None:
        if isinstance(code, PairingCode):
            self._busy = True
            self._shown.state(State.PAIRING)
            self._pair(code)
        else:
            self._trace("pairing", outcome="plain_http", fault=None)
            self._shown.trouble("plain_http", now)
