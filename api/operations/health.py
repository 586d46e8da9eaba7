"""Whether tickets can be scanned now: the database answers, its disk has room and may be written. Writes nothing.

What can't be seen so is known by what became of the last gates' works.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import peewee

from api.store.sqlite import SqliteDatabase
from api.store.store import Store

Trouble = Literal["database", "disk"]
# Bytes. SQLite's log may be 66 MB before it is folded in, and an alarm ought to come before the last scan that fits.
ROOM = 96 * 1024 * 1024
_SENTENCES: dict[Trouble, str] = {
    "database": "the database does not answer, or takes no changes: no ticket can be scanned",
    "disk": "the database's disk is full or can't be written: no ticket can be scanned for long",
}


def troubles(store: Store, room: int = ROOM) -> list[Trouble]:
    """What is wrong now; empty when all is well. ``room``: bytes that an SQLite file's disk must have left."""
    found: list[Trouble] = []
    if not _is_answering(store):
        found.append("database")
    if isinstance(store.db, SqliteDatabase) and not _is_writable(Path(str(store.db.database)), room):
        found.append("disk")
    if not found and store.takes_no_works():
        found.append("database")
    return found


def told(found: list[Trouble]) -> str:
    """The troubles in words, without any name or path: anybody may read this."""
    return "; ".join(_SENTENCES[each] for each in found)


def _is_answering(store: Store) -> bool:
    """True when a read succeeds, and PostgreSQL is no standby that only reads."""
    try:
        store.db.run("SELECT version FROM schema_version").fetchone()
        if isinstance(store.db, SqliteDatabase):
            return True
        return not store.db.run("SELECT pg_is_in_recovery()").fetchone()[0]
    except peewee.DatabaseError:
        return False


def _is_writable(file: Path, room: int) -> bool:
    """True when file and folder (SQLite makes its log there) may be written, and there is room."""
    try:
        disk = os.statvfs(file)  # fails for a file that was taken away under the server
    except OSError:
        return False
    if disk.f_flag & os.ST_RDONLY or disk.f_bavail * disk.f_frsize < room:
        return False
    return os.access(file, os.R_OK | os.W_OK) and os.access(file.parent, os.W_OK | os.X_OK)
