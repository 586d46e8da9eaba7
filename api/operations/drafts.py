"""What a backup is made in until it is whole: held by its maker, and taken away by the next one where that was killed.

A draft holds all that a backup holds. Its maker has it locked (flock), and the kernel lets go of that whatever the
maker's end was; so a draft that nobody holds is a killed one's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

_RANDOM = r"-\w{8}"  # as tempfile makes it
_BESIDE = ("-journal", "-wal", "-shm")  # SQLite's own, beside a database
DOWNLOAD = ".download"


@contextlib.contextmanager
def file(target: Path) -> Iterator[Path]:
    """An empty file of its owner's beside ``target``. Raises OSError."""
    with _held(target.parent, f".{target.name}", _new_file) as draft:
        yield draft


@contextlib.contextmanager
def folder(beside: Path | None) -> Iterator[Path]:
    """An empty folder of its owner's for one download, in ``beside`` or where the system has such. Raises OSError."""
    with _held(beside or Path(tempfile.gettempdir()), DOWNLOAD, _new_folder) as draft:
        yield draft


def sweep_downloads(beside: Path | None) -> list[Path]:
    """Take away downloads that nobody makes any more; which those were."""
    return sweep(beside or Path(tempfile.gettempdir()), re.escape(DOWNLOAD))


def sweep(where: Path, name: str) -> list[Path]:
    """Take away what nobody holds of the drafts that are called so; ``name``: a regular expression. Never raises."""
    known, swept = re.compile(name + _RANDOM), []
    with contextlib.suppress(OSError):
        for draft in where.iterdir():
            if known.fullmatch(draft.name) and _swept(draft):
                swept.append(draft)
    return swept


def _swept(draft: Path) -> bool:
    with contextlib.suppress(OSError):
        handle = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            if os.fstat(handle).st_uid != os.geteuid():  # /tmp is everybody's
                return False
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(draft)
        finally:
            os.close(handle)
        return not draft.exists()
    return False


@contextlib.contextmanager
def _held(where: Path, prefix: str, new: Callable[[Path, str], Path]) -> Iterator[Path]:
    handle = None
    while handle is None:
        draft = new(where, f"{prefix}-")
        handle = _lock(draft)
    try:
        yield draft
    finally:
        _remove(draft)
        os.close(handle)


def _lock(draft: Path) -> int | None:
    """None: somebody swept it away before it was locked."""
    try:
        handle = os.open(draft, os.O_RDONLY)
    except FileNotFoundError:
        return None
    fcntl.flock(handle, fcntl.LOCK_EX)
    if draft.exists():
        return handle
    os.close(handle)
    return None


def _new_file(where: Path, prefix: str) -> Path:
    handle, name = tempfile.mkstemp(prefix=prefix, dir=where)  # 0600
    os.close(handle)
    return Path(name)


def _new_folder(where: Path, prefix: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=prefix, dir=where))  # 0700


def _remove(draft: Path) -> None:
    for beside in _BESIDE:
        draft.with_name(draft.name + beside).unlink(missing_ok=True)
    if draft.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
    else:
        draft.unlink(missing_ok=True)
