"""One step of an import, inside a transaction of the caller's: some rows become tickets, or some tickets go again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from api.store import moments
from api.store.store import Store
from api.tickets.importing.checking import taken
from api.tickets.importing.row import Laid, Named, from_json

_ROWS = "SELECT number, fields FROM import_row WHERE import_id = ? ORDER BY number LIMIT ?"
_IMPORT = "SELECT event_id FROM ticket_import WHERE id = ? AND state = 'taking'"
_TAKEN_ROWS = "DELETE FROM import_row WHERE import_id = ? AND number <= ?"
_COUNT = "UPDATE ticket_import SET rows_done = rows_done + ? WHERE id = ?"
_RESERVE = """INSERT INTO reservation (uuid, event_id, email, language, tickets_count, created_at) VALUES {}
    ON CONFLICT (uuid) DO UPDATE SET tickets_count = reservation.tickets_count + excluded.tickets_count
    RETURNING uuid, id"""
_ADD = """INSERT INTO ticket (uuid, event_id, reservation_id, price_id, status, first_name, last_name, import_id,
    created_at, code_digest) VALUES """
# Who came in as scanned already was let in elsewhere: no gate of ours has a person behind it.
_REMOVE = "DELETE FROM ticket WHERE NOT (status = 'scanned' AND scanned_by IS NOT NULL) AND id IN"
_OF_IMPORT = "SELECT id, status FROM ticket WHERE import_id = ? AND id > ? ORDER BY id LIMIT ?"
_PRICE = """INSERT INTO price (uuid, product_id, name, amount) VALUES (?, ?, ?, ?)
    ON CONFLICT (product_id, name) DO UPDATE SET amount = COALESCE(price.amount, excluded.amount)"""
# Nothing but the tickets themselves points to a reservation; without an index to them from there, a DELETE would read
# every ticket for each. So an empty one stays, without anything about anybody.
_LESS = "UPDATE reservation SET tickets_count = tickets_count - ? WHERE id = ?"
_EMPTY = "UPDATE reservation SET email = NULL, language = NULL WHERE id = ? AND tickets_count = 0"


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing did: tickets that are gone, and those that stay because their holders are inside."""

    removed: int
    kept: int


def take_part(store: Store, import_id: int, tickets: int) -> int:
    """Take in about this many tickets' rows; gives how many rows, 0 when none are left, or it is not being taken."""
    found = store.db.run(_IMPORT, (import_id,)).fetchone()
    rows = store.db.run(_ROWS, (import_id, tickets)).fetchall()
    if found is None or not rows:
        return 0
    part: list[Laid] = []
    last = total = 0
    for number, fields in rows:
        laid = from_json(fields)
        if part and total + len(laid.uuids) > tickets:
            break
        part.append(laid)
        last, total = number, total + len(laid.uuids)
    _add(store, found[0], import_id, part)
    store.db.run(_TAKEN_ROWS, (import_id, last))
    store.db.run(_COUNT, (len(part), import_id))
    return len(part)


def undo_part(store: Store, import_id: int, below: int, tickets: int) -> tuple[int, int] | None:
    """Remove those of the next tickets after id ``below`` that no gate here let in: (where to go on, how many went)."""
    rows = store.db.run(_OF_IMPORT, (import_id, below, tickets)).fetchall()
    if not rows:
        return None
    ids = tuple(row[0] for row in rows)
    # On PostgreSQL a scan may come between; the condition is looked at again once its row is locked.
    gone = store.db.run(f"{_REMOVE} {_places(len(ids))} RETURNING reservation_id", ids).fetchall()
    less: dict[int, int] = {}
    for (reservation,) in gone:
        less[reservation] = less.get(reservation, 0) + 1
    for reservation, count in less.items():
        store.db.run(_LESS, (count, reservation))
        store.db.run(_EMPTY, (reservation,))
    return ids[-1], len(gone)


def _add(store: Store, event_id: int, import_id: int, part: Sequence[Laid]) -> None:
    # Since the check somebody may have added one of them: that one stays as it is.
    there = taken(store, (uuid for laid in part for uuid in laid.uuids))
    fresh = [(laid, [each for each in laid.tickets if each[0] not in there]) for laid in part]
    fresh = [(laid, tickets) for laid, tickets in fresh if tickets]
    if not fresh:
        return
    now = moments.now()
    reservations = _reserve(store, event_id, fresh, now)
    prices: dict[tuple[str, str, int | None], int] = {}
    values: list[object] = []
    for laid, tickets in fresh:
        row = laid.row
        price = _price(store, event_id, laid, prices)
        for uuid, digest in tickets:
            values += (uuid, event_id, reservations[laid.reservation], price, row.status.value)
            values += (row.first_name, row.last_name, import_id, now, digest)
    store.db.run(_ADD + _rows(10, len(values) // 10), tuple(values))


def _reserve(store: Store, event_id: int, fresh: Sequence[tuple[Laid, list[Named]]], now: int) -> dict[str, int]:
    """Reservation uuid → id, made when new."""
    wanted: dict[str, list[object]] = {}
    for laid, tickets in fresh:
        row = laid.row
        own = wanted.setdefault(laid.reservation, [laid.reservation, event_id, row.email, row.language, 0, now])
        own[4] = int(str(own[4])) + len(tickets)
    values = tuple(value for own in wanted.values() for value in own)
    return dict(store.db.run(_RESERVE.format(_rows(6, len(wanted))), values).fetchall())


def _price(store: Store, event_id: int, laid: Laid, known: dict[tuple[str, str, int | None], int]) -> int | None:
    """The id of what the row was sold as, made when new; its amount is set where none was."""
    row = laid.row
    if row.product is None:
        return None
    sold = (row.product, row.price or row.product, row.amount)
    if sold not in known:
        run = store.db.run
        run("INSERT INTO product (uuid, name) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (str(uuid4()), sold[0]))
        (product,) = run("SELECT id FROM product WHERE name = ?", (sold[0],)).fetchone()
        run(
            "INSERT INTO event_product (event_id, product_id) VALUES (?, ?) ON CONFLICT DO NOTHING", (event_id, product)
        )
        run(_PRICE, (str(uuid4()), product, sold[1], row.amount))
        (known[sold],) = run("SELECT id FROM price WHERE product_id = ? AND name = ?", (product, sold[1])).fetchone()
    return known[sold]


def _rows(columns: int, rows: int) -> str:
    return ", ".join([_places(columns)] * rows)


def _places(count: int) -> str:
    return f"({', '.join('?' * count)})"
