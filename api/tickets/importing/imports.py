"""An import's life: its rows are laid down, taken in as tickets, undone. Each step is short, and can be gone on with.

Nothing here holds up a scan for longer than 500 tickets take. One transaction for 100,000 of them would: seconds, in
which SQLite lets no gate write. What one transaction promises is kept by other means: every row was checked before
the first is taken in, a step and its count are written together, so that a crash neither loses nor doubles a ticket,
and an import is undone whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

from api.store import acts, models, moments
from api.store.store import Store
from api.tickets.events import NotPossibleError
from api.tickets.importing import taking
from api.tickets.importing.row import Row, from_json, lay, to_json

State = Literal["laying", "ready", "taking", "done", "undoing", "undone"]
Step = Callable[[int], object]

KEPT_FOR_US = 24 * 3600 * 1_000_000  # microseconds that a preview waits for its confirmation
_AT_ONCE = 500
_UNDOABLE: tuple[State, ...] = ("laying", "ready", "taking", "done")
_FIND = """SELECT i.id, i.uuid, i.event_id, e.uuid, e.name, i.source, i.state, i.rows_total, i.rows_done,
    i.created_at, i.ended_at, a.name
    FROM ticket_import i JOIN event e ON e.id = i.event_id LEFT JOIN admin a ON a.id = i.created_by"""
_MAKE = """INSERT INTO ticket_import (uuid, event_id, source, state, rows_done, created_at, created_by)
    VALUES (?, ?, ?, 'laying', 0, ?, ?)"""
_IS_LAYING = "SELECT 1 FROM ticket_import WHERE id = ? AND state = 'laying'"
_LAY = "INSERT INTO import_row (import_id, number, fields) VALUES "
_LAID = "UPDATE ticket_import SET state = 'ready', rows_total = ? WHERE id = ? AND state = 'laying'"
_STATE = "UPDATE ticket_import SET state = ?, ended_at = ? WHERE id = ? AND state = ?"
_DROP = "DELETE FROM import_row WHERE import_id = ? AND number <= ?"
_BELOW = "SELECT number FROM import_row WHERE import_id = ? ORDER BY number LIMIT 500"
_END_OLD = """UPDATE ticket_import SET state = 'undone', ended_at = ?
    WHERE state IN ('laying', 'ready') AND created_at < ?"""
_WITH_ROWS = """SELECT i.id FROM ticket_import i
    WHERE i.state = 'undone' AND EXISTS (SELECT 1 FROM import_row r WHERE r.import_id = i.id)"""


@dataclass(frozen=True, slots=True)
class Import:
    """How an import stands. ``by``: the admin who began it, None: the organiser's shell. Times in microseconds."""

    id: int
    uuid: str
    event_id: int
    event_uuid: str
    event_name: str
    source: str
    state: State
    rows_total: int | None
    rows_done: int
    created_at: int
    ended_at: int | None
    by: str | None


def find(store: Store, uuid: UUID) -> Import:
    """The import with this uuid. Raises NotPossibleError when there is none."""
    row = store.db.run(f"{_FIND} WHERE i.uuid = ?", (str(uuid),)).fetchone()
    if row is None:
        raise NotPossibleError("there is no import {uuid}", uuid=uuid)
    return Import(*row)


def newest(store: Store, count: int) -> list[Import]:
    """The last ones, newest first."""
    return [Import(*row) for row in store.db.run(f"{_FIND} ORDER BY i.id DESC LIMIT ?", (count,))]


def lay_down(
    store: Store,
    event: models.Event,
    source: str,
    rows: Iterable[Row],
    *,
    admin_id: int | None = None,
    step: Step = lambda _: None,
) -> Import:
    """Keep checked rows until they are confirmed. ``step`` is called with the number of rows after each part.

    An import that somebody undoes meanwhile is laid down no further: nothing would ever take its names away again.
    """
    sweep(store, moments.now() - KEPT_FOR_US)
    uuid = uuid4()
    with store.writing():
        store.db.run(_MAKE, (str(uuid), event.id, source[:300], moments.now(), admin_id))
    import_id = find(store, uuid).id
    total = 0
    for part in _parts(rows):
        laid = (to_json(lay(row, event.private_key_pem)) for row in part)
        values = [(import_id, total + place, fields) for place, fields in enumerate(laid, 1)]
        with store.writing():
            if store.db.run(_IS_LAYING, (import_id,)).fetchone() is None:
                break
            store.db.run(
                _LAY + ", ".join(["(?, ?, ?)"] * len(part)),
                tuple(value for row in values for value in row),
            )
        total += len(part)
        step(len(part))
    with store.writing():
        store.db.run(_LAID, (total, import_id))
    return find(store, uuid)


