"""What the guest screen shows now, for every page that is open: the newest only, so that no reader holds anything up.

A verdict carries its own end, counted down as it is sent; a stream says "gone" while the main loop does not turn.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from kiosk.guest.message import Message

BEAT_S = 0.5  # a page that heard nothing for three of these says "not connected": within 2 s, with time to paint
# The main loop turns every 20 ms; a card that stalls for a moment is no reason to alarm guests, but a hang is.
TURNS_WITHIN_S = 5.0


class Board:
    """One writer, many readers. Nothing waits but those who read."""

    def __init__(self, look: dict[str, Any]) -> None:
        """``look``: theme, camera and brand, told first to every page."""
        self._look: tuple[int, dict[str, Any]] = (1, look)  # number, and what
        self._news = threading.Condition()
        self._invited: tuple[int, dict[str, Any] | None] = (0, None)  # number, and what techs are shown
        self._newest: tuple[int, Message | None, float] = (0, None, 0.0)  # number, message, when it was put
        self._turned_at = float("-inf")
        self._screens = 0  # streams of the screen's own browser
        self._left_at = float("inf")  # when the last of them ended
        self._is_closed = False

    def put(self, message: Message) -> None:
        """Show this from now on."""
        with self._news:
            self._newest = (self._newest[0] + 1, message, time.monotonic())
            self._news.notify_all()

    def invite(self, invitation: dict[str, Any] | None) -> None:
        """Show this to techs from now on, below; None: nothing."""
        with self._news:
            self._invited = (self._invited[0] + 1, invitation)
            self._news.notify_all()

    def dress(self, look: dict[str, Any]) -> None:
        """Look like this from now on."""
        with self._news:
            self._look = (self._look[0] + 1, look)
            self._news.notify_all()

    def turned(self) -> None:
        """The main loop is alive."""
        self._turned_at = time.monotonic()

    def left_since(self) -> float:
        """Since when the screen's own browser, that was there, is not: monotonic seconds; infinity when all is well."""
        with self._news:
            return self._left_at

    def close(self) -> None:
        """Nothing more comes: every stream ends."""
        with self._news:
            self._is_closed = True
            self._news.notify_all()

    def events(self, of_the_screen: bool = False) -> Iterator[bytes]:
        """The look, then what is shown, each time that it changes, and a beat in between. Ends with the gate.

        ``of_the_screen``: asked by the browser of the screen itself, whose end is noticed.
        """
        if not of_the_screen:
            yield from self._events()
            return
        self._count(1)
        try:
            yield from self._events()
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._news:
            self._screens += more
            self._left_at = time.monotonic() if self._screens == 0 else float("inf")

    def _events(self) -> Iterator[bytes]:
        (dressed, look), seen, invited = self._look, -1, 0
        yield _event("look", look)
        while True:
            with self._news:
                is_news = self._news.wait_for(
                    lambda: self._is_new(seen, invited, dressed),  # noqa: B023  (asked at once)
                    BEAT_S,
                )
                newest_look = self._look
                number, message, put_at = self._newest
                invitation = self._invited
                is_closed = self._is_closed
            if is_closed or message is None or not self._is_alive():
                seen, invited = -1, 0  # shown anew when the gate is back
                yield _event("gone", None)
                if is_closed:
                    return
                time.sleep(BEAT_S)
                continue
            if newest_look[0] != dressed:
                dressed, look = newest_look
                yield _event("look", look)
            if invitation[0] != invited:
                invited = invitation[0]
                yield _event("invited", invitation[1])
            if is_news and number != seen:
                seen = number
                yield _event("message", message.as_seen(time.monotonic() - put_at))
            else:
                yield _event("beat", None)

    def _is_new(self, seen: int, invited: int, dressed: int) -> bool:
        return self._is_closed or (self._newest[0], self._invited[0], self._look[0]) != (seen, invited, dressed)

    def _is_alive(self) -> bool:
        return time.monotonic() - self._turned_at < TURNS_WITHIN_S


def _event(kind: str, content: Any) -> bytes:
    """In ASCII: whatever a server said of a ticket, one event stays one event."""
    return f"event: {kind}\ndata: {json.dumps(content)}\n\n".encode("ascii")
