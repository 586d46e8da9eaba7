"""Devices: added with a pairing URL, one or fifty; what they admit; listed, edited, renewed, archived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID, uuid4

from api.devices.pairing import Pairing, new_nonce, pairing_url
from api.store import models, moments
from api.store.store import Store
from api.tickets.events import NotPossibleError

Direction = Literal["in", "out"]
MOST_AT_ONCE = 200
_LONGEST = 200  # characters of a name, as the database has them
_EVENTS = "SELECT a.device_id, e.uuid FROM device_event a JOIN event e ON e.id = a.event_id ORDER BY e.id"
_PRODUCTS = "SELECT a.device_id, q.name FROM device_product a JOIN product q ON q.id = a.product_id ORDER BY q.name"
_RENEW = "UPDATE device SET pairing_nonce = ?, claimed_at = NULL WHERE uuid = ? AND archived_at IS NULL"
_VOID = "DELETE FROM api_key WHERE device_id = (SELECT id FROM device WHERE uuid = ?)"
_SHUT_OUT = "UPDATE device SET archived_at = ? WHERE uuid = ? AND archived_at IS NULL"
_NONCE = "SELECT pairing_nonce, name FROM device WHERE uuid = ? AND claimed_at IS NULL AND archived_at IS NULL"

_MISSING = {
    "event": "there is no event {value}: `portillon-api event add` makes one; nothing was changed",
    "product": "there is no product {value}: it is made with its first ticket, or at the event; nothing was changed",
}


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device that waits to be paired: whoever reads the URL first, becomes it."""

    uuid: str
    name: str
    pairing_url: str
    token: str


@dataclass(frozen=True, slots=True)
class Admits:
    """What a gate lets through, and which way it leads. Without events or products: all of them."""

    event_uuids: tuple[str, ...] = ()
    products: tuple[str, ...] = ()  # by name
    direction: Direction = "in"


EVERYTHING = Admits()


@dataclass(frozen=True, slots=True)
class Device:
    """A device as the organiser sees it. ``heard_at``: when it last told of itself, microseconds since 1970."""

    id: int
    uuid: str
    name: str
    admits: Admits
    claimed: bool
    archived: bool
    heard_at: int | None
    heartbeat: str | None  # JSON


def insert_devices(
    store: Store, names: Sequence[str], base_url: str, admits: Admits, days: int | None = None
) -> list[NewDevice]:
    """Add gates, each with a token that pairs it for so many ``days`` (None: see ``Pairing``); in ``store.writing()``.

    Raises NotPossibleError for an empty name, or for an event or a product that is not there.
    """
    if not 1 <= len(names) <= MOST_AT_ONCE:
        raise NotPossibleError("1 to {most} devices can be added at once: nothing was added", most=MOST_AT_ONCE)
    plain = [_name(name) for name in names]
    pairing, added, now = Pairing(store), [], moments.now()
    for name in plain:
        uuid, nonce = str(uuid4()), new_nonce()
        models.Device.insert(uuid=uuid, name=name, pairing_nonce=nonce, created_at=now).execute(store.db)
        _admit(store, uuid, admits)
        token = pairing.token(nonce, days)
        added.append(NewDevice(uuid, name, pairing_url(base_url, token), token))
    return added


def numbered(name: str, count: int) -> list[str]:
    """``Gate`` → ``Gate 1``, ``Gate 2``, …; the name itself for one. No number is cut off a long name.

    Raises NotPossibleError for an empty name.
    """
    longest = _LONGEST - len(f" {count}")
    return [name] if count == 1 else [f"{_name(name)[:longest].strip()} {number}" for number in range(1, count + 1)]


