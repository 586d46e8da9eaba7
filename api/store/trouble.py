"""Which errors mean that a database could not do it now, so that the same may be asked again; no bugs of ours."""

from __future__ import annotations

import sqlite3

import peewee
import psycopg

# SQLite's primary result codes: locked or out of memory, read-only, interrupted, I/O, damaged, full, not to be opened.
_OF_SQLITE = frozenset((5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26))
# SQLSTATE classes: connection, read-only (a standby), undone, resources, locks, stopped by the operator, I/O, damaged.
_OF_POSTGRESQL = ("08", "25006", "40", "53", "55", "57", "58", "XX")


def is_away(error: BaseException) -> bool:
    """True when the database itself could not answer. What it did not say yes to is undone, or has its scan id."""
    if not isinstance(error, peewee.DatabaseError | peewee.InterfaceError):
        return False
    original: BaseException | None = error
    while isinstance(original, peewee.PeeweeException):  # a connection's error is wrapped twice
        original = getattr(original, "orig", None)
    match original:
        case sqlite3.Error():
            return getattr(original, "sqlite_errorcode", 0) & 0xFF in _OF_SQLITE
        case psycopg.Error() if original.sqlstate is not None:
            return original.sqlstate.startswith(_OF_POSTGRESQL)
        case psycopg.OperationalError() | psycopg.InterfaceError():  # libpq's own words: no connection, no answer
            return True
        case _:
            return False
