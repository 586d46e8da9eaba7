"""SQLite as the ticket server wants it: safe against power cuts, and a kept connection for each thread."""

from __future__ import annotations

import sqlite3
import weakref
from typing import Any

import peewee

# Given to connect(), and so in force before the first pragma, which may itself meet a lock.
_BUSY_TIMEOUT_S = 10
_PRAGMAS = (
    ("journal_mode", "wal"),
    ("synchronous", "full"),  # a commit is on the disk before anybody is told
    ("foreign_keys", "on"),
    ("wal_autocheckpoint", 1000),  # 10,000 stalls a scan for 81 ms (facts: the scan server)
)


class _Connection(sqlite3.Connection):
    """A connection that can be held weakly."""


class Database(peewee.SqliteDatabase):
    """Transactions begin IMMEDIATE: a read that turns into a write would fail at once, whatever the timeout."""

    def __init__(self, file: str) -> None:
        self._opened: weakref.WeakSet[_Connection] = weakref.WeakSet()
        super().__init__(
            file,
            pragmas=_PRAGMAS,
            lock_type="IMMEDIATE",
            timeout=_BUSY_TIMEOUT_S,
            factory=_Connection,
            check_same_thread=False,  # each thread has its own; close_everywhere alone reaches across
        )

    def _connect(self) -> Any:
        connection = super()._connect()  # type: ignore[misc]  # the stubs leave it out
        self._opened.add(connection)
        return connection

    def run(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Run prebuilt SQL, written with ``?``, and give its cursor. For hot paths and migrations."""
        cursor: sqlite3.Cursor = self.execute_sql(sql, values)  # type: ignore[no-untyped-call]
        return cursor

    def close_everywhere(self) -> None:
        """Close the connections of all threads. None of them may be in a transaction."""
        self.close()
        for connection in list(self._opened):
            connection.close()
