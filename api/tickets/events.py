"""Events: made here with keys of their own, or imported with the public key of a TiBillet server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import peewee

from api.store import models, moments
from api.store.store import Store
from api.tickets import keys
from api.tickets.sentences import SentenceError


class NotPossibleError(SentenceError):
    """What was asked can't be done. The text says what happened and what to do."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event as the organiser and the gates know it."""

    uuid: str
    name: str
    public_key_pem: str


@dataclass(frozen=True, slots=True)
class Doors:
    """Tickets are too early before ``opens_at`` and too late from ``closes_at`` on. Aware times; None: no limit."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None


ALWAYS_OPEN = Doors()


def add_event(
    store: Store,
    name: str,
    *,
    uuid: UUID | None = None,
    public_key_pem: str | None = None,
    doors: Doors = ALWAYS_OPEN,
) -> Event:
    """Make an event with a key pair of its own, or import one whose public key is given (it signs no tickets here).

    Raises NotPossibleError for an empty name or a uuid that is there already, KeyTextError for a useless key.
    """
    if not name.strip():
        raise NotPossibleError("an event needs a name: it is shown on screens and tickets")
    if public_key_pem is None:
        private_pem, public_pem = keys.new_pair()
    else:
        keys.public_key(public_key_pem)
        private_pem, public_pem = None, public_key_pem
    event = Event(str(uuid or uuid4()), name.strip()[:200], public_pem)
    try:
        with store.writing():
            models.Event.insert(
                uuid=event.uuid,
                organisation=store.organisation().id,
                name=event.name,
                public_key_pem=public_pem,
                private_key_pem=private_pem,
                opens_at=doors.opens_at and moments.from_datetime(doors.opens_at),
                closes_at=doors.closes_at and moments.from_datetime(doors.closes_at),
                created_at=moments.now(),
            ).execute(store.db)
    except peewee.IntegrityError as error:
        raise NotPossibleError("there is an event {uuid} already: nothing was changed", uuid=event.uuid) from error
    return event


def list_events(store: Store) -> list[Event]:
    """All events, oldest first."""
    rows = models.Event.select().order_by(models.Event.id).bind(store.db)
    return [Event(row.uuid, row.name, row.public_key_pem) for row in rows]


def find_event(store: Store, uuid: UUID) -> models.Event:
    """The event with this uuid. Raises NotPossibleError when there is none."""
    event: models.Event | None = models.Event.select().where(models.Event.uuid == str(uuid)).bind(store.db).first()
    if event is None:
        raise NotPossibleError("there is no event {uuid}: `portillon-api event add` makes one", uuid=uuid)
    return event
