"""What organisers do with gates, on the web or by the shell, each with its line in the audit log: both or neither.

``admin_id`` None: by the organiser's shell. Whatever can't be done raises NotPossibleError and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from api.devices import devices
from api.devices.devices import EVERYTHING, Admits, Device, NewDevice
from api.store import acts
from api.store.store import Store


def add_devices(
    store: Store,
    names: Sequence[str],
    base_url: str,
    admits: Admits = EVERYTHING,
    *,
    days: int | None = None,
    admin_id: int | None = None,
) -> list[NewDevice]:
    """Add a gate for each name, all of them or none. ``days``: how long its pairing code is good for."""
    with store.writing():
        added = devices.insert_devices(store, names, base_url, admits, days)
        for device in added:
            acts.note(store, "device.add", admin_id=admin_id, subject=device.uuid, detail={"name": device.name})
    return added


def edit_device(
    store: Store,
    uuid: UUID,
    name: str,
    admits: Admits,
    *,
    admin_id: int | None = None,
    look: Callable[[Device], None] = lambda _: None,
) -> None:
    """Set name and rules anew; the next scan is judged by them.

    ``look`` sees the gate as it stands, in the same transaction; what it raises leaves the gate so.
    """
    detail = {"name": name.strip(), "events": admits.event_uuids, "products": admits.products}
    with store.writing():
        look(devices.find_device(store, uuid))
        devices.edit_device(store, uuid, name, admits)
        told = {**detail, "direction": admits.direction}
        acts.note(store, "device.edit", admin_id=admin_id, subject=str(uuid), detail=told)


def renew_device(store: Store, uuid: UUID, *, admin_id: int | None = None) -> None:
    """Void its key at once: it has to be paired anew, as the same device."""
    with store.writing():
        devices.renew_device(store, uuid)
        acts.note(store, "device.renew", admin_id=admin_id, subject=str(uuid))


def archive_device(store: Store, uuid: UUID, *, admin_id: int | None = None) -> Device:
    """Shut it out, at once and for good. Twice is fine, and leaves one line."""
    with store.writing():
        if devices.shut_out(store, uuid):
            acts.note(store, "device.archive", admin_id=admin_id, subject=str(uuid))
    return devices.find_device(store, uuid)
