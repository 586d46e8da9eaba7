"""An import that a person watches as its tickets come in or go again; an interruption says how it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from api.commands.console import CommandError, Shell
from api.store.store import Store
from api.tickets.importing import imports
from api.tickets.importing.imports import Import
from api.tickets.importing.taking import Undone

_RESUME = "portillon-api ticket import --resume"


def take_in(store: Store, it: Import, shell: Shell) -> Import:
    """Take in all that is left of a confirmed import. Raises CommandError when it is interrupted."""
    undo = f"`portillon-api ticket import --undo {it.uuid}` takes them back"
    with (
        _interruptible("the tickets that came in until here are good, the others are unknown to gates", undo),
        shell.progress("importing", (it.rows_total or 0) - it.rows_done) as step,
    ):
        return imports.take_in(store, UUID(it.uuid), step)


def undo(store: Store, it: Import, shell: Shell) -> Undone:
    """Take an import back. Raises CommandError when it is interrupted."""
    with (
        _interruptible("a part of its tickets is gone, the others are good still"),
        shell.progress("undoing", it.rows_done) as step,
    ):
        return imports.undo(store, UUID(it.uuid), step=step)


@contextmanager
def _interruptible(means: str, *more: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        do = "; ".join([f"`{_RESUME}` goes on with it, and so does the server when it starts", *more])
        raise CommandError("interrupted", means, do) from error
