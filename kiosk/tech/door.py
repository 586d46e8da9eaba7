"""Who may look at the tech page, and until when: a code that lets one browser in, once. Pure; monotonic seconds."""

from __future__ import annotations

import hmac
import secrets
import threading
from enum import StrEnum

LASTS_S = 1800.0
CODE_WITHIN_S = 300.0  # it stands on a screen that others see: nobody came, so nobody is waited for
TRIES = 5  # of 10^8 codes; then somebody has to open the page anew
PAUSE_S = 1.0  # between two tries, whoever makes them
_DIGITS = 8


class Over(StrEnum):
    """Why the page is closed."""

    TIME = "time"
    UNUSED = "unused"
    GUESSED = "guessed"  # too many wrong codes
    ASKED = "asked"  # the tech said so, or opened it anew
    GATE = "gate"  # the gate stops
    FAILED = "failed"  # the page's process ended by itself


class Refused(Exception):
    """Not let in. ``why``: "wrong", "soon" or "used"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def new_code() -> str:
    """Eight digits."""
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"


class Door:
    """From any thread."""

    def __init__(self, code: str, now: float, lasts_s: float = LASTS_S) -> None:
        self._code = code
        self._code_until = now + min(CODE_WITHIN_S, lasts_s)
        self._until = now + lasts_s
        self._session: str | None = None
        self._wrong = 0
        self._again_at = float("-inf")
        self._over: Over | None = None
        self._lock = threading.Lock()

    def enter(self, given: str, now: float) -> str:
        """The session that this code is good for; Refused."""
        with self._lock:
            if self._session is not None or self._is_over(now):
                raise Refused("used")
            if now < self._again_at:
                raise Refused("soon")
            if not hmac.compare_digest(given.encode(), self._code.encode()):
                self._again_at = now + PAUSE_S
                self._wrong += 1
                if self._wrong >= TRIES:
                    self._over = Over.GUESSED
                raise Refused("wrong")
            self._session = secrets.token_urlsafe(32)
            return self._session

    def knows(self, session: str, now: float) -> bool:
        """True for the browser that was let in, while the page is open."""
        with self._lock:
            if self._session is None or self._is_over(now):
                return False
            return hmac.compare_digest(session.encode(), self._session.encode())

    def close(self, why: Over) -> None:
        """Nobody is let in any more, nor known."""
        with self._lock:
            self._over = self._over or why

    def over(self, now: float) -> Over | None:
        """Why the page is closed; None while it is not."""
        with self._lock:
            return self._over if self._is_over(now) else None

    def left_s(self, now: float) -> float:
        """Seconds until the page closes by itself."""
        return max(0.0, self._until - now)

    def _is_over(self, now: float) -> bool:
        if self._over is None and now >= self._until:
            self._over = Over.TIME
        if self._over is None and self._session is None and now >= self._code_until:
            self._over = Over.UNUSED
        return self._over is not None
