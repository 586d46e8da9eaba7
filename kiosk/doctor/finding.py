"""What doctor finds: one line, how bad it is, and what to do about it. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"  # the gate works; somebody should look
    FAIL = "fail"  # nobody gets in, or soon nobody will


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of doctor. ``found`` and ``fix`` are in the gate's first language; a good one needs no fix."""

    check: str  # what was looked at; stable, for scripts
    level: Level
    found: str
    fix: str = ""
