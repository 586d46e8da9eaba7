"""What the database holds about one ticket, but for its status of this moment: one prebuilt join, read by each scan."""

from __future__ import annotations

from typing import NamedTuple

from api.store.scan import Way
from api.store.store import Store

# Models would cost 22-36 times as much for this join (facts: the scan server).
_FIND = """SELECT t.uuid, t.first_name, t.last_name, e.id, e.uuid, e.name, e.public_key_pem, e.opens_at, e.closes_at,
    r.uuid, r.tickets_count, p.name, q.name,
    NOT EXISTS (SELECT 1 FROM device_event a WHERE a.device_id = d.id)
    OR EXISTS (SELECT 1 FROM device_event a WHERE a.device_id = d.id AND a.event_id = t.event_id),
    NOT EXISTS (SELECT 1 FROM device_product a WHERE a.device_id = d.id)
    OR EXISTS (SELECT 1 FROM device_product a WHERE a.device_id = d.id AND a.product_id = q.id),
    d.direction, e.reentry, r.language, t.code_digest
    FROM ticket t JOIN device d ON d.id = ? JOIN event e ON e.id = t.event_id
    JOIN reservation r ON r.id = t.reservation_id LEFT JOIN price p ON p.id = t.price_id
    LEFT JOIN product q ON q.id = p.product_id WHERE t.uuid = ?"""


_GATES = """SELECT d.name FROM ticket t LEFT JOIN price p ON p.id = t.price_id, device d
    WHERE t.uuid = ? AND d.archived_at IS NULL AND d.direction = 'in'
    AND (NOT EXISTS (SELECT 1 FROM device_event a WHERE a.device_id = d.id)
        OR EXISTS (SELECT 1 FROM device_event a WHERE a.device_id = d.id AND a.event_id = t.event_id))
    AND (NOT EXISTS (SELECT 1 FROM device_product a WHERE a.device_id = d.id)
        OR EXISTS (SELECT 1 FROM device_product a WHERE a.device_id = d.id AND a.product_id = p.product_id))
    ORDER BY CASE WHEN EXISTS (SELECT 1 FROM device_product a WHERE a.device_id = d.id) THEN 0 ELSE 1 END, d.name, d.id
    LIMIT 3"""


class TicketFacts(NamedTuple):
    """One ticket with its event and reservation, as _FIND gives them."""

    uuid: str
    first_name: str | None
    last_name: str | None
    event_id: int
    event_uuid: str
    event_name: str
    public_key_pem: str
    opens_at: int | None
    closes_at: int | None
    reservation_uuid: str
    tickets_count: int
    price: str | None
    product: str | None
    is_admitted: bool  # the device that asks admits this event
    is_product_admitted: bool
    way: Way  # where that device leads
    reentry: int  # 0 or 1
    language: str | None  # of the guests, where it is known
    code_digest: str | None  # of the code that this server made for it


def find(store: Store, ticket_uuid: str, device_id: int) -> TicketFacts | None:
    """The ticket with this uuid (lower case, with dashes) as this device sees it, None when there is none."""
    rows = store.db.read(_FIND, (device_id, ticket_uuid))
    return TicketFacts._make(rows[0]) if rows else None


def other_gates(store: Store, found: TicketFacts) -> list[str]:
    """The names of the gates that this ticket may go in by, at most three: those made for it first."""
    return [row[0] for row in store.db.run(_GATES, (found.uuid,))]


def public_keys(store: Store) -> list[str]:
    """The public keys of all events, PEM, newest event first."""
    return [row[0] for row in store.db.run("SELECT public_key_pem FROM event ORDER BY id DESC")]
