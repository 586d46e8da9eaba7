"""Devices: added with a pairing URL, listed, archived."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from api.devices.pairing import Pairing, new_nonce, pairing_url
from api.store import models, moments
from api.store.store import Store
from api.tickets.events import NotPossibleError, find_event

_ADMITTED = """SELECT a.device_id, e.uuid FROM device_event a JOIN event e ON e.id = a.event_id ORDER BY e.id"""


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
    event_uuids: tuple[str, ...]  # what it admits; none: every event
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
        device_id = models.Device.insert(
            uuid=uuid, name=name.strip()[:200], pairing_nonce=nonce, created_at=moments.now()
        ).execute(store.db)
        if event is not None:
            models.DeviceEvent.insert(device=device_id, event=event.id).execute(store.db)
    token = Pairing(store).token(nonce)
    return NewDevice(uuid, name.strip()[:200], pairing_url(base_url, token), token)


def list_devices(store: Store) -> list[Device]:
    """All devices, oldest first, archived ones too."""
    admitted: dict[int, list[str]] = {}
    for device_id, event_uuid in store.db.run(_ADMITTED):
        admitted.setdefault(device_id, []).append(event_uuid)
    rows = models.Device.select().order_by(models.Device.id).bind(store.db)
    return [
        Device(
            row.uuid,
            row.name,
            tuple(admitted.get(row.id, ())),
            row.claimed_at is not None,
            row.archived_at is not None,
        )
        for row in rows
    ]


def admits_event(store: Store, device_id: int, event_id: int) -> bool:
    """True when this device admits this event: it was told so, or was told of none."""
    rows = store.db.run("SELECT event_id FROM device_event WHERE device_id = ?", (device_id,)).fetchall()
    return not rows or (event_id,) in rows


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
