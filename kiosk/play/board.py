"""What the page is told, in order, in each browser: the gate's trace, new pictures, whether the server runs."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

_KEPT = 400  # events; a browser that is further behind begins anew, with how things stand now
_PICTURES = 8
_SILENCE_S = 10.0  # without news, a comment tells whether the browser is still there


class Board:
    """Written by the threads that watch, read by one thread for each browser."""

    def __init__(self) -> None:
        self._events: deque[tuple[int, str]] = deque(maxlen=_KEPT)
        self._pictures: deque[tuple[int, bytes]] = deque(maxlen=_PICTURES)
        self._now: dict[str, Any] = {"pins": {}, "state": None, "server": True, "gate": True}
        self._number = 0
        self._is_over = False
        self._news = threading.Condition()

    def line(self, line: dict[str, Any]) -> None:
        """A line of the gate's trace."""
        with self._news:
            if line["event"] == "pin":
                self._now["pins"][line["pin"]] = line["value"]
            elif line["event"] == "state":
                self._now["state"] = line["state"]
            self._tell("line", line)

    def picture(self, jpeg: bytes) -> None:
        """What the camera sees now."""
        with self._news:
            self._pictures.append((self._number + 1, jpeg))
            self._tell("picture", self._number + 1)

    def is_there(self, what: str, is_there: bool) -> None:
        """Whether the ``server`` or the ``gate`` runs."""
        with self._news:
            if what == "gate" and not is_there:
                self._now["pins"], self._now["state"] = {}, None
            self._now[what] = is_there
            self._tell("there", {what: is_there})

    def find_picture(self, number: int) -> bytes | None:
        """One of the newest pictures."""
        with self._news:
            return dict(self._pictures).get(number)

    def end(self) -> None:
        """Nothing more comes."""
        with self._news:
            self._is_over = True
            self._news.notify_all()

    def events(self) -> Iterator[str]:
        """How things stand, then each event as it comes, as a browser's EventSource reads them."""
        with self._news:
            seen = self._number
            now = json.dumps(self._now)
        yield f"event: now\ndata: {now}\n\n"
        while True:
            with self._news:
                is_news = self._news.wait_for(lambda: self._number > seen or self._is_over, _SILENCE_S)  # noqa: B023
                if self._is_over:
                    return
                if self._events and self._events[0][0] > seen + 1:
                    return  # too far behind: the browser comes again
                fresh = [text for number, text in self._events if number > seen]
                seen = self._number
            yield "".join(fresh) if is_news else ":\n\n"

    def _tell(self, kind: str, content: object) -> None:
        self._number += 1
        self._events.append((self._number, f"event: {kind}\ndata: {json.dumps(content)}\n\n"))
        self._news.notify_all()
