"""SQLite as the ticket server wants it: safe against power cuts, one writer, and waiting works in one commit."""

from __future__ import annotations

import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import peewee

from api.store import folding
from api.store.database import Cursor, Database
from api.store.settled import Settled
from api.store.turns import Turns
from api.store.upkeep import Upkeep

T = TypeVar("T")

GROUPS = (1, 2, 4, 8, 16, 32, 64, 128)  # works in one commit, for counting how well waiting pays

# Given to connect(), and so in force before the first pragma, which may itself meet a lock.
_BUSY_TIMEOUT_S = 10
_PRAGMAS = (
    ("journal_mode", "wal"),
    ("synchronous", "full"),  # a commit is on the disk before anybody is told
    ("foreign_keys", "on"),
)
# Pages of log at which a commit copies them into the database, and all wait for it. What gates' works leave is copied
# in between (upkeep.py); this is for when nobody does that, or others who read or write without end forbid it.
_LOG_OF_WORKS = 16_000  # 64 MiB
_LOG_OF_OTHERS = 1000  # 10,000 stalls a scan for 81 ms (facts: the scan server)
_TRY_MS, _BETWEEN_TRIES_S = 50, 0.2  # a gate gives up after 5 s, and is to notice nothing


def _folded(text: str | None) -> str | None:
    return None if text is None else folding.folded(text)


class _Connection(sqlite3.Connection):
    """A connection that can be held weakly."""


