"""``list_tickets/``, ``search_ticket/`` and ``GET /api/events/``, in the shapes of the deployed servers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from peewee import JOIN

from api.devices.devices import admits_event
from api.devices.keys import Caller
from api.scan.bodies import ListBody, SearchBody
from api.scan.errors import bad_request, wrong_event
from api.scan.words import STATUS, Language
from api.store import moments
from api.store.models import Event, Price, Product, Reservation, Ticket, TicketStatus
from api.store.store import Store
from api.tickets.events import NotPossibleError, find_event, list_events
from api.tickets.issue import code_of

_SEARCH_LIMIT = 200
_ORDERS: dict[str, Any] = {
    "reservation__datetime": Reservation.created_at,
    "last_name": Ticket.last_name,
    "first_name": Ticket.first_name,
    "uuid": Ticket.uuid,
    "status": Ticket.status,
    "reservation__uuid": Reservation.uuid,
}


def events(store: Store) -> list[dict[str, Any]]:
    """Every event with its public key: enough to verify a ticket, and to choose an event by its name."""
    return [
        {"uuid": event.uuid, "name": event.name, "publicKeyPem": event.public_key_pem} for event in list_events(store)
    ]


def page(store: Store, caller: Caller, body: ListBody, language: Language) -> dict[str, Any]:
    """One page of an event's tickets. The uuid breaks ties, so that no ticket is on two pages. Raises ApiError."""
    event = _event(store, caller, body.event_uuid)
    field = _ORDERS[body.order_by]
    order = field.desc() if body.order_dir == "desc" else field.asc()
    total = Ticket.select().where(Ticket.event == event.id).bind(store.db).count()
    rows = _of(event).order_by(order, Ticket.uuid).paginate(body.page, body.page_size).bind(store.db)
    results = [_row(row, event, language) for row in rows]
    return {
        "success": True,
        "count": len(results),
        "total": total,
        "page": body.page,
        "page_size": body.page_size,
        "total_pages": -(-total // body.page_size),
        "ordering": {"order_by": body.order_by, "order_dir": body.order_dir},
        "results": results,
    }


def search(store: Store, caller: Caller, body: SearchBody, language: Language) -> dict[str, Any]:
    """Tickets whose name, e-mail or uuid has the text in it, whatever its case; 200 at most. Raises ApiError."""
    event = _event(store, caller, body.event_uuid)
    found = (
        Ticket.first_name.contains(body.search)
        | Ticket.last_name.contains(body.search)
        | Reservation.email.contains(body.search)
        | Ticket.uuid.contains(body.search)
    )
    rows = _of(event).where(found).order_by(Ticket.id).limit(_SEARCH_LIMIT).bind(store.db)
    results = [_row(row, event, language) for row in rows]
    return {"success": True, "count": len(results), "results": results}


def _event(store: Store, caller: Caller, event_uuid: str) -> Event:
    try:
        uuid = UUID(event_uuid)
    except ValueError as error:
        raise bad_request("event_uuid: not a UUID") from error
    try:
        event = find_event(store, uuid)
    except NotPossibleError as error:
        raise wrong_event() from error
    if not admits_event(store, caller.id, event.id):
        raise wrong_event()
    return event


def _of(event: Event) -> Any:
    return (
        Ticket.select(Ticket, Reservation, Price, Product)
        .join(Reservation)
        .switch(Ticket)
        .join(Price, JOIN.LEFT_OUTER)
        .join(Product, JOIN.LEFT_OUTER)
        .where(Ticket.event == event.id)
    )


def _row(ticket: Ticket, event: Event, language: Language) -> dict[str, Any]:
    price = ticket.price
    reservation = ticket.reservation
    return {
        "uuid": ticket.uuid,
        "first_name": ticket.first_name,
        "last_name": ticket.last_name,
        "email": reservation.email,
        "price": price.name if price else None,
        "product": price.product.name if price else None,
        "reservation_uuid": reservation.uuid,
        "status": STATUS[language][TicketStatus(ticket.status)],
        "reservation_datetime": moments.to_rfc3339(reservation.created_at).replace("+00:00", "Z"),
        "qrcode_data": code_of(event.private_key_pem, ticket.uuid),
        "custom_form": None,
    }
