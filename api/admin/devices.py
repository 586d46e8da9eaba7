"""Gates: one or fifty with their pairing codes, what they admit, last heard of, made anew, shut out."""

from __future__ import annotations

import json
from uuid import UUID

import bottle

from api import qr
from api.admin.visit import RefusedError, Route, Visit
from api.devices import devices, organising
from api.devices.devices import Admits, Device, Direction
from api.store import moments
from api.tickets.events import list_events

_PRODUCTS = "SELECT name FROM product ORDER BY name"
_NEWEST = "SELECT arrived_at FROM scan_line WHERE id = (SELECT MAX(id) FROM scan_line WHERE device_id = ?)"


def show_all(visit: Visit) -> bottle.HTTPResponse:
    """``GET devices``: those in use, and on demand the archived ones."""
    found = devices.list_devices(visit.store)
    archived = bool(visit.query.get("archived"))
    return visit.render(
        "devices_list.html",
        devices=[device for device in found if device.archived == archived],
        archived=archived,
        events={event.uuid: event.name for event in list_events(visit.store)},
        products=_products(visit),
        state=lambda device: _state(visit, device),
        now=moments.now(),
    )


def add(visit: Visit) -> bottle.HTTPResponse:
    """``POST devices``: one gate, or many with numbers."""
    told = str(visit.form.get("count", "1")).strip() or "1"
    if not (told.isascii() and told.isdigit() and len(told) < 4 and 1 <= int(told) <= devices.MOST_AT_ONCE):
        return visit.refuse("devices_count_odd", most=devices.MOST_AT_ONCE)
    names = devices.numbered(str(visit.form.get("name", "")), int(told))
    added = organising.add_devices(visit.store, names, visit.pairing_base, _admits(visit), admin_id=visit.admin.id)
    if len(added) == 1:
        return visit.redirect(f"/admin/devices/{added[0].uuid}", "done_device_added")
    return visit.redirect("/admin/devices/sheet", "done_devices_added", count=len(added))


def sheet(visit: Visit) -> bottle.HTTPResponse:
    """``GET devices/sheet``: the pairing codes of all that wait, to be printed and cut."""
    waiting = [device for device in devices.list_devices(visit.store) if not device.claimed and not device.archived]
    codes = [devices.waiting_for(visit.store, UUID(device.uuid), visit.pairing_base) for device in waiting]
    shown = [(device, _picture(device.pairing_url)) for device in codes if device is not None]
    return visit.render("devices_sheet.html", codes=shown)


def show(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``GET devices/UUID``."""
    device = devices.find_device(visit.store, _uuid(visit, uuid))
    waiting = devices.waiting_for(visit.store, UUID(device.uuid), visit.pairing_base)
    url = waiting.pairing_url if waiting is not None else None
    return visit.render(
        "devices_one.html",
        device=device,
        url=url,
        picture=_picture(url) if url else "",
        state=_state(visit, device),
        heard_at=_heard_at(visit, device),
        told=json.loads(device.heartbeat) if device.heartbeat else {},
        events={event.uuid: event.name for event in list_events(visit.store)},
        products=_products(visit),
    )


def edit(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST devices/UUID``: its name and rules, for the next scan on."""
    name = str(visit.form.get("name", ""))
    organising.edit_device(visit.store, _uuid(visit, uuid), name, _admits(visit), admin_id=visit.admin.id)
    return visit.redirect(f"/admin/devices/{uuid}", "done_device_saved")


def renew(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST devices/UUID/renew``: its key is void at once; a new pairing code is shown."""
    organising.renew_device(visit.store, _uuid(visit, uuid), admin_id=visit.admin.id)
    return visit.redirect(f"/admin/devices/{uuid}", "done_device_renewed")


def archive(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST devices/UUID/archive``."""
    device = organising.archive_device(visit.store, _uuid(visit, uuid), admin_id=visit.admin.id)
    return visit.redirect("/admin/devices", "done_device_archived", name=device.name)


def _admits(visit: Visit) -> Admits:
    direction: Direction = "out" if visit.form.get("direction") == "out" else "in"
    return Admits(tuple(visit.form.getall("event")), tuple(visit.form.getall("product")), direction)


def _products(visit: Visit) -> list[str]:
    return [name for (name,) in visit.store.db.run(_PRODUCTS)]


def _heard_at(visit: Visit, device: Device) -> int | None:
    """The newest sign of it: its own word, or a scan."""
    row = visit.store.db.run("SELECT id FROM device WHERE uuid = ?", (device.uuid,)).fetchone()
    scan = visit.store.db.run(_NEWEST, row).fetchone()
    return max((moment for moment in (device.heard_at, scan and scan[0]) if moment), default=None)


def _state(visit: Visit, device: Device) -> tuple[str, str]:
    """In words, and how it looks."""
    if device.archived:
        return visit.say("devices_archived"), "bad"
    return (visit.say("devices_paired"), "good") if device.claimed else (visit.say("devices_waiting"), "warn")


def _picture(url: str) -> str:
    """The pairing code as an SVG in an address, black on white with its border, whatever the page's colours."""
    return str(qr.make(url).svg_data_uri(scale=4, border=qr.BORDER, dark="#000000", light="#ffffff"))


def _uuid(visit: Visit, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise RefusedError(visit.say("error_404"), 404) from error


ROUTES = (
    Route("GET", "/admin/devices", show_all),
    Route("POST", "/admin/devices", add),
    Route("GET", "/admin/devices/sheet", sheet),
    Route("GET", "/admin/devices/<uuid>", show),
    Route("POST", "/admin/devices/<uuid>", edit),
    Route("POST", "/admin/devices/<uuid>/renew", renew),
    Route("POST", "/admin/devices/<uuid>/archive", archive),
)
