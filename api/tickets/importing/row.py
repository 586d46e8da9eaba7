"""One row on its way in: what it asks for, as it is kept between the preview and the taking in. Values only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from uuid import uuid4

from api.scan.words import Language
from api.store.models import TicketStatus

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
    uuids: tuple[str, ...]

    @property
    def reservation(self) -> str:
        """The uuid of the reservation that its tickets belong to."""
        return str(self.row.reservation)


def lay(row: Row) -> Laid:
    """Choose the uuids that the row leaves open."""
    uuids = (row.uuid,) if row.uuid is not None else tuple(str(uuid4()) for _ in range(row.count))
    return Laid(replace(row, reservation=row.reservation or str(uuid4())), uuids)


def to_json(laid: Laid) -> str:
    """What ``import_row.fields`` holds."""
    told = {name: value for name, value in asdict(laid.row).items() if value is not None}
    return json.dumps({**told, "uuids": laid.uuids}, ensure_ascii=False)


def from_json(text: str) -> Laid:
    """The way back."""
    told = json.loads(text)
    uuids = tuple(told.pop("uuids"))
    return Laid(Row(**{**told, "status": TicketStatus(told["status"])}), uuids)
