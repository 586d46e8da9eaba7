"""What is in a database, told by its schema and rows, so that a copy can be held against it; and why none was made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from api.store.migrations import STEPS
from api.store.models import ALL

# Parents first. The names are our own models', never a file's.
TABLES = tuple(str(model._meta.table_name) for model in ALL)
VERSION_TABLE = "schema_version"


class CopyError(RuntimeError):
    """It was not backed up, or not restored, and nothing was changed. The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The schema's version, and how many rows each table has."""

    schema: int
    rows: dict[str, int]

    def check(self, origin: str | Path) -> Contents:
        """Itself. Raises CopyError when a newer Portillon wrote it."""
        if self.schema > len(STEPS):
            raise CopyError(
                f"{origin} has schema version {self.schema}, this Portillon knows up to {len(STEPS)}: nothing was "
                "written; use the newer Portillon that wrote it"
            )
        return self


def refuse_difference(copy: Contents, source: Contents, name: str | Path) -> None:
    """Raises CopyError when the copy is not what its source was."""
    if copy != source:
        raise CopyError(f"the copy of {name} differs from it: nothing was written; see that the disk is good")
