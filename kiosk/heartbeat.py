"""How the gate is, told to a server that wants to know: codes and numbers, no guest. Nothing waits for it.

``tell`` is called by the main loop; the rest belongs to the server thread. Monotonic seconds.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.scan_client import ScanClient
from kiosk.status import version

EXTENSION = "heartbeat"  # what a server that listens calls it
EVERY_S = 30.0
WITHIN_S = 1.0  # a guest's question that comes meanwhile waits no longer than this
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
        self._pulse: Pulse | None = None
        self._last_error: str | None = None
        self._due_at = float("-inf")

    def tell(self, pulse: Pulse) -> None:
        """This is how the gate is from now on. One assignment, so that any thread may."""
        self._pulse = pulse

    def work(self, client: ScanClient, now: float) -> bool:
        """Tell the server, if it is time; False when nothing was sent."""
        pulse = self._pulse
        if pulse is None or now < self._due_at or EXTENSION not in client.extensions:
            return False
        self._due_at = now + EVERY_S
        client.heartbeat(self._body(pulse, now), now + WITHIN_S)
        return True

    def _body(self, pulse: Pulse, now: float) -> dict[str, Any]:
        if pulse.faults:
            self._last_error = pulse.faults[0]
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
            "clock": pulse.clock,
        }
        return {name: value for name, value in told.items() if value is not None}


def _degrees(file: Path) -> float | None:
    """Degrees Celsius; None on a machine that doesn't tell."""
    with contextlib.suppress(OSError, ValueError):
        return round(int(file.read_bytes()) / 1000, 1)
    return None
