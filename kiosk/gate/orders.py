"""What daemon and guardian agree on: what is told at the start, and the lease of a hold. Values only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

HOLD_S = 2.0  # longer than a daemon under load takes to ask again, shorter than anybody notices


@dataclass(frozen=True, slots=True)
class Orders:
    """Pins, polarity and lines, as JSON in the guardian's one argument."""

    pins: Literal["lgpio", "mock"]
    active_high: bool
    lines: dict[str, int]  # name → BCM number
    trace: str | None

    def as_argument(self) -> str:
        """The JSON that the guardian's ``main`` reads."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})
