"""What a backup, or the key of TLS, is made in until it is whole: held by its maker, swept when that was killed.

A draft holds all that a backup holds. Its maker has it locked (flock), and the kernel lets go of that whatever the
maker's end was; so a draft that nobody holds is a killed one's. Backups go wherever people say, so a draft has a name
that nobody else gives, whatever the backup's own: the sweep takes nothing of anybody's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

_FILE = ".portillon-draft-"
_FOLDER = ".portillon-download-"
_RANDOM = "[a-z0-9_]{8}"  # as tempfile makes it
_BESIDE = ("-journal", "-wal", "-shm")  # SQLite's own, beside a database


@contextlib.contextmanager
def file(target: Path) -> Iterator[Path]:
    """An empty file of its owner's beside ``target``. Raises OSError."""
    with _held(target.parent, _new_file) as draft:
        yield draft


@contextlib.contextmanager
def folder(beside: Path | None) -> Iterator[Path]:
    """An empty folder of its owner's for one download, in ``beside`` or where the system has such. Raises OSError."""
    with _held(_for_downloads(beside), _new_folder) as draft:
        yield draft


def sweep(where: Path) -> list[Path]:
    """Take away the files in this folder that nobody makes any more; which those were. Never raises."""
    return _sweep(where, _FILE, stat.S_ISREG)


def sweep_downloads(beside: Path | None) -> list[Path]:
    """Take away the folders of downloads that nobody makes any more; which those were. Never raises."""
    return _sweep(_for_downloads(beside), _FOLDER, stat.S_ISDIR)


def _for_downloads(beside: Path | None) -> Path:
    return beside or Path(tempfile.gettempdir())


def _sweep(where: Path, prefix: str, is_kind: Callable[[int], bool]) -> list[Path]:
    known, swept = re.compile(re.escape(prefix) + _RANDOM), []
    with contextlib.suppress(OSError):
        for draft in where.iterdir():
            if known.fullmatch(draft.name) and _swept(draft, is_kind):
                swept.append(draft)
    return swept


def _swept(draft: Path, is_kind: Callable[[int], bool]) -> bool:
    with contextlib.suppress(OSError):
        # At once, whatever it is: a pipe of that name would be waited for.
        handle = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(handle)
            if found.st_uid != os.geteuid() or not is_kind(found.st_mode):  # /tmp is everybody's
                return False
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(draft)
        finally:
            os.close(handle)
        return not draft.exists()
    return False


@contextlib.contextmanager
def _held(where: Path, new: Callable[[Path], Path]) -> Iterator[Path]:
    handle = None
    while handle is None:
        draft = new(where)
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


def _new_file(where: Path) -> Path:
    handle, name = tempfile.mkstemp(prefix=_FILE, dir=where)  # 0600
    os.close(handle)
    return Path(name)


def _new_folder(where: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=_FOLDER, dir=where))  # 0700


def _remove(draft: Path) -> None:
    for beside in _BESIDE:
        draft.with_name(draft.name + beside).unlink(missing_ok=True)
    if draft.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
    else:
        draft.unlink(missing_ok=True)
