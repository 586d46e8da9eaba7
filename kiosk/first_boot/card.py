"""Files on the boot partition: FAT, which knows no owners and no modes, and may be pulled out at any moment."""

from __future__ import annotations

import os
from pathlib import Path

from kiosk import durable

_SECTOR = 512  # what a card writes whole, or not at all


def write(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``, whole or not at all. Raises OSError, also where the partition is read-only.

    No mode is set: FAT refuses those that it can't keep.
    """
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    durable.sync_folder(path.parent)


def wipe(path: Path, remains: bytes) -> None:
    """Overwrite the file where it lies, and then leave ``remains`` instead. Raises OSError.

    What a flash card keeps of it elsewhere nobody can reach from here. Cut short it is known by ``is_wiped``.
    """
    with path.open("r+b") as file:
        file.write(b"\n" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    write(path, remains)


def is_wiped(content: bytes) -> bool:
    """True when a wipe was begun on this file, so that nothing of it is to be taken, and the wipe to be ended."""
    return bool(content) and not content[:_SECTOR].strip(b"\n")