class SqliteDatabase(Database, peewee.SqliteDatabase):
    """Transactions begin IMMEDIATE: a read that turns into a write would fail at once, whatever the timeout.

    Threads of this process queue in ``Turns``, in place of polling SQLite's lock; other processes meet that lock.
    """

    row_id = "id INTEGER PRIMARY KEY"
    has_one_writer = True

    def __init__(self, file: str, *, alone: bool = False) -> None:
        """``alone``: the first statement fails with "locked" while anybody else has the file open, then nobody can."""
        self._opened: weakref.WeakSet[_Connection] = weakref.WeakSet()
        self._writer: _Connection | None = None
        self._idle: list[_Connection] = []  # those that read, and do not now; taken and put back at its end
        self._log_pages = 0  # what the writer's connection was told last
        self._turns = Turns()
        self._upkeep = Upkeep(self._copy_log)
        self._counts = [0] * (len(GROUPS) + 1)  # commits, by GROUPS; one more for those beyond the last
        self._works = 0
        super().__init__(
            file,
            pragmas=(("locking_mode", "exclusive"), *_PRAGMAS) if alone else _PRAGMAS,
            lock_type="IMMEDIATE",
            timeout=0 if alone else _BUSY_TIMEOUT_S,
            factory=_Connection,
            check_same_thread=False,  # each thread has its own; close_everywhere alone reaches across
        )

    def run(self, sql: str, values: tuple[object, ...] = ()) -> Cursor:
        """Run prebuilt SQL and give its cursor: straight to the driver, for peewee's own way doubles a short read."""
        connection: sqlite3.Connection = self.connection()  # type: ignore[no-untyped-call]
        try:
            return connection.execute(sql, values)
        except sqlite3.Error:
            with peewee.__exception_wrapper__:  # type: ignore[attr-defined]  # the same errors as from models
                raise

    def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """All rows: within a transaction over its connection, else over the one that was used last.

        64 threads that each kept a connection of their own would find its pages cold: a check then cost a third more,
        and the server 10 MB.
        """
        own: sqlite3.Connection | None = self._state.conn  # type: ignore[attr-defined]  # the stubs leave it out
        if own is not None and own.in_transaction:
            return self.run(sql, values).fetchall()
        try:
            connection: _Connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.Error:
            with peewee.__exception_wrapper__:  # type: ignore[attr-defined]  # the same errors as from models
                raise
        finally:
            self._idle.append(connection)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, after all that waited before it."""
        with self._turns.turn(), self._as_writer(_LOG_OF_OTHERS), self.atomic():
            yield

    def settle_all(self, works: Sequence[Callable[[], T]]) -> list[Settled[T]]:
        """Run the works in one commit, after all that waited before; what became of each, once that is on the disk."""
        if not works:
            return []
        with self._turns.turn():
            self._works += len(works)  # only who has the turn counts
            self._upkeep.count(len(works))
            self._counts[min((len(works) - 1).bit_length(), len(GROUPS))] += 1
            return self._together(works)

    def folded(self, expression: str) -> str:
        """By a call into Python, but for text that is ASCII, as most is: SQLite folds that by itself."""
        return f"CASE WHEN {expression} GLOB '*[^ -~]*' THEN FOLDED({expression}) ELSE LOWER({expression}) END"

    def rest(self, is_quiet: bool) -> None:
        """Copy what works have left in the log, when that is worthwhile."""
        self._upkeep.rest(is_quiet)

    def empty_log(self, within_s: float) -> bool:
        """Copy all of the log into the database and cut it off; False where somebody reads an older state all along.

        Whoever waits here for a reader keeps writers out: so each try is short, and gates go on between two.
        """
        until = time.monotonic() + within_s
        while True:
            self.read("PRAGMA wal_checkpoint(PASSIVE)")  # the bulk of it, beside the writers
            with self._turns.turn(), self._as_writer(_LOG_OF_OTHERS):
                self.run(f"PRAGMA busy_timeout = {_TRY_MS}")
                try:
                    is_busy = self.run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                finally:
                    self.run(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_S * 1000}")
            if not is_busy or time.monotonic() > until:
                return not is_busy
            time.sleep(_BETWEEN_TRIES_S)

    def groups(self) -> tuple[list[int], int]:
        """Commits by how many works they held (bounds: GROUPS, one more for beyond), and the works in all."""
        return self._counts[:], self._works

    def only(self, name: str) -> None:
        """Nothing to do: SQLite has one writer anyway."""

    @contextmanager
    def migrating(self) -> Iterator[None]:
        """Nothing to do: each step's transaction keeps the others out."""
        yield

    def rollback(self) -> None:
        """Undo the transaction. After some errors (disk full) SQLite has done so itself, and would complain."""
        connection: sqlite3.Connection = self.connection()  # type: ignore[no-untyped-call]
        if connection.in_transaction:
            super().rollback()

    def close_everywhere(self) -> None:
        """Close the connections of all threads. None of them may be in a transaction."""
        self.close()
        self._writer = None
        self._idle.clear()
        for connection in list(self._opened):
            connection.close()

    def _connect(self) -> Any:
        # Not only by peewee's own ways, which wrap it.
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]  # the stubs leave it out
            connection = super()._connect()  # type: ignore[misc]  # the stubs leave it out
        connection.create_function("FOLDED", 1, _folded, deterministic=True)
        self._opened.add(connection)
        return connection

    def _copy_log(self) -> bool:
        """Copy what may be copied without waiting for anybody; False when a reader, or who copies now, forbade some."""
        ((is_busy, pages, copied),) = self.read("PRAGMA wal_checkpoint(PASSIVE)")
        return not is_busy and copied == pages

    @contextmanager
    def _as_writer(self, log_pages: int) -> Iterator[None]:
        """What this thread runs goes over the one connection that writes, whose pages nobody else makes stale.

        With a connection for each thread that writes, 64 threads took 4 MB more, and a sixth of the scans was lost
        where a sync takes 10 ms. The caller has the turn. ``log_pages``: at how many pages of log a commit copies them.
        """
        if self._writer is None:
            self._writer = self._connect()
            self._log_pages = 0
        state = self._state  # type: ignore[attr-defined]  # the stubs leave it out
        own = state.conn
        state.set_connection(self._writer)
        try:
            if self._log_pages != log_pages:
                self.run(f"PRAGMA wal_autocheckpoint = {log_pages}")
                self._log_pages = log_pages
            yield
        finally:
            if own is None:
                state.reset()
            else:
                state.set_connection(own)

    @contextmanager
    def _committed(self) -> Iterator[None]:
        """A transaction straight by the driver: peewee's own, which can be nested, takes three times as long."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            self.rollback()
            raise

    def _together(self, works: Sequence[Callable[[], T]]) -> list[Settled[T]]:
        """All works in one transaction. Where one raises, each is run again in one of its own: it harms no other."""
        values: list[T] = []
        has_work_failed = False
        try:
            with self._as_writer(_LOG_OF_WORKS), self._committed():
                for work in works:
                    try:
                        values.append(work())
                    except Exception:
                        has_work_failed = True
                        raise
        except Exception as error:  # whatever it is, it belongs to who waits for the answer
            if has_work_failed and len(works) > 1:
                return [settled for work in works for settled in self._together([work])]
            if len(works) == 1:
                return [Settled(error=error)]
            # It could not begin or not be committed: nobody is told yes, and each has an error of its own.
            cause = getattr(error, "orig", error)
            return [Settled(error=peewee.OperationalError(cause, str(error))) for _ in works]
        return [Settled(value) for value in values]
