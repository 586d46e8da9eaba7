"""The sheet of pairing codes that a tech takes along: which gates wait, and what stands beside each code.

Nothing here imports fpdf2: in the server it would take 30 MB for good (see ``api.tickets.printing.apart``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from api.devices import devices
from api.devices.pairing import DAY_S
from api.store import moments
from api.store.store import Store
from api.tickets.events import NotPossibleError, list_events
from api.tickets.printing import apart
from api.tickets.printing.wanted import Style

DAYS = 2  # that the codes of a sheet are good for: printed on the eve, used at the door


@dataclass(frozen=True, slots=True)
class Pairable:
    """One gate that waits to be paired. ``rules``: what it lets through, as the organiser named it; "": all."""

    name: str
    pairing_url: str
    way: str  # in, out
    rules: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is printed. ``until``: when the codes expire, microseconds since 1970."""

    organisation: str
    until: int
    gates: tuple[Pairable, ...]


def of_waiting(store: Store, base_url: str, days: int = DAYS, event: UUID | None = None) -> Sheet:
    """The gates that wait to be paired, oldest first, with codes for ``days``; ``event``: those that admit it.

    Raises NotPossibleError when none waits.
    """
    names = {each.uuid: each.name for each in list_events(store)}
    if event is not None and str(event) not in names:
        raise NotPossibleError("there is no event {uuid}: `portillon-api event list` shows those that are", uuid=event)
    gates = []
    until = moments.now() + days * DAY_S * 1_000_000
    for device in devices.list_devices(store):
        admitted = device.admits.event_uuids
        if event is not None and admitted and str(event) not in admitted:
            continue
        waiting = devices.waiting_for(store, UUID(device.uuid), base_url, days)
        if waiting is not None:
            rules = " · ".join([*(names[uuid] for uuid in admitted), *device.admits.products])
            gates.append(Pairable(waiting.name, waiting.pairing_url, device.admits.direction, rules))
    if not gates:
        raise NotPossibleError("no gate waits to be paired: `portillon-api device add` makes one")
    return Sheet(store.organisation().name, until, tuple(gates))


def print_apart(sheet: Sheet, style: Style) -> bytes:
    """Its PDF, made by a process of its own. Raises NotPossibleError."""
    told = {"sheet": asdict(sheet), "language": style.language, "zone": apart.zone_name(style)}
    return apart.run("api.devices.sheet_pdf", told, "portillon-api device sheet")


def of_values(organisation: str, until: int, gates: Sequence[dict[str, str]]) -> Sheet:
    """What ``asdict`` made of a sheet, as one again."""
    return Sheet(organisation, until, tuple(Pairable(**gate) for gate in gates))
