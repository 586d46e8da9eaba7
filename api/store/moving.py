"""SQLite → PostgreSQL: every row once, verified, in one transaction. The source stands still and stays as it is.

Not back: only SQLite can be made to stand still by one lock, whatever else has it open.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import peewee

from api.store import urls
from api.store.database import Database
from api.store.models import ALL, Organisation, Row
from api.store.postgres import PostgresDatabase
from api.store.sqlite import SqliteDatabase
from api.store.store import Store, open_store

_ROWS_A_STEP = 1000  # between two moves of the progress bar

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]


class MoveError(RuntimeError):
    """It was not moved, and neither database was changed. The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One table, the same on both sides."""

    table: str
    rows: int
    sha256: str  # of all rows, in the order of their keys


def move(source_url: str, target_url: str, progress: Progress) -> list[Moved]:
    """Copy all of the SQLite database to an empty PostgreSQL one; tells what was copied and compared, table by table.

    ``progress(what, total)`` gives the function that is told of rows done. Raises MoveError, StoreError for a database
    that can't be opened, or peewee.DatabaseError: the target then has tables at most, and no row.
    """
    try:
        file, url = urls.parse(source_url), urls.parse(target_url)
    except ValueError as error:
        raise MoveError(str(error)) from error
    if not isinstance(file, Path) or isinstance(url, Path):
        raise MoveError(
            f"{urls.mask_password(source_url)} can't be moved to {urls.mask_password(target_url)}: the way is from "
            "SQLite to PostgreSQL, and not back; give --database sqlite:///FILE and --to postgresql://…"
        )
    if not file.exists():
        raise MoveError(f"there is no database {file}: nothing was moved; give the right one with --database")
    open_store(source_url).close()  # to the newest schema, like the target
    _refuse_another_program(url)
    with _standing_still(file) as source, closing(open_store(target_url)) as target:
        return _copy(source, target, progress)


def _refuse_another_program(url: str) -> None:
    """Before anything is made there: a database with somebody else's tables is none of ours."""
    target = PostgresDatabase(url)
    try:
        tables: list[str] = target.get_tables()
    except peewee.DatabaseError:
        return  # opening it tells why in full
    finally:
        target.close_everywhere()
    if tables and "schema_version" not in tables:
        raise MoveError(_not_empty(f"it has tables of another program, such as {tables[0]}"))


@contextmanager
def _standing_still(file: Path) -> Iterator[SqliteDatabase]:
    """The source, with nobody else in it: no server can serve it meanwhile, and none may have it open."""
    source = SqliteDatabase(str(file), alone=True)
    try:
        source.connect()
    except peewee.OperationalError as error:
        source.close_everywhere()
        raise MoveError(
            f"{file} is in use: what is scanned during the move would be lost; stop the server "
            "(systemctl stop portillon-api) and every other portillon-api, then move"
        ) from error
    try:
        with source.atomic():
            yield source
    finally:
        source.close_everywhere()


def _copy(source: SqliteDatabase, target: Store, progress: Progress) -> list[Moved]:
    counts = {model: _count(source, model) for model in ALL}
    with progress("moving", 2 * sum(counts.values())) as advance, target.writing():
        target.db.run("SET LOCAL statement_timeout = 0")  # a table may take longer than any page
        _refuse_rows(target)
        target.db.run("DELETE FROM organisation")  # the one that a new database is given
        return [_copy_table(source, cast("PostgresDatabase", target.db), model, advance) for model in ALL]


def _refuse_rows(target: Store) -> None:
    for model in ALL:
        if model is not Organisation and _count(target.db, model):
            raise MoveError(_not_empty(f"it has rows in {_table(model)}"))


def _copy_table(
    source: SqliteDatabase, target: PostgresDatabase, model: type[Row], advance: Callable[[int], object]
) -> Moved:
    """Copy, number on, read back, compare."""
    table, columns = _table(model), list(model._meta.columns)
    key = ", ".join(field.column_name for field in model._meta.get_primary_keys())  # type: ignore[no-untyped-call]
    select = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {key}"  # noqa: S608  # names of our own models
    sent, found = _Checksum(advance), _Checksum(advance)
    target.copy_in(table, columns, sent.of(source.run(select)))
    deque(found.of(target.stream(select)), maxlen=0)  # read, not kept
    if sent.told() != found.told():
        raise MoveError(f"{table} arrived otherwise than it was sent: nothing was moved; please report this")
    if "id" in columns:
        target.number_on(table)
    return Moved(table, *sent.told())


class _Checksum:
    """Counts the rows that pass through, and hashes them."""

    def __init__(self, advance: Callable[[int], object]) -> None:
        self._advance = advance
        self._rows = 0
        self._hash = hashlib.sha256()

    def of(self, rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            self._rows += 1
            self._hash.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
            if self._rows % _ROWS_A_STEP == 0:
                self._advance(_ROWS_A_STEP)
            yield tuple(row)
        self._advance(self._rows % _ROWS_A_STEP)

    def told(self) -> tuple[int, str]:
        return self._rows, self._hash.hexdigest()


def _table(model: type[Row]) -> str:
    return str(model._meta.table_name)


def _count(db: Database, model: type[Row]) -> int:
    return int(model.select().bind(db).count())


def _not_empty(why: str) -> str:
    return f"the target is not empty ({why}): nothing was changed; make a new database for it (CREATE DATABASE …)"
