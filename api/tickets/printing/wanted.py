"""Which tickets are printed, in which order, and what stands on each: read in parts, so that memory stays small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal
from uuid import UUID

from api.scan.words import Language
from api.store.store import Store
from api.tickets import codes
from api.tickets.events import NotPossibleError, find_event

Order = Literal["name", "number"]
Format = Literal["a4", "phone"]
LARGEST = 1000  # tickets in one document: a document is whole in memory, 10 KB a ticket, until it is written

_AT_ONCE = 500
_ORDERS: dict[Order, str] = {
    "number": "id",
    "name": "LOWER(COALESCE(last_name, '')), LOWER(COALESCE(first_name, '')), id",
}
_ALL = "SELECT id FROM ticket WHERE event_id = ? AND status <> 'cancelled'"
_SOME = "SELECT uuid, id FROM ticket WHERE event_id = ? AND status <> 'cancelled' AND uuid IN"
_SHOWN = """SELECT t.id, t.uuid, t.first_name, t.last_name, q.name, p.name, p.amount, r.language
    FROM ticket t JOIN reservation r ON r.id = t.reservation_id
    LEFT JOIN price p ON p.id = t.price_id LEFT JOIN product q ON q.id = p.product_id WHERE t.id IN """


@dataclass(frozen=True, slots=True)
class Style:
    """How times and labels are told: the language of guests who told none, and the zone (None: this machine's)."""

    language: Language
    zone: tzinfo | None


@dataclass(frozen=True, slots=True)
class Happening:
    """What every ticket of an event says. Times are microseconds since 1970; None: not told."""

    name: str
    organisation: str
    starts_at: int | None
    opens_at: int | None


@dataclass(frozen=True, slots=True)
class Printed:
    """What stands on one ticket. ``amount`` in hundredths; ``language`` None: not known, the organisation's then."""

    uuid: str
    code: str
    name: str
    product: str
    price: str
    amount: int | None
    language: Language | None

    @property
    def number(self) -> str:
        """What people read out to each other: the first eight digits of the uuid, as the lists show them."""
        return self.uuid[:8].upper()


class Wanted:
    """The tickets of one event that are to be printed: all but the cancelled ones, or some of them."""

    def __init__(self, store: Store, event: UUID, tickets: Sequence[UUID] = (), order: Order = "number") -> None:
        """``tickets`` empty: all. Raises NotPossibleError: unknown, cancelled, none at all, or of an imported event."""
        found = find_event(store, event)
        if found.private_key_pem is None:
            raise NotPossibleError(
                "the event « {name} » was imported with a public key only: its tickets can't be printed here, since "
                "the server that sells them makes their codes; print them there",
                name=found.name,
            )
        self._store = store
        self._key = found.private_key_pem
        self._ids: tuple[int, ...] = _some(store, found.id, tickets, order) if tickets else _all(store, found.id, order)
        if not self._ids:
            raise NotPossibleError(
                "the event « {name} » has no ticket to print: add or import some first", name=found.name
            )
        self.happening = Happening(found.name, store.organisation().name, found.starts_at, found.opens_at)

    def __len__(self) -> int:
        return len(self._ids)

    def part(self, start: int, stop: int) -> Iterator[Printed]:
        """Those from number ``start`` to before ``stop``, counted from 0, in order."""
        for first in range(start, min(stop, len(self._ids)), _AT_ONCE):
            yield from self._read(self._ids[first : min(first + _AT_ONCE, stop)])

    def _read(self, ids: tuple[int, ...]) -> Iterator[Printed]:
        rows = {row[0]: row[1:] for row in self._store.db.run(f"{_SHOWN}({_places(ids)})", ids)}
        for row in (rows[ticket] for ticket in ids if ticket in rows):
            uuid, first, last, product, price, amount, language = row
            name = " ".join(part for part in (first, last) if part)
            shown = "" if price == product else price or ""
            yield Printed(uuid, codes.sign(self._key, uuid), name, product or "", shown, amount, language)


def _all(store: Store, event_id: int, order: Order) -> tuple[int, ...]:
    return tuple(row[0] for row in store.db.run(f"{_ALL} ORDER BY {_ORDERS[order]}", (event_id,)))


def _some(store: Store, event_id: int, tickets: Sequence[UUID], order: Order) -> tuple[int, ...]:
    uuids = list(dict.fromkeys(str(uuid) for uuid in tickets))
    found: dict[str, int] = {}
    for first in range(0, len(uuids), _AT_ONCE):
        asked = uuids[first : first + _AT_ONCE]
        found.update(store.db.run(f"{_SOME} ({_places(asked)})", (event_id, *asked)).fetchall())
    missing = [uuid for uuid in uuids if uuid not in found]
    if missing:
        raise NotPossibleError(
            "ticket {uuid} is cancelled, or this event has none of that uuid: nothing was printed", uuid=missing[0]
        )
    if order == "number":
        return tuple(sorted(found.values()))
    chosen = set(found.values())
    return tuple(ticket for ticket in _all(store, event_id, order) if ticket in chosen)


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
