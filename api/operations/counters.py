"""What this process counts of its requests, for /metrics: by route, status, code and time. Any thread may count."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import Literal

# Seconds. A gate ought to have its answer within 0.25 s and gives up after 5 (design: "Transit's bar", scan_client).
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
Judged = Literal["scan", "check"]


@dataclass(frozen=True, slots=True)
class Counted:
    """One route's figures at one moment. ``times``: requests by BOUNDS, one more for those beyond the last."""

    method: str
    route: str
    action: Judged | None
    statuses: dict[int, int]
    times: list[int]
    seconds: float
    codes: dict[str, int]


class RouteCounter:
    """Counts one route's requests: a lock, three additions, so that a scan pays next to nothing."""

    __slots__ = ("_codes", "_lock", "_method", "_route", "_seconds", "_statuses", "_times", "action")

    def __init__(self, method: str, route: str, action: Judged | None) -> None:
        self._lock = threading.Lock()
        self._method, self._route = method, route
        self.action = action
        self._statuses: dict[int, int] = {}
        self._codes: dict[str, int] = {}
        self._times = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def add(self, status: int, seconds: float, code: str | None = None) -> None:
        """One request was answered so, in this time. ``code``: what became of a ticket; None where none was meant."""
        place = bisect_left(BOUNDS, seconds)
        with self._lock:
            self._statuses[status] = self._statuses.get(status, 0) + 1
            self._times[place] += 1
            self._seconds += seconds
            if code is not None:
                self._codes[code] = self._codes.get(code, 0) + 1

    def read(self) -> Counted:
        """All of it, as of one moment."""
        with self._lock:
            statuses, codes = dict(self._statuses), dict(self._codes)
            return Counted(self._method, self._route, self.action, statuses, self._times[:], self._seconds, codes)


class Counters:
    """All routes of one application, and the requests that no route takes."""

    def __init__(self) -> None:
        self._routes: list[RouteCounter] = []
        self._lock = threading.Lock()
        self._strays: Counter[int] = Counter()

    def route(self, method: str, route: str, action: Judged | None = None) -> RouteCounter:
        """The counter of one more route. ``action``: how it judges tickets, where it does."""
        made = RouteCounter(method, route, action)
        self._routes.append(made)
        return made

    def stray(self, status: int) -> None:
        """A request that led to no route was answered so. Its path is not kept: anything may stand in it."""
        with self._lock:
            self._strays[status] += 1

    def read(self) -> tuple[list[Counted], dict[int, int]]:
        """The routes that were asked, and the strays by status."""
        routes = [route.read() for route in self._routes]
        with self._lock:
            return [route for route in routes if route.statuses], dict(self._strays)
