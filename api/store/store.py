"""The open database: one kept connection a thread, one writer at a time, durable when a transaction has ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import peewee

from api.store import urls
from api.store.database import Database
from api.store.migrations import NewerSchemaError, migrate
from api.store.models import Organisation
from api.store.postgres import PostgresDatabase
from api.store.settled import Settled
from api.store.sqlite import SqliteDatabase
from api.store.trouble import is_away

T = TypeVar("T")

_OPEN_WITHIN_S = 10.0
_REFUSED_FOR_S = 60.0  # a gate tells of itself twice in it, and asks for a ticket more often


class StoreError(RuntimeError):
    """The database can't be opened. The text says what happened and what to do."""


class Store:
    """The database of one ticket server. Safe to share between threads."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._refused_at: float | None = None  # monotonic seconds

    def writing(self) -> AbstractContextManager[None]:
        """One transaction: all of it is durable at the end, or nothing when an exception leaves it.

        No other transaction of this kind runs beside it, in any process: what it reads stays so until it ends. On
        SQLite no scan is settled meanwhile, so keep it short. It raises RuntimeError within another.
        """
        return self.db.writing()

    def settle(self, work: Callable[[], T]) -> T:
        """Run a short work in a transaction; its value, once that is durable. For what a gate waits for.

        A work touches nothing but the database, lets the database's errors pass, and may run twice; and on PostgreSQL
        other transactions run beside it: it must hold under READ COMMITTED.
        Raises what the work raised, or peewee.DatabaseError when it could not be committed: then it is undone, but
        for a connection lost during the commit, when nobody can know. RuntimeError within a transaction.
        """
        (settled,) = self.settle_all([work])
        return settled.get()

    def settle_all(self, works: Sequence[Callable[[], T]]) -> list[Settled[T]]:
        """What ``settle`` would have given or raised for each of these, in their order, once all of them are durable.

        On SQLite they share one transaction, and its commit: when one of them fails, each is run again alone. When the
        commit fails, all have failed. Raises RuntimeError within a transaction.
        """
        settled = self.db.settle_all(works)
        if any(each.error is None for each in settled):
            self._refused_at = None
        elif settled and all(is_away(each.error) for each in settled if each.error is not None):
            self._refused_at = time.monotonic()
        return settled

    def takes_no_works(self) -> bool:
        """True while the last works could not be settled, as far as that is known: for a minute after they were tried.

        What no look at the database or its disk tells: somebody else's lock, a disk that takes no write.
        """
        refused_at = self._refused_at
        return refused_at is not None and time.monotonic() - refused_at < _REFUSED_FOR_S

    def rest(self, is_quiet: bool) -> None:
        """Between works, by one thread: what would hold one up later, if worthwhile. ``is_quiet``: no work waits."""
        self.db.rest(is_quiet)

    def organisation(self) -> Organisation:
        """Whose tickets these are, with the secret that signs pairing tokens."""
        return Organisation.select().bind(self.db).get()

    def rename_organisation(self, name: str) -> None:
        """Give the organisation this name, at most 200 characters."""
        if self.organisation().name != name:
            with self.writing():
                Organisation.update(name=name).execute(self.db)

    def close(self) -> None:
        """Close every thread's connection. Call it when the threads have ended their requests."""
        self.db.close_everywhere()


def open_store(url: str) -> Store:
    """Open, and bring to the newest schema, the database at this URL (or path of an SQLite file).

    ``postgresql://USER:PASSWORD@HOST:PORT/NAME``, ``sqlite:///FILE`` or ``sqlite:////ABSOLUTE``. An SQLite file is made
    when missing, readable by its owner only: it holds the events' private keys.
    Raises StoreError when it can't be opened, is not ours or is newer than this program.
    """
    try:
        place = urls.parse(url)
    except ValueError as error:
        raise StoreError(str(error)) from error
    return Store(_sqlite(place) if isinstance(place, Path) else _postgres(place))


def _sqlite(file: Path) -> Database:
    try:
        # Only when it is new: closing a second descriptor of an open database drops SQLite's locks on it.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreError(
            f"the database {file} can't be made ({error.strerror}): no ticket can be checked; "
            "see that its folder exists and belongs to the user who runs the server"
        ) from error
    db = SqliteDatabase(str(file))
    do = "see that it is Portillon's, and belongs to the user who runs the server"
    return _migrated(db, str(file), do)


def _postgres(url: str) -> Database:
    do = (
        "see that PostgreSQL runs and takes connections from here, that user and password are right, and that the "
        "database is there and is Portillon's own (made by: CREATE DATABASE … OWNER … ENCODING 'UTF8')"
    )
    name = urls.mask_password(url)
    try:
        db = PostgresDatabase(url)
        encoding = db.encoding()
    except peewee.DatabaseError as error:
        raise StoreError(_unusable(name, urls.without_password(str(error), url), do)) from error
    if encoding != "UTF8":
        db.close_everywhere()
        raise StoreError(_unusable(name, f"its encoding is {encoding}, names need UTF8", do))
    return _migrated(db, name, do)


def _migrated(db: Database, name: str, do: str) -> Database:
    """The database, with the newest schema; closed again when that can't be. ``name`` is what people are told."""
    try:
        _migrate(db)
    except NewerSchemaError as error:
        db.close_everywhere()
        raise StoreError(f"{name}: {error}") from error
    except peewee.DatabaseError as error:
        db.close_everywhere()
        raise StoreError(_unusable(name, str(error).strip(), do)) from error
    return db


def _unusable(name: str, why: str, do: str) -> str:
    return f"the database {name} can't be used ({why}): no ticket can be checked; {do}"


def _migrate(db: Database) -> None:
    """Migrate, also while another process makes the same file: turning to WAL is refused then, without waiting."""
    deadline = time.monotonic() + _OPEN_WITHIN_S
    while True:
        try:
            migrate(db)
        except peewee.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
