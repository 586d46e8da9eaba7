"""An event that is over forgets its guests: names, mails, languages and imported rows; counts and scans stay."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from api.store import acts, moments
from api.store.models import Event
from api.store.sqlite import SqliteDatabase
from api.store.store import Store
from api.tickets import events
from api.tickets.events import NotPossibleError
from api.watch.doors import EVENING_US

_ROWS_A_STEP = 500  # in one transaction: a gate waits for it no longer than for a scan or two
_READERS_S = 10.0  # how long whoever reads an older state is waited for
_QUIET_US = 6 * 3600 * 1_000_000  # doors without a time to close count as closed so long after the last scan

_NEXT_TICKETS = "SELECT id FROM ticket WHERE event_id = ? AND id > ? ORDER BY id LIMIT ?"
_BARE_TICKETS = """UPDATE ticket SET first_name = NULL, last_name = NULL
    WHERE event_id = ? AND id BETWEEN ? AND ? AND (first_name IS NOT NULL OR last_name IS NOT NULL)"""
_NEXT_ORDERS = "SELECT id FROM reservation WHERE event_id = ? AND id > ? ORDER BY id LIMIT ?"
_BARE_ORDERS = """UPDATE reservation SET email = NULL, language = NULL
    WHERE event_id = ? AND id BETWEEN ? AND ? AND (email IS NOT NULL OR language IS NOT NULL)"""
_ROWS = "SELECT r.number FROM import_row r WHERE r.import_id = ? ORDER BY r.number LIMIT ?"
_DROP_ROWS = "DELETE FROM import_row WHERE import_id = ? AND number <= ?"
_KNOWN = (
    "SELECT COUNT(*) FROM ticket WHERE event_id = ? AND (first_name IS NOT NULL OR last_name IS NOT NULL)",
    "SELECT COUNT(*) FROM reservation WHERE event_id = ? AND (email IS NOT NULL OR language IS NOT NULL)",
    "SELECT COUNT(*) FROM import_row r JOIN ticket_import i ON i.id = r.import_id WHERE i.event_id = ?",
)
_LAST_SCAN = "SELECT MAX(scanned_at) FROM ticket WHERE event_id = ?"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows had something to forget; all 0 when it was done before."""

    event: str
    tickets: int
    orders: int
    import_rows: int


def known(store: Store, uuid: UUID) -> Forgotten:
    """What there is to forget now. Raises NotPossibleError when there is no such event."""
    event = events.find_event(store, uuid)
    tickets, orders, rows = (store.db.run(query, (event.id,)).fetchone()[0] for query in _KNOWN)
    return Forgotten(event.name, tickets, orders, rows)


def forget(store: Store, uuid: UUID, admin_id: int | None = None) -> Forgotten:
    """Forget an event's guests, in small transactions, so that gates of other events go on. May be run again.

    ``admin_id``: who wants it; None: the organiser's shell. Raises NotPossibleError when there is no such event, it is
    not over, or all is forgotten but somebody who reads for long keeps the old pages in SQLite's files.
    """
    event = events.find_event(store, uuid)
    _refuse_what_is_not_over(store, event)
    tickets = _emptied(store, event.id, _NEXT_TICKETS, _BARE_TICKETS)
    orders = _emptied(store, event.id, _NEXT_ORDERS, _BARE_ORDERS)
    rows = _dropped(store, event.id)
    with store.writing():
        if event.forgotten_at is None or tickets or orders or rows:
            store.db.run("UPDATE event SET forgotten_at = ? WHERE id = ?", (moments.now(), event.id))
            done = {"tickets": tickets, "orders": orders, "import_rows": rows}
            acts.note(store, "event.forget", admin_id=admin_id, event_id=event.id, subject=event.uuid, detail=done)
    # The database's file holds the old pages until then, and the log beside it some.
    if isinstance(store.db, SqliteDatabase) and not store.db.empty_log(_READERS_S):
        raise NotPossibleError(
            "the names are gone from the database, but its files may hold them still, since somebody reads it, as a "
            "backup does: forget once more when that is over"
        )
    return Forgotten(event.name, tickets, orders, rows)


def _refuse_what_is_not_over(store: Store, event: Event) -> None:
    now, closes_at = moments.now(), event.closes_at
    begins = max(event.opens_at or 0, event.starts_at or 0)
    if now < begins:
        raise NotPossibleError("this event is still to come: its guests' names are needed; nothing was forgotten")
    if now < (closes_at or event.ends_at or begins + EVENING_US):  # as the door page counts them as open
        raise NotPossibleError(
            "the doors of this event are open: nothing was forgotten; wait until they have closed, or give it the time "
            "they did"
        )
    (last,) = store.db.run(_LAST_SCAN, (event.id,)).fetchone()
    if closes_at is None and last is not None and now - last < _QUIET_US:
        raise NotPossibleError(
            "this event has no time to close, and somebody came in within the last 6 hours: nothing was forgotten; "
            "wait, or give it the time its doors closed"
        )


def _emptied(store: Store, event_id: int, following: str, empty: str) -> int:
    """Walk over the event's rows step by step; how many had something."""
    last, count = 0, 0
    while ids := store.db.run(following, (event_id, last, _ROWS_A_STEP)).fetchall():
        first, last = ids[0][0], ids[-1][0]
        with store.writing():
            _overwriting(store)
            count += store.db.run(empty, (event_id, first, last)).rowcount
    return count


def _dropped(store: Store, event_id: int) -> int:
    count = 0
    for (import_id,) in store.db.run("SELECT id FROM ticket_import WHERE event_id = ?", (event_id,)).fetchall():
        while numbers := store.db.run(_ROWS, (import_id, _ROWS_A_STEP)).fetchall():
            with store.writing():
                _overwriting(store)
                count += store.db.run(_DROP_ROWS, (import_id, numbers[-1][0])).rowcount
    return count


def _overwriting(store: Store) -> None:
    """What leaves a page is overwritten with zeros, in place of being left in its free room."""
    if isinstance(store.db, SqliteDatabase):
        store.db.run("PRAGMA secure_delete = ON")