def begin(store: Store, uuid: UUID, admin_id: int | None = None) -> Import:
    """Confirm: from now on the import is taken in, whoever goes on with it. Raises NotPossibleError."""
    it = find(store, uuid)
    with store.writing():
        if store.db.run(_STATE, ("taking", None, it.id, "ready")).rowcount == 1:
            detail = {"import": it.uuid, "source": it.source, "rows": it.rows_total}
            acts.note(store, "ticket.import", admin_id=admin_id, event_id=it.event_id, subject=it.uuid, detail=detail)
    it = find(store, uuid)
    if it.state not in ("taking", "done"):
        raise NotPossibleError(
            "import {uuid} is {state}: it can't be taken in; import its file again", uuid=uuid, state=it.state
        )
    return it


def take_in(store: Store, uuid: UUID, step: Step = lambda _: None) -> Import:
    """Go on with a confirmed import until it is done; also after a crash, and beside another who does the same.

    ``step`` is called with the number of rows after each part. Raises NotPossibleError when it is not confirmed.
    """
    it = find(store, uuid)
    while it.state == "taking":
        with store.writing():
            done = taking.take_part(store, it.id, _AT_ONCE)
            if done == 0:
                store.db.run(_STATE, ("done", moments.now(), it.id, "taking"))
        step(done)
        it = find(store, uuid)
    if it.state != "done":
        raise NotPossibleError("import {uuid} is {state}: it can't be taken in", uuid=uuid, state=it.state)
    return it


def undo(store: Store, uuid: UUID, admin_id: int | None = None, step: Step = lambda _: None) -> taking.Undone:
    """Take the whole import back, but for tickets that are scanned now: their holders are inside.

    Removed tickets are unknown to every gate from then on. Raises NotPossibleError for one that was undone already.
    """
    begin_undoing(store, uuid, admin_id)
    return go_on_undoing(store, uuid, step)


def begin_undoing(store: Store, uuid: UUID, admin_id: int | None = None) -> Import:
    """From now on the import is taken back, whoever goes on with it. Raises NotPossibleError."""
    it = find(store, uuid)
    with store.writing():
        changed = [store.db.run(_STATE, ("undoing", None, it.id, state)).rowcount for state in _UNDOABLE]
        if any(changed):
            detail = {"import": it.uuid, "source": it.source}
            acts.note(
                store, "ticket.import.undo", admin_id=admin_id, event_id=it.event_id, subject=it.uuid, detail=detail
            )
    it = find(store, uuid)
    if it.state != "undoing":
        raise NotPossibleError("import {uuid} was undone already", uuid=uuid)
    return it


def go_on_undoing(store: Store, uuid: UUID, step: Step = lambda _: None) -> taking.Undone:
    """Go on until the import is undone; also after a crash. ``step``: the number of tickets removed by each part.

    ``removed`` are those of this call.
    """
    it = find(store, uuid)
    _drop_rows(store, it.id)
    removed, below = 0, 0
    while it.state == "undoing":
        with store.writing():
            part = taking.undo_part(store, it.id, below, _AT_ONCE)
        if part is None:
            break
        below, gone = part
        removed += gone
        step(gone)
    with store.writing():
        store.db.run(_STATE, ("undone", moments.now(), it.id, "undoing"))
    return taking.Undone(removed, left(store, it))


def left(store: Store, it: Import) -> int:
    """How many tickets of this import there are."""
    return int(store.db.run("SELECT COUNT(*) FROM ticket WHERE import_id = ?", (it.id,)).fetchone()[0])


def unfinished(store: Store) -> list[Import]:
    """Those that were confirmed, or are to be undone, and that somebody should go on with: oldest first."""
    return [Import(*row) for row in store.db.run(f"{_FIND} WHERE i.state IN ('taking', 'undoing') ORDER BY i.id")]


def first_rows(store: Store, it: Import, count: int) -> list[Row]:
    """The first rows that wait to be taken in."""
    rows = store.db.run("SELECT fields FROM import_row WHERE import_id = ? ORDER BY number LIMIT ?", (it.id, count))
    return [from_json(fields).row for (fields,) in rows]


def sweep(store: Store, before: int) -> None:
    """Drop the rows of previews from before this moment that nobody confirmed: they hold guests' names.

    And what undone imports have left.
    """
    with store.writing():
        store.db.run(_END_OLD, (moments.now(), before))
    for (import_id,) in store.db.run(_WITH_ROWS).fetchall():
        _drop_rows(store, import_id)


def _drop_rows(store: Store, import_id: int) -> None:
    while numbers := store.db.run(_BELOW, (import_id,)).fetchall():
        with store.writing():
            store.db.run(_DROP, (import_id, numbers[-1][0]))


def _parts(rows: Iterable[Row]) -> Iterable[list[Row]]:
    part: list[Row] = []
    for row in rows:
        part.append(row)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part
