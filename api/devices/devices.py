"""Devices: added with a pairing URL, listed, archived."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from peewee import JOIN

from api.devices.pairing import Pairing, new_nonce, pairing_url
from api.store import models, moments
from api.store.store import Store
from api.tickets.events import NotPossibleError, find_event


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device that waits to be paired: whoever reads the URL first, becomes it."""

    uuid: str
    name: str
    pairing_url: str
    token: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device as the organiser sees it."""

    uuid: str
    name: str
    event_uuid: str | None  # set: it admits this event alone
    claimed: bool
    archived: bool


def add_device(store: Store, name: str, base_url: str, *, event_uuid: UUID | None = None) -> NewDevice:
    """Add a gate, for one event or for all, with a token that pairs it.

    Raises NotPossibleError for an empty name or an unknown event.
    """
    if not name.strip():
        raise NotPossibleError("a device needs a name: screens show it (« used 14:02 at Gate 2 »)")
    event = find_event(store, event_uuid) if event_uuid is not None else None
    uuid, nonce = str(uuid4()), new_nonce()
    with store.writing():
        models.Device.insert(
            uuid=uuid,
            name=name.strip()[:200],
            event=event and event.id,
            pairing_nonce=nonce,
            created_at=moments.now(),
        ).execute(store.db)
    token = Pairing(store).token(nonce)
    return NewDevice(uuid, name.strip()[:200], pairing_url(base_url, token), token)


def list_devices(store: Store) -> list[Device]:
    """All devices, oldest first, archived ones too."""
    rows = (
        models.Device.select(models.Device, models.Event)
        .join(models.Event, JOIN.LEFT_OUTER)
        .order_by(models.Device.id)
        .bind(store.db)
    )
    return [_shown(row) for row in rows]


def archive_device(store: Store, uuid: UUID) -> Device:
    """Shut a device out, at once and for good; its scans stay in the log. Archiving twice is fine.

    Raises NotPossibleError for an unknown device.
    """
    with store.writing():
        models.Device.update(archived_at=moments.now()).where(
            (models.Device.uuid == str(uuid)) & models.Device.archived_at.is_null()
        ).execute(store.db)
    for device in list_devices(store):
        if device.uuid == str(uuid):
            return device
    raise NotPossibleError(f"there is no device {uuid}: `portillon-api device list` shows those that are")


def _shown(row: models.Device) -> Device:
    event_uuid = row.event.uuid if row.event is not None else None
    return Device(row.uuid, row.name, event_uuid, row.claimed_at is not None, row.archived_at is not None)
