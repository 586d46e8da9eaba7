"""How the gate is, told to a server that wants to know: codes and numbers, no guest. Nothing waits for it.

``tell`` and ``report`` may be called by any thread; the rest belongs to the server thread. Monotonic seconds.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kiosk.credentials import printable
from kiosk.doctor.finding import Finding
from kiosk.scan_client import ScanClient
from kiosk.status import version

EXTENSION = "heartbeat"  # what a server that listens calls it
EVERY_S = 30.0
WITHIN_S = 1.0  # a guest's question that comes meanwhile waits no longer than this
REPORT_EVERY_S = 600.0  # though it is as it was: a server that was set up anew has lost it
_REPORT_LINES = 60  # as many as the server takes
_REPORT_SIZE = 12_000  # bytes of JSON, of the 16 KiB that the server takes in all
_TEXT_LIMIT = 300  # characters
_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")  # of the processor, in thousandths of a degree


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the gate is now. ``faults``: codes, the most important first."""

    state: str
    faults: tuple[str, ...]
    annuls_waiting: int
    unanswered: int
    admitted: int  # since the start; as the next two
    refused: int
    unknown: int
    clock: str  # RFC 3339


class Heartbeat:
    """Every 30 s one try, when there is something to tell; one that fails is not tried again before the next."""

    def __init__(self, temperature: Path = _TEMPERATURE) -> None:
        self._temperature = temperature
        self._began = time.monotonic()
        self._told: tuple[Pulse, float] | None = None  # and when it was told
        self._report: list[dict[str, str]] | None = None
        self._sent: tuple[list[dict[str, str]], float] | None = None  # the last report that arrived, and when
        self._last_error: str | None = None
        self._due_at = float("-inf")

    def tell(self, pulse: Pulse) -> None:
        """This is how the gate is from now on. One assignment, so that any thread may."""
        self._told = pulse, time.monotonic()

    def report(self, lines: Iterable[Finding]) -> None:
        """What doctor finds from now on; sent when it has changed, and every ten minutes. Any thread may.

        At most 60 lines and 12 kB; when it is more, good lines are left out first.
        """
        self._report = _cut(lines)

    def work(self, client: ScanClient, now: float) -> bool:
        """Tell the server, if it is time; False when nothing was sent."""
        told, report = self._told, self._report
        if told is None or now < self._due_at or EXTENSION not in client.extensions:
            return False
        self._due_at = now + EVERY_S
        body = self._body(*told, now)
        if report is not None and self._is_news(report, now):
            body["report"] = report
        if client.heartbeat(body, now + WITHIN_S) and "report" in body:
            self._sent = body["report"], now
        return True

    def _is_news(self, report: list[dict[str, str]], now: float) -> bool:
        return self._sent is None or self._sent[0] != report or now - self._sent[1] >= REPORT_EVERY_S

    def _body(self, pulse: Pulse, told_at: float, now: float) -> dict[str, Any]:
        if pulse.faults:
            self._last_error = pulse.faults[0]
        clock = datetime.fromisoformat(pulse.clock) + timedelta(seconds=max(0.0, now - told_at))
        told = {
            "version": version(),
            "uptime_s": round(now - self._began, 1),
            "state": pulse.state,
            "queue": pulse.annuls_waiting,
            "unanswered": pulse.unanswered,
            "faults": list(pulse.faults),
            "last_error": self._last_error,
            "temperature_c": _degrees(self._temperature),
            "admitted": pulse.admitted,
            "refused": pulse.refused,
            "unknown": pulse.unknown,
            "clock": clock.isoformat(timespec="milliseconds"),
        }
        return {name: value for name, value in told.items() if value is not None}


def _cut(lines: Iterable[Finding]) -> list[dict[str, str]]:
    """The report as it is sent, in the order that it was told in."""
    told = [
        {
            "check": line.check,
            "level": str(line.level),
            "found": printable(line.found, _TEXT_LIMIT),
            "fix": printable(line.fix, _TEXT_LIMIT),
        }
        for line in lines
    ]
    kept: set[int] = set()
    size = 0
    for number in sorted(range(len(told)), key=lambda each: told[each]["level"] == "ok"):
        size += len(json.dumps(told[number])) + 2
        if size > _REPORT_SIZE or len(kept) == _REPORT_LINES:
            break
        kept.add(number)
    return [told[number] for number in sorted(kept)]


def _degrees(file: Path) -> float | None:
    """Degrees Celsius; None on a machine that doesn't tell."""
    with contextlib.suppress(OSError, ValueError):
        return round(int(file.read_bytes()) / 1000, 1)
    return None
