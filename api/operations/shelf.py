"""The folder in which backups are kept: which there are, how large and how old. Opens none of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from api.operations.copies import backups
from api.store import moments

State = Literal["none", "old", "fine"]


@dataclass(frozen=True, slots=True)
class Kept:
    """One backup. ``made_at``: microseconds since 1970, by its name; ``size`` in bytes."""

    name: str
    made_at: int
    size: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the timer puts backups, and after how many seconds the newest is called old."""

    folder: Path
    old_after_s: float

    def kept(self) -> list[Kept]:
        """What is there, newest first; nothing where there is no such folder, or it is not ours to read."""
        try:
            return [_kept(file) for file in backups(self.folder)]
        except OSError:
            return []

    def state(self, kept: list[Kept], now: int) -> State:
        """How good it is to have these. ``now``: microseconds since 1970."""
        if not kept:
            return "none"
        return "old" if now - kept[0].made_at > self.old_after_s * 1_000_000 else "fine"


def _kept(file: Path) -> Kept:
    made = datetime.strptime(file.stem, "portillon-%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return Kept(file.name, moments.from_datetime(made), file.stat().st_size)
