"""What the store asks of a database engine, beside what peewee's own interface gives."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Protocol, TypeVar

import peewee

from api.store.settled import Settled

T = TypeVar("T")


class Cursor(Protocol):
    """The rows of a statement, and how many it changed, as Python's database interface (PEP 249) has them."""

    @property
    def rowcount(self) -> int:
        """Rows changed or found."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Row by row."""


class Database(peewee.Database):
    """One database, with a kept connection for each thread. Models are bound to it; SQL is written with ``?``."""

    row_id: ClassVar[str]  # how a table's column ``id`` is declared, numbered by the database
    has_one_writer: ClassVar[bool]  # so that works gain by sharing a commit; else they run beside each other

    @abstractmethod
    def run(self, sql: str, values: tuple[object, ...] = ()) -> Cursor:
        """Run prebuilt SQL, written with ``?``, and give its cursor. For hot paths and migrations."""

    @abstractmethod
    def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """All rows of a short SELECT, written with ``?``. For hot paths: as cheap as the engine can do it."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]:
        """One transaction, kept apart from every other that was begun so: durable at the end, or undone."""

    @abstractmethod
    def settle_all(self, works: Sequence[Callable[[], T]]) -> list[Settled[T]]:
        """Run short works, in transactions that harm no other's; what became of each, once all are durable."""

    @abstractmethod
    def folded(self, expression: str) -> str:
        """SQL for ``folding.folded`` of a text's SQL; NULL stays NULL."""

    @abstractmethod
    def rest(self, is_quiet: bool) -> None:
        """Between works, by one thread: what the engine else does within one. ``is_quiet``: nobody waits for a work."""

    @abstractmethod
    def only(self, name: str) -> None:
        """Until this transaction ends, no other that asks for the same name goes on."""

    @abstractmethod
    def migrating(self) -> AbstractContextManager[None]:
        """Nobody else changes the schema within."""

    @abstractmethod
    def close_everywhere(self) -> None:
        """Close the connections of all threads. None of them may be in a transaction."""
