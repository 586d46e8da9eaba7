"""One row on its way in: what it asks for, as it is kept between the preview and the taking in. Values only."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from uuid import uuid4

from api.scan.words import Language
from api.store.models import TicketStatus
from api.tickets.issue import digest_of

Named = tuple[str, str | None]  # a ticket's uuid, and its code's digest, by ``issue.digest_of``
MOST_TICKETS = 500  # of one row: one reservation, as the shell's `ticket add` has it


@dataclass(frozen=True, slots=True)
class Row:
    """The tickets of one reservation. ``uuid``: of its only ticket, None: new ones. ``amount`` in hundredths.

    ``reservation``: its uuid on the other server, None: a new one.
    """

    line: int  # where it stands in its source, counted from 1
    uuid: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    product: str | None = None
    price: str | None = None
    amount: int | None = None
    status: TicketStatus = TicketStatus.VALID
    language: Language | None = None
    count: int = 1
    reservation: str | None = None


@dataclass(frozen=True, slots=True)
class Laid:
    """A row whose uuids are chosen, its reservation's too, so that taking it in twice makes no second ticket."""

    row: Row
    tickets: tuple[Named, ...]

    @property
    def uuids(self) -> tuple[str, ...]:
        """Of its tickets."""
        return tuple(uuid for uuid, _ in self.tickets)

    @property
    def reservation(self) -> str:
        """The uuid of the reservation that its tickets belong to."""
        return str(self.row.reservation)


def lay(row: Row, private_key_pem: str | None) -> Laid:
    """Choose the uuids that the row leaves open, for the event with this key (None: it is elsewhere)."""
    uuids = (row.uuid,) if row.uuid is not None else tuple(str(uuid4()) for _ in range(row.count))
    tickets = tuple((uuid, digest_of(private_key_pem, uuid)) for uuid in uuids)
    return Laid(replace(row, reservation=row.reservation or str(uuid4())), tickets)


def to_json(laid: Laid) -> str:
    """What ``import_row.fields`` holds."""
    told = {each.name: value for each in fields(laid.row) if (value := getattr(laid.row, each.name)) is not None}
    return json.dumps({**told, "tickets": laid.tickets}, ensure_ascii=False)


def from_json(text: str) -> Laid:
    """The way back; also of what was laid down before schema version 4, when no digests were known."""
    told = json.loads(text)
    undigested = [(uuid, None) for uuid in told.pop("uuids", ())]
    tickets = tuple((uuid, digest) for uuid, digest in told.pop("tickets", undigested))
    return Laid(Row(**{**told, "status": TicketStatus(told["status"])}), tickets)
