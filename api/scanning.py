"""``POST ticket/`` by its paths, for one gate or for many at once: what came of their scans, and that it is counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import answering
from api.lane import ARRIVED, Answer, Together
from api.operations.counters import Counters, RouteCounter
from api.scan.endpoints import Call, Endpoints
from api.store.settled import Settled

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@dataclass(frozen=True, slots=True)
class _Path:
    """One way to call it: with or without ``/api``, which is the deployed servers' way."""

    route: str
    deployed: bool
    counter: RouteCounter


class Scanning:
    """The call, for one store. Any thread may call ``answer``."""

    def __init__(self, endpoints: Endpoints, counters: Counters) -> None:
        self._endpoints = endpoints
        self._counters = counters
        self._paths: dict[str, _Path] = {}

    def add(self, prefix: str, deployed: bool) -> tuple[str, str]:
        """One more prefix. Its paths: without the slash and with it."""
        route = f"{prefix}/ticket"
        path = _Path(route, deployed, self._counters.route("POST", f"{route}/", "scan"))
        self._paths |= {route: path, f"{route}/": path}
        return route, f"{route}/"

    def together(self, rest: Callable[[bool], None]) -> Together:
        """The call for who can put many at once, and what is to be done in between."""
        return Together(frozenset(f"POST {path}".encode("ascii") for path in self._paths), self.answer, rest)

    def answer(self, environs: Sequence[WSGIEnvironment]) -> list[Answer]:
        """To each its own answer, when all scans among them are durable. ``PATH_INFO`` is one of the paths."""
        now = time.monotonic()
        paths = [self._paths[environ["PATH_INFO"]] for environ in environs]
        calls = [Call(environ, path.deployed) for environ, path in zip(environs, paths, strict=True)]
        results = self._endpoints.tickets(calls)
        arrivals = [environ.get(ARRIVED, now) for environ in environs]
        return [_answer(*each) for each in zip(paths, results, arrivals, strict=True)]


def _answer(path: _Path, result: Settled[dict[str, object]], arrived: float) -> Answer:
    told = answering.told(path.route, result.get)
    content = answering.encode(told.value)
    path.counter.add(told.status, time.monotonic() - arrived, told.value["code"])
    return Answer(told.status, told.headers, content)
