"""The last presentations, as a tech needs them: when, how fast, what came of it. No ticket, no name. For one thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT = 50


@dataclass(slots=True)
class _Row:
    ticket: object
    lit_at: float  # when the light with its code came in
    told: dict[str, Any] = field(default_factory=dict)


class Presentations:
    """``clock``: the gate's, as text. Told what the trace is told; monotonic seconds."""

    def __init__(self, clock: Callable[[], str]) -> None:
        self._clock = clock
        self._rows: deque[_Row] = deque(maxlen=KEPT)
        self._answered: tuple[object, object] = None, None  # scan id, and how long the server took
        self.changes = 0

    def heard(self, event: str, fields: Mapping[str, object], now: float) -> None:
        """Whatever passage tells; what is no step of a presentation is left."""
        if event == "presentation":
            read_ms = fields.get("read_ms")
            lit_at = now - (read_ms / 1000 if isinstance(read_ms, float) else 0.0)
            told = {"at": self._clock(), "read_ms": read_ms, "ask_ms": None, "total_ms": None, "verdict": None}
            self._rows.append(_Row(fields.get("ticket"), lit_at, {**told, "reason": None, "fault": None}))
            self.changes += 1
        elif event == "answered":
            self._answered = fields.get("scan_id"), fields.get("ask_ms")
        elif event == "verdict":
            self._decided(fields, now)

    def latest(self) -> list[dict[str, Any]]:
        """Newest first: at, read_ms, ask_ms, total_ms (from light to verdict), verdict, reason, fault."""
        return [dict(row.told) for row in reversed(self._rows)]

    def _decided(self, fields: Mapping[str, object], now: float) -> None:
        row = next((row for row in reversed(self._rows) if row.ticket == fields.get("ticket")), None)
        if row is None:
            return
        row.told["total_ms"] = round((now - row.lit_at) * 1000, 1)
        if fields.get("scan_id") is not None and fields.get("scan_id") == self._answered[0]:
            row.told["ask_ms"] = self._answered[1]
        for name in ("verdict", "reason", "fault"):
            value = fields.get(name)
            row.told[name] = None if value is None else str(value)
        self.changes += 1
