"""What a gate test found: each part's outcome, and the settings that would have made it right. Values only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Value = bool | int | float | Sequence[str]


class Outcome(StrEnum):
    """What came of one part."""

    WORKED = "worked"
    UNSEEN = "unseen"  # it was moved, and nobody was there to look
    PROPOSED = "proposed"  # it works, with the settings that are proposed
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the gate."""

    part: str  # a key of [gate], or "rest"
    outcome: Outcome
    why: str = ""  # in the tech's language


class Findings:
    """Everything found so far, in order."""

    def __init__(self) -> None:
        self._found: dict[str, Finding] = {}
        self._proposed: dict[str, Value] = {}

    def record(self, part: str, outcome: Outcome, why: str = "") -> None:
        """This came of this part; what was found of it before is forgotten."""
        self._found[part] = Finding(part, outcome, why)

    def propose(self, key: str, value: Value) -> None:
        """``[gate] key`` should have this value."""
        self._proposed[key] = value

    @property
    def found(self) -> tuple[Finding, ...]:
        """One finding a part."""
        return tuple(self._found.values())

    @property
    def toml(self) -> tuple[str, ...]:
        """The lines of kiosk.toml that are proposed, exactly as they belong there; none: nothing is to be changed."""
        lines = [f"{key} = {_as_toml(value)}" for key, value in self._proposed.items()]
        return ("[gate]", *lines) if lines else ()

    @property
    def is_good(self) -> bool:
        """True when all that was tried works, and with the settings as they are."""
        return not self._proposed and all(each.outcome is not Outcome.FAILED for each in self.found)


def _as_toml(value: Value) -> str:
    """Of these types, JSON's text is TOML's."""
    return json.dumps(value if isinstance(value, bool | int | float) else list(value))
