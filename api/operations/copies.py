"""Backups of an SQLite database while it is in use, and back. Nothing is believed before it was read again."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from api.store import urls
from api.store.migrations import STEPS
from api.store.models import ALL
from api.store.store import open_store

# Pages of 4 KiB a step; between two steps a scan gets the disk.
_PAGES_A_STEP, _PAUSE_S = 256, 0.002
_NAME = re.compile(r"portillon-\d{8}T\d{6}Z\.sqlite3")
_TABLES = tuple(str(model._meta.table_name) for model in ALL)


class CopyError(RuntimeError):
    """It was not backed up, or not restored, and nothing was changed. The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A whole database in one file. ``rows`` by table."""

    file: Path
    schema: int
    rows: dict[str, int]
    removed: tuple[Path, ...] = ()  # backups that the rotation took away


def backup(database: str, target: Path, keep: int | None = None) -> Copy:
    """Copy the database into ``target``, consistent as of one moment, while scans go on. Blocks no writer.

    A folder gets a file named by the time (UTC); with ``keep`` only that many of such files stay in it, newest first.
    The file is the owner's alone, verified against the source and durable before it has its name. Raises CopyError.
    """
    source = _file_of(database)
    if not source.exists():
        raise CopyError(f"there is no database {source}: nothing was backed up; give the right one with --database")
    if keep is not None and not target.is_dir():
        raise CopyError(f"{target} is no folder: --keep removes old backups from a folder; nothing was backed up")
    file = target / f"portillon-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.sqlite3" if target.is_dir() else target
    try:
        made = _copied(source, file)
        removed = _rotated(target, keep) if keep is not None else ()
    except (OSError, sqlite3.Error) as error:
        raise CopyError(
            f"{file} can't be written ({_why(error)}): nothing was backed up; see that its folder exists, may be "
            "written and has room"
        ) from error
    return Copy(file, *made, removed)


def restore(file: Path, database: str) -> Copy:
    """Make the database from a backup, and bring it to the newest schema. Never overwrites one. Raises CopyError."""
    target = _file_of(database)
    for taken in (target, target.with_name(f"{target.name}-wal")):
        if taken.exists():
            raise CopyError(
                f"{taken} is there already: nothing was restored, for it may hold scans that the backup has not; "
                "stop the server and move the old files away, or restore to another: --database sqlite:///FILE"
            )
    if not file.exists():
        raise CopyError(f"there is no backup {file}: nothing was restored")
    try:
        schema, rows = _copied(file, target)
    except (OSError, sqlite3.Error) as error:
        raise CopyError(f"{file} is no backup that can be used ({_why(error)}): nothing was restored") from error
    open_store(database).close()
    return Copy(target, schema, rows)


def _file_of(database: str) -> Path:
    try:
        place = urls.parse(database)
    except ValueError as error:
        raise CopyError(f"{error}: nothing was done") from error
    if isinstance(place, Path):
        return place
    raise CopyError(
        f"{urls.mask_password(database)} is PostgreSQL, which has its own tools: nothing was done; "
        "back up with `pg_dump --format=custom --file=FILE URL`, restore with `pg_restore --dbname=URL FILE`"
    )


def _copied(source: Path, target: Path) -> tuple[int, dict[str, int]]:
    """The source as it is now in a new file: its schema and rows. Raises CopyError, OSError, sqlite3.Error."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)  # 0600
    os.close(handle)
    draft = Path(name)
    try:
        with _snapshot(source) as snapshot, closing(sqlite3.connect(draft)) as copy:
            seen = _looked_at(snapshot, source)
            snapshot.backup(copy, pages=_PAGES_A_STEP, sleep=_PAUSE_S)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, not three
            found = copy.execute("PRAGMA integrity_check").fetchall()
            if found != [("ok",)]:
                raise CopyError(f"{source} is damaged ({found[0][0]}): nothing was written; keep the backups you have")
            if _looked_at(copy, draft) != seen:
                raise CopyError(f"the copy of {source} differs from it: nothing was written; see that the disk is good")
        _sync(draft, os.O_RDWR)
        try:
            target.hardlink_to(draft)
        except FileExistsError:
            raise CopyError(f"{target} is there already: nothing was written; name a new file, or a folder") from None
        _sync(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    finally:
        for leftover in (draft, draft.with_name(f"{draft.name}-journal")):
            leftover.unlink(missing_ok=True)
    return seen


@contextlib.contextmanager
def _snapshot(source: Path) -> Iterator[sqlite3.Connection]:
    """As it is at one moment: without this transaction each commit of a scan would begin the copy anew."""
    with closing(sqlite3.connect(f"file:{source.resolve().as_posix()}?mode=rw", uri=True, isolation_level=None)) as it:
        it.execute("BEGIN")
        yield it


def _looked_at(opened: sqlite3.Connection, file: Path) -> tuple[int, dict[str, int]]:
    """Its schema version and how many rows each table has. Raises CopyError when it is not ours, or newer."""
    try:
        (schema,) = opened.execute("SELECT version FROM schema_version").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise CopyError(f"{file} is no database of Portillon ({error}): nothing was written") from error
    if schema > len(STEPS):
        raise CopyError(
            f"{file} has schema version {schema}, this Portillon knows up to {len(STEPS)}: nothing was written; "
            "use the newer Portillon that wrote it"
        )
    there = {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    tables = [table for table in _TABLES if table in there]
    # The names are our own models', never a file's.
    return schema, {each: opened.execute(f"SELECT COUNT(*) FROM {each}").fetchone()[0] for each in tables}  # noqa: S608


def _rotated(folder: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest ``keep`` backups that were made here by this very command."""
    ours = sorted(file for file in folder.iterdir() if _NAME.fullmatch(file.name) and file.is_file())
    old = tuple(ours[: max(0, len(ours) - keep)])
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
