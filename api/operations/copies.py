"""Backups of a database while it is in use, and back: what becomes of the files. Nothing is ever overwritten."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from api.operations import drafts, health, postgres_copies, sqlite_copies
from api.operations.contents import Contents, CopyError
from api.store import urls
from api.store.store import StoreError, open_store

_NAME = re.compile(r"portillon-\d{8}T\d{6}Z\.(?:sqlite3|pgdump)")


@dataclass(frozen=True, slots=True)
class Copy:
    """A whole database in one file, or a database from one. ``rows`` by table; ``place`` for people to read."""

    place: str
    schema: int
    rows: dict[str, int]
    removed: tuple[Path, ...] = ()  # backups that the rotation took away


def backup(database: str, target: Path, keep: int | None = None) -> Copy:
    """Copy the database into ``target``, consistent as of one moment, while scans go on. Blocks no writer.

    A folder gets a file named by the time (UTC); with ``keep`` only that many of such files stay in it, newest first.
    The file is the owner's alone, verified against the source and durable before it has its name. Raises CopyError,
    also where it would leave a disk too full for scans.
    """
    source = _place_of(database)
    if isinstance(source, Path) and not source.exists():
        raise CopyError(f"there is no database {source}: nothing was backed up; give the right one with --database")
    if keep is not None and not target.is_dir():
        raise CopyError(f"{target} is no folder: --keep removes old backups from a folder; nothing was backed up")
    ending = "sqlite3" if isinstance(source, Path) else "pgdump"
    file = target / f"portillon-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{ending}" if target.is_dir() else target
    try:
        with _landing(file, health.ROOM + _size(source)) as draft:
            made = _copied(source, draft)
        removed = _rotated(target, keep, file) if keep is not None else ()
    except (OSError, sqlite3.Error) as error:
        raise CopyError(
            f"{file} can't be written ({_why(error)}): nothing was backed up; see that its folder exists, may be "
            "written and has room"
        ) from error
    return Copy(str(file), made.schema, made.rows, removed)


def restore(file: Path, database: str) -> Copy:
    """Make the database from a backup, and bring it to the newest schema. Never overwrites one. Raises CopyError."""
    target = _place_of(database)
    if isinstance(target, Path):
        _refuse_a_database(target)
    if not file.exists():
        raise CopyError(f"there is no backup {file}: nothing was restored")
    if isinstance(target, Path) and not os.access(target.parent, os.W_OK | os.X_OK):
        raise CopyError(
            f"{target.parent} is no folder that may be written to: nothing was restored; make it, give it to the user "
            "who runs this, or restore to another: --database sqlite:///FILE"
        )
    try:
        made = _restored(file, target)
        open_store(database).close()
    except (OSError, sqlite3.Error) as error:
        raise CopyError(f"{file} is no backup that can be used ({_why(error)}): nothing was restored") from error
    except StoreError as error:
        raise CopyError(str(error)) from error
    return Copy(str(target) if isinstance(target, Path) else urls.mask_password(target), made.schema, made.rows)


def backups(folder: Path) -> list[Path]:
    """The backups that were made in this folder, newest first. Raises OSError when it can't be read."""
    return sorted(
        (file for file in folder.iterdir() if _NAME.fullmatch(file.name) and file.is_file()),
        key=lambda file: file.name,
        reverse=True,
    )


def _place_of(database: str) -> Path | str:
    try:
        return urls.parse(database)
    except ValueError as error:
        raise CopyError(f"{error}: nothing was done") from error


def _refuse_a_database(target: Path) -> None:
    # SQLite plays back what it finds in either, over whatever then has the name.
    for taken in (target, *(target.with_name(f"{target.name}-{beside}") for beside in ("wal", "journal"))):
        if taken.exists():
            raise CopyError(
                f"{taken} is there already: nothing was restored, for it may hold scans that the backup has not; "
                "stop the server and move the old files away, or restore to another: --database sqlite:///FILE"
            )


def _copied(source: Path | str, draft: Path) -> Contents:
    return sqlite_copies.copy(source, draft) if isinstance(source, Path) else postgres_copies.dump(source, draft)


def _restored(file: Path, target: Path | str) -> Contents:
    with file.open("rb") as opened:
        is_dump = opened.read(5) == b"PGDMP"
    if is_dump == isinstance(target, Path):
        kind, other = ("PostgreSQL", "postgresql://…") if is_dump else ("SQLite", "sqlite:///FILE")
        raise CopyError(
            f"{file} is a backup of {kind}: nothing was restored; give such a database, --database {other} "
            "(from SQLite on to PostgreSQL: portillon-api move)"
        )
    if not isinstance(target, Path):
        return postgres_copies.load(file, target)
    with _landing(target) as draft:
        return sqlite_copies.copy(file, draft)


@contextlib.contextmanager
def _landing(target: Path, needed: int = 0) -> Iterator[Path]:
    """An empty file of its owner's; what was written into it is durable before it has its name. Raises CopyError.

    ``needed``: bytes that the disk must have left, or nothing is begun.
    """
    drafts.sweep(target.parent)
    disk = os.statvfs(target.parent)
    if (free := disk.f_bavail * disk.f_frsize) < needed:
        raise CopyError(
            f"{target.parent} has too little room ({_mb(free)} MB are free, {_mb(needed)} MB are needed, so that scans "
            "go on): nothing was backed up; make room, or name a folder on another disk"
        )
    with drafts.file(target) as draft:
        yield draft
        _sync(draft, os.O_RDWR)
        try:
            target.hardlink_to(draft)
        except FileExistsError:
            raise CopyError(f"{target} is there already: nothing was written; name a new file, or a folder") from None
        _sync(target.parent, os.O_RDONLY | os.O_DIRECTORY)


def _size(source: Path | str) -> int:
    """Bytes that its copy takes at most; 0 for a dump, of which nobody knows before."""
    if not isinstance(source, Path):
        return 0
    size = source.stat().st_size
    with contextlib.suppress(FileNotFoundError):  # the log goes with the last who has the database open
        size += source.with_name(f"{source.name}-wal").stat().st_size
    return size


def _mb(size: int) -> str:
    return f"{size / 1_000_000:,.0f}"


def _rotated(folder: Path, keep: int, made: Path) -> tuple[Path, ...]:
    """Remove all but the newest ``keep`` backups that were made here by this very command.

    ``made`` counts as the newest whatever its name: the clock may have been ahead when the others got theirs.
    """
    old = tuple(reversed([each for each in backups(folder) if each != made][keep - 1 :]))
    for file in old:
        file.unlink()
    return old


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
