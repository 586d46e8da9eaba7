"""A guest screen on a free port, a main loop that turns it, and a reader of its stream over real HTTP."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kiosk import settings
from kiosk.guest import GuestScreen

PATIENCE_S = 60  # how long a loaded machine may take; nothing is measured by it


class Loop:
    """Turns a screen as the daemon's main loop does, until it is told to hang."""

    def __init__(self, screen: GuestScreen) -> None:
        self.screen = screen
        screen.turned(time.monotonic())
        self._hangs = threading.Event()
        self._thread = threading.Thread(target=self._turn, daemon=True)
        self._thread.start()

    def hang(self) -> None:
        """From now on it does not turn."""
        self._hangs.set()
        self._thread.join(PATIENCE_S)

    def _turn(self) -> None:
        while not self._hangs.wait(0.01):
            self.screen.turned(time.monotonic())


class Reader:
    """One page's stream."""

    def __init__(self, port: int, path: str = "/live") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.connection.request("GET", path, headers={"Host": f"127.0.0.1:{port}"})
        self.answer = self.connection.getresponse()

    def next(self) -> tuple[str, Any]:
        """The next event: its kind and content. ("end", None) when the stream has ended."""
        lines: dict[str, str] = {}
        while (line := self.answer.readline().decode("ascii").rstrip("\n")) or not lines:
            if not line:
                return "end", None
            name, _, value = line.partition(": ")
            lines[name] = value
        return lines["event"], json.loads(lines["data"])

    def next_of(self, kind: str) -> Any:
        """The content of the next event of this kind; half a minute of beats without one is a failure."""
        for _ in range(60):
            found, content = self.next()
            assert found != "end", f"the stream ended without {kind}"
            if found == kind:
                return content
        raise AssertionError(f"60 events, and no {kind}")

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


@pytest.fixture
def screen() -> Iterator[GuestScreen]:
    it = GuestScreen(settings.Screen(), 0)
    yield it
    it.close()


@pytest.fixture
def loop(screen: GuestScreen) -> Iterator[Loop]:
    it = Loop(screen)
    yield it
    it.hang()


@pytest.fixture
def read() -> Iterator[Callable[[GuestScreen], Reader]]:
    """``read(screen)``: a new reader of its stream."""
    opened: list[Reader] = []

    def open_one(screen: GuestScreen) -> Reader:
        opened.append(Reader(port_of(screen)))
        return opened[-1]

    yield open_one
    for reader in opened:
        reader.close()


def port_of(screen: GuestScreen) -> int:
    assert screen.url is not None
    return int(screen.url.rstrip("/").rpartition(":")[2])


@pytest.fixture(name="port_of")
def _port_of() -> Callable[[GuestScreen], int]:
    return port_of


@pytest.fixture
def eventually() -> Callable[[str, Callable[[], Any]], Any]:
    """The first true answer; fails with what was waited for."""

    def wait(what: str, ask: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if answer := ask():
                return answer
            time.sleep(0.01)
        raise AssertionError(f"waited {PATIENCE_S} s for: {what}")

    return wait
