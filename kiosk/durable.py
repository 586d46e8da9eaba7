"""Files that survive a power cut: write, fsync, rename, fsync of the folder. For small files with one writer."""

from __future__ import annotations

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make renames and removals in this folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put ``content`` at ``path``: after a cut either the old file is there or the new one, whole. Follows no link."""
    draft = path.with_name(f".{path.name}.new")
    try:
        fd = _new(draft, mode)
    except FileExistsError:  # of a cut; or a link, laid for root by the user whose folder this is
        draft.unlink(missing_ok=True)
        fd = _new(draft, mode)
    try:
        os.fchmod(fd, mode)
        with os.fdopen(fd, "wb", closefd=False) as file:
            file.write(content)
        os.fsync(fd)
    except OSError:
        draft.unlink(missing_ok=True)  # a full disk is not filled further by it
        raise
    finally:
        os.close(fd)
    draft.replace(path)
    sync_folder(path.parent)


def _new(draft: Path, mode: int) -> int:
    return os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)  # which follows no link


def move(source: Path, target: Path) -> None:
    """Rename within one folder, durably; an existing target is replaced."""
    source.replace(target)
    sync_folder(target.parent)


def remove(path: Path) -> None:
    """Remove a file, durably; one that is not there is fine."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)
