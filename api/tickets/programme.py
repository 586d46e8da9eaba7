"""What an organiser sets about an event: its name, times, doors, re-entry, and what is sold at what price."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from api.store.store import Store
from api.tickets.events import NotPossibleError, find_event

_OFFER = """SELECT q.name, p.name, p.amount FROM event_product x JOIN product q ON q.id = x.product_id
    LEFT JOIN price p ON p.product_id = q.id WHERE x.event_id = ? ORDER BY q.name, p.name"""
_UPDATE = """UPDATE event SET name = ?, starts_at = ?, ends_at = ?, opens_at = ?, closes_at = ?, reentry = ?
    WHERE uuid = ?"""


@dataclass(frozen=True, slots=True)
class Programme:
    """All that may be edited of an event. Times are microseconds since 1970; None: not told, or no limit."""

    name: str
    starts_at: int | None = None
    ends_at: int | None = None
    opens_at: int | None = None
    closes_at: int | None = None
    reentry: bool = False


@dataclass(frozen=True, slots=True)
class Price:
    """One line of what is sold. ``amount`` in hundredths, such as cents; None: not told."""

    product: str
    price: str
    amount: int | None


def check(programme: Programme) -> None:
    """Raise NotPossibleError for an event that can't be."""
    if not programme.name.strip() or len(programme.name) > 200:
        raise NotPossibleError("an event needs a name of 1 to 200 characters: it is shown on screens and tickets")
    for first, last, what in (
        (programme.starts_at, programme.ends_at, "the event ends before it begins: nothing was changed"),
        (programme.opens_at, programme.closes_at, "the doors close before they open: nothing was changed"),
    ):
        if first is not None and last is not None and last <= first:
            raise NotPossibleError(what)


def programme_of(store: Store, uuid: UUID) -> Programme:
    """How the event stands. Raises NotPossibleError for an unknown one."""
    event = find_event(store, uuid)
    return Programme(event.name, event.starts_at, event.ends_at, event.opens_at, event.closes_at, bool(event.reentry))


def edit(store: Store, uuid: UUID, programme: Programme) -> None:
    """Set all of it; inside ``store.writing()``, with its audit line. Raises NotPossibleError."""
    check(programme)
    values = (
        programme.name.strip(),
        programme.starts_at,
        programme.ends_at,
        programme.opens_at,
        programme.closes_at,
        int(programme.reentry),
    )
    if store.db.run(_UPDATE, (*values, str(uuid))).rowcount != 1:
        raise NotPossibleError("there is no event {uuid}: `portillon-api event add` makes one", uuid=uuid)


def offer(store: Store, uuid: UUID) -> list[Price]:
    """What this event sells, by product and price; a product without price has one line with its own name."""
    event = find_event(store, uuid)
    rows = store.db.run(_OFFER, (event.id,))
    return [Price(product, price or product, amount) for product, price, amount in rows]


def sell(store: Store, uuid: UUID, line: Price) -> None:
    """Sell this at the event, or set its amount anew; inside ``store.writing()``. Raises NotPossibleError.

    Products and prices belong to the organisation: an amount that is set here is set for its other events too.
    """
    product, price = line.product.strip(), line.price.strip() or line.product.strip()
    if not product or len(product) > 200 or len(price) > 200:
        raise NotPossibleError("a product needs a name of 1 to 200 characters")
    event = find_event(store, uuid)
    run = store.db.run
    run("INSERT INTO product (uuid, name) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (str(uuid4()), product))
    (product_id,) = run("SELECT id FROM product WHERE name = ?", (product,)).fetchone()
    run(
        """INSERT INTO price (uuid, product_id, name, amount) VALUES (?, ?, ?, ?)
            ON CONFLICT (product_id, name) DO UPDATE SET amount = excluded.amount""",
        (str(uuid4()), product_id, price, line.amount),
    )
    run("INSERT INTO event_product (event_id, product_id) VALUES (?, ?) ON CONFLICT DO NOTHING", (event.id, product_id))


def stop_selling(store: Store, uuid: UUID, product: str) -> None:
    """Take a product out of the event's offer; tickets that were sold keep it. Inside ``store.writing()``."""
    event = find_event(store, uuid)
    store.db.run(
        "DELETE FROM event_product WHERE event_id = ? AND product_id IN (SELECT id FROM product WHERE name = ?)",
        (event.id, product),
    )