def list_devices(store: Store) -> list[Device]:
    """All devices, oldest first, archived ones too."""
    events: dict[int, list[str]] = {}
    products: dict[int, list[str]] = {}
    for found, sql in ((events, _EVENTS), (products, _PRODUCTS)):
        for device_id, admitted in store.db.run(sql):
            found.setdefault(device_id, []).append(admitted)
    rows = models.Device.select().order_by(models.Device.id).bind(store.db)
    return [
        Device(
            id=row.id,
            uuid=row.uuid,
            name=row.name,
            admits=Admits(
                tuple(events.get(row.id, ())), tuple(products.get(row.id, ())), cast(Direction, row.direction)
            ),
            claimed=row.claimed_at is not None,
            archived=row.archived_at is not None,
            heard_at=row.heartbeat_at,
            heartbeat=row.heartbeat,
        )
        for row in rows
    ]


def find_device(store: Store, uuid: UUID) -> Device:
    """The device with this uuid. Raises NotPossibleError when there is none."""
    for device in list_devices(store):
        if device.uuid == str(uuid):
            return device
    raise NotPossibleError("there is no device {uuid}: `portillon-api device list` shows those that are", uuid=uuid)


def edit_device(store: Store, uuid: UUID, name: str, admits: Admits) -> None:
    """Set name and rules anew; the next scan is judged by them. Inside ``store.writing()``. Raises NotPossibleError."""
    if store.db.run("UPDATE device SET name = ? WHERE uuid = ?", (_name(name), str(uuid))).rowcount != 1:
        raise NotPossibleError("there is no device {uuid}: `portillon-api device list` shows those that are", uuid=uuid)
    _admit(store, str(uuid), admits)


def renew_device(store: Store, uuid: UUID) -> None:
    """Void its key at once: it has to be paired anew, as the same device. Inside ``store.writing()``.

    Raises NotPossibleError for an unknown or archived one.
    """
    if store.db.run(_RENEW, (new_nonce(), str(uuid))).rowcount != 1:
        raise NotPossibleError("there is no device {uuid} that could be paired: archived ones stay shut out", uuid=uuid)
    store.db.run(_VOID, (str(uuid),))


def waiting_for(store: Store, uuid: UUID, base_url: str, days: int | None = None) -> NewDevice | None:
    """This device with a fresh pairing URL, while it waits to be paired; None: paired, archived or unknown.

    ``days``: how long the URL is good for; None: as ``Pairing`` has it.
    """
    row = store.db.run(_NONCE, (str(uuid),)).fetchone()
    if row is None:
        return None
    token = Pairing(store).token(row[0], days)
    return NewDevice(str(uuid), row[1], pairing_url(base_url, token), token)


def shut_out(store: Store, uuid: UUID) -> bool:
    """Archive it: refused at once and for good; its scans stay in the log. Inside ``store.writing()``.

    False: there is none, or it was archived before.
    """
    values = (moments.now(), str(uuid))
    return bool(store.db.run(_SHUT_OUT, values).rowcount == 1)


def admits_event(store: Store, device_id: int, event_id: int) -> bool:
    """True when this device admits this event: it was told so, or was told of none."""
    rows = store.db.run("SELECT event_id FROM device_event WHERE device_id = ?", (device_id,)).fetchall()
    return not rows or (event_id,) in rows


def _name(name: str) -> str:
    if not name.strip():
        raise NotPossibleError("a device needs a name: screens show it (« used 14:02 at Gate 2 »)")
    return name.strip()[:_LONGEST]


def _admit(store: Store, uuid: str, admits: Admits) -> None:
    run = store.db.run
    (device_id,) = run("SELECT id FROM device WHERE uuid = ?", (uuid,)).fetchone()
    run("UPDATE device SET direction = ? WHERE id = ?", (admits.direction, device_id))
    for table, column, other, key, wanted in (
        ("device_event", "event_id", "event", "uuid", admits.event_uuids),
        ("device_product", "product_id", "product", "name", admits.products),
    ):
        # Names of tables and columns only; what was typed is a value.
        run(f"DELETE FROM {table} WHERE device_id = ?", (device_id,))  # noqa: S608
        for value in wanted:
            added = run(
                f"INSERT INTO {table} (device_id, {column}) SELECT ?, id FROM {other} WHERE {key} = ?",  # noqa: S608
                (device_id, value),
            )
            if added.rowcount != 1:
                raise NotPossibleError(_MISSING[other], value=value)
