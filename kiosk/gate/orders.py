"""What the daemon tells a guardian at its start. Values only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal


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
