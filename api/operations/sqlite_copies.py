"""Copies of an SQLite database while it is in use. Nothing is believed before it was read again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from api.operations.contents import TABLES, Contents, CopyError, refuse_difference

# Pages of 4 KiB a step; between two steps a scan gets the disk.
_PAGES_A_STEP, _PAUSE_S = 256, 0.002


def copy(source: Path, draft: Path) -> Contents:
    """The source as it is at this moment, into the empty file ``draft``. Raises CopyError, OSError, sqlite3.Error."""
    try:
        with _snapshot(source) as snapshot, closing(sqlite3.connect(draft)) as made:
            seen = _looked_at(snapshot, source)
            snapshot.backup(made, pages=_PAGES_A_STEP, sleep=_PAUSE_S)
            made.execute("PRAGMA journal_mode=DELETE")  # one file, not three
            found = made.execute("PRAGMA integrity_check").fetchall()
            if found != [("ok",)]:
                raise CopyError(f"{source} is damaged ({found[0][0]}): nothing was written; keep the backups you have")
            refuse_difference(_looked_at(made, draft), seen, source)
    finally:
        draft.with_name(f"{draft.name}-journal").unlink(missing_ok=True)
    return seen


@contextlib.contextmanager
def _snapshot(source: Path) -> Iterator[sqlite3.Connection]:
    """As it is at one moment: without this transaction each commit of a scan would begin the copy anew."""
    with closing(sqlite3.connect(f"file:{source.resolve().as_posix()}?mode=rw", uri=True, isolation_level=None)) as it:
        it.execute("BEGIN")
        yield it


def _looked_at(opened: sqlite3.Connection, file: Path) -> Contents:
    """What is in it. Raises CopyError when it is not ours, or newer."""
    try:
        (schema,) = opened.execute("SELECT version FROM schema_version").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise CopyError(f"{file} is no database of Portillon ({error}): nothing was written") from error
    there = {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    counts = {each: _count(opened, each) for each in TABLES if each in there}
    return Contents(schema, counts).check(file)


def _count(opened: sqlite3.Connection, table: str) -> int:
    (number,) = opened.execute(f"SELECT COUNT(*) FROM {table}").fetchone()  # noqa: S608  # a table of ours
    return int(number)
