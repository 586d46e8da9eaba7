"""Tickets: issued for our own events, taken over for imported ones, listed, cancelled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import peewee

from api.scan.words import Language
from api.store import acts, models, moments
from api.store.models import TicketStatus
from api.store.store import Store
from api.tickets import codes
from api.tickets.events import NotPossibleError, find_event

LONGEST_REASON = 200  # characters, of why a ticket was cancelled or made valid again
_CANCEL = "UPDATE ticket SET status = 'cancelled' WHERE uuid = ? AND status NOT IN ('scanned', 'cancelled')"
_SELL = "INSERT INTO event_product (event_id, product_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
_ROWS_A_STATEMENT = 500  # eleven values a row; SQLite before 3.32 takes 32,766 at most


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as the organiser sees it. ``qrcode_data`` is None when the event's private key is elsewhere."""

    uuid: str
    qrcode_data: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Order:
    """What the tickets of one reservation have in common. A price belongs to a product; ``language``: the guests'."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    product: str | None = None
    price: str | None = None
    status: TicketStatus = TicketStatus.VALID
    language: Language | None = None


ANONYMOUS = Order()


def add_tickets(
    store: Store,
    event_uuid: UUID,
    order: Order = ANONYMOUS,
    *,
    count: int = 1,
    uuid: UUID | None = None,
    admin_id: int | None = None,
) -> list[Ticket]:
    """Add one reservation of ``count`` tickets (with ``uuid``: of that one) and its audit line; all or nothing.

    ``admin_id`` None: by the shell. Raises NotPossibleError for an unknown event, a count below 1 or above 1 with
    ``uuid``, a price without product, or a uuid that is there already.
    """
    if count < 1 or (uuid is not None and count != 1):
        raise NotPossibleError("the number of tickets must be at least 1, and exactly 1 with a uuid of your own")
    if order.price is not None and order.product is None:
        raise NotPossibleError("a price belongs to a product: give both")
    event = find_event(store, event_uuid)
    uuids = [str(uuid)] if uuid is not None else [str(uuid4()) for _ in range(count)]
    now = moments.now()
    # Signed before the transaction, since every gate waits for that.
    own = [{"uuid": ticket, "code_digest": digest_of(event.private_key_pem, ticket)} for ticket in uuids]
    try:
        with store.writing():
            shared = {
                "event": event.id,
                "reservation": _reserve(store, event, count, order, now),
                "price": _price(store, event, order.product, order.price),
                "status": order.status.value,
                "first_name": order.first_name,
                "last_name": order.last_name,
                "created_at": now,
            }
            for start in range(0, count, _ROWS_A_STATEMENT):
                rows: list[dict[str, Any]] = [{**shared, **each} for each in own[start : start + _ROWS_A_STATEMENT]]
                models.Ticket.insert_many(rows).execute(store.db)
            acts.note(
                store,
                "ticket.add",
                admin_id=admin_id,
                event_id=event.id,
                subject=uuids[0],
                detail={"count": count},
            )
    except peewee.IntegrityError as error:
        raise NotPossibleError("there is a ticket {uuid} already: nothing was changed", uuid=uuids[0]) from error
    return [Ticket(ticket, code_of(event.private_key_pem, ticket), order.status.value) for ticket in uuids]


def list_tickets(store: Store, event_uuid: UUID) -> list[Ticket]:
    """All tickets of this event, oldest first. Raises NotPossibleError for an unknown event."""
    event = find_event(store, event_uuid)
    rows: Iterable[models.Ticket] = (
        models.Ticket.select(models.Ticket.uuid, models.Ticket.status)
        .where(models.Ticket.event == event.id)
        .order_by(models.Ticket.id)
        .bind(store.db)
    )
    return [Ticket(row.uuid, code_of(event.private_key_pem, row.uuid), row.status) for row in rows]


def cancel_ticket(store: Store, uuid: UUID, *, reason: str = "", admin_id: int | None = None) -> Ticket:
    """Cancel a ticket that nobody has used, with a line in the audit log. Cancelling twice is fine.

    ``admin_id`` None: by the shell. Raises NotPossibleError for an unknown ticket, for a scanned one, whose holder is
    inside already, and for a reason of more than 200 characters.
    """
    if len(reason) > LONGEST_REASON:
        raise NotPossibleError("say why in at most {most} characters: nothing was changed", most=LONGEST_REASON)
    with store.writing():
        is_changed = store.db.run(_CANCEL, (str(uuid),)).rowcount == 1
        ticket = (
            models.Ticket.select(models.Ticket, models.Event)
            .join(models.Event)
            .where(models.Ticket.uuid == str(uuid))
            .bind(store.db)
            .first()
        )
        if is_changed:
            detail = {"reason": reason} if reason else None
            acts.note(
                store, "ticket.cancel", admin_id=admin_id, event_id=ticket.event.id, subject=str(uuid), detail=detail
            )
    if ticket is None:
        raise NotPossibleError("there is no ticket {uuid}: `portillon-api ticket list` shows those that are", uuid=uuid)
    if ticket.status == TicketStatus.SCANNED:
        raise NotPossibleError("ticket {uuid} was scanned: its holder is inside, and it can't be used again", uuid=uuid)
    return Ticket(ticket.uuid, code_of(ticket.event.private_key_pem, ticket.uuid), ticket.status)


def code_of(private_key_pem: str | None, ticket_uuid: str) -> str | None:
    """The text in this ticket's QR; None when the event was imported and its private key is elsewhere."""
    return None if private_key_pem is None else codes.sign(private_key_pem, ticket_uuid)


def digest_of(private_key_pem: str | None, ticket_uuid: str) -> str | None:
    """What ``ticket.code_digest`` holds: of this ticket's code; None when its event's private key is elsewhere."""
    code = code_of(private_key_pem, ticket_uuid)
    return None if code is None else codes.digest(codes.parse(code))


def _reserve(store: Store, event: models.Event, count: int, order: Order, now: int) -> Any:
    return models.Reservation.insert(
        uuid=str(uuid4()),
        event=event.id,
        email=order.email,
        language=order.language,
        tickets_count=count,
        created_at=now,
    ).execute(store.db)


def _price(store: Store, event: models.Event, product: str | None, price: str | None) -> Any:
    """The id of this price of this product, made when new and sold at the event; None for a ticket without product."""
    if product is None:
        return None
    product_id = _named(store, models.Product, name=product)
    store.db.run(_SELL, (event.id, product_id))
    return _named(store, models.Price, name=price or product, product=product_id)


def _named(store: Store, model: type[models.Product] | type[models.Price], **fields: Any) -> Any:
    query = model.select().where(*(getattr(model, field) == value for field, value in fields.items()))
    found = query.bind(store.db).first()
    return found.id if found else model.insert(uuid=str(uuid4()), **fields).execute(store.db)
