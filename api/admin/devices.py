"""Gates: one or fifty with their pairing codes, what they admit, last heard of, made anew, shut out."""

from __future__ import annotations

import bottle

from api import qr
from api.admin.visit import Route, Visit
from api.devices import devices, organising, signs
from api.devices import sheet as printable
from api.devices.devices import Admits, Device, Direction
from api.tickets.events import NotPossibleError, list_events
from api.tickets.printing.wanted import Style

_DAYS = (1, printable.DAYS, 7)  # that the codes of a sheet may be good for
_PRODUCTS = "SELECT name FROM product ORDER BY name"


def show_all(visit: Visit) -> bottle.HTTPResponse:
    """``GET devices``: those in use, and on demand the archived ones."""
    found = devices.list_devices(visit.store)
    archived = bool(visit.query.get("archived"))
    scans = signs.newest_scans(visit.store)
    return visit.render(
        "devices_list.html",
        devices=[device for device in found if device.archived == archived],
        archived=archived,
        events={event.uuid: event.name for event in list_events(visit.store)},
        products=products(visit),
        state=lambda device: state(visit, device),
        heard_at=lambda device: signs.heard_at(device.heard_at, scans.get(device.id)),
    )


def add(visit: Visit) -> bottle.HTTPResponse:
    """``POST devices``: one gate, or many with numbers."""
    told = str(visit.form.get("count", "1")).strip() or "1"
    if not (told.isascii() and told.isdigit() and len(told) < 4 and 1 <= int(told) <= devices.MOST_AT_ONCE):
        return visit.refuse("devices_count_odd", most=devices.MOST_AT_ONCE)
    names = devices.numbered(str(visit.form.get("name", "")), int(told))
    added = organising.add_devices(visit.store, names, visit.pairing_base, admits(visit), admin_id=visit.admin.id)
    if len(added) == 1:
        return visit.redirect(f"/admin/devices/{added[0].uuid}", "done_device_added")
    return visit.redirect("/admin/devices/sheet", "done_devices_added", count=len(added))


def sheet(visit: Visit) -> bottle.HTTPResponse:
    """``GET devices/sheet``: the pairing codes of all that wait, to be printed and cut."""
    days = _days(visit)
    try:
        printed = printable.of_waiting(visit.store, visit.pairing_base, days)
    except NotPossibleError:  # none waits
        return visit.render("devices_sheet.html", codes=[])
    codes = [(gate.name, picture(gate.pairing_url)) for gate in printed.gates]
    return visit.render("devices_sheet.html", codes=codes, until=printed.until, days=days, choice=_DAYS)


def _days(visit: Visit) -> int:
    """How long codes are to be good for, as chosen on the page."""
    asked = str(visit.query.get("days", ""))
    return int(asked) if asked in map(str, _DAYS) else printable.DAYS


def sheet_pdf(visit: Visit) -> bottle.HTTPResponse:
    """``GET devices/sheet.pdf``: the same as one file, to be sent to whoever mounts the gates."""
    printed = printable.of_waiting(visit.store, visit.pairing_base, _days(visit))
    content = printable.print_apart(printed, Style(visit.language, visit.house.zone))
    headers = {"Content-Type": "application/pdf", "Content-Disposition": 'attachment; filename="gates.pdf"'}
    return bottle.HTTPResponse(content, 200, headers)


def renew(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST devices/UUID/renew``: its key is void at once; a new pairing code is shown."""
    organising.renew_device(visit.store, visit.uuid(uuid), admin_id=visit.admin.id)
    return visit.redirect(f"/admin/devices/{uuid}", "done_device_renewed")


def archive(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST devices/UUID/archive``."""
    device = organising.archive_device(visit.store, visit.uuid(uuid), admin_id=visit.admin.id)
    return visit.redirect("/admin/devices", "done_device_archived", name=device.name)


def admits(visit: Visit) -> Admits:
    """The rules that a form gives."""
    direction: Direction = "out" if visit.form.get("direction") == "out" else "in"
    return Admits(tuple(visit.form.getall("event")), tuple(visit.form.getall("product")), direction)


def products(visit: Visit) -> list[str]:
    """The names of all products."""
    return [name for (name,) in visit.store.db.run(_PRODUCTS)]


def state(visit: Visit, device: Device) -> tuple[str, str]:
    """In words, and how it looks."""
    if device.archived:
        return visit.say("devices_archived"), "bad"
    return (visit.say("devices_paired"), "good") if device.claimed else (visit.say("devices_waiting"), "warn")


def picture(url: str) -> str:
    """The pairing code as an SVG in an address, black on white with its border, whatever the page's colours."""
    return str(qr.make(url).svg_data_uri(scale=4, border=qr.BORDER, dark="#000000", light="#ffffff"))


ROUTES = (
    Route("GET", "/admin/devices", show_all),
    Route("POST", "/admin/devices", add),
    Route("GET", "/admin/devices/sheet", sheet),
    Route("GET", "/admin/devices/sheet.pdf", sheet_pdf),
    Route("POST", "/admin/devices/<uuid>/renew", renew),
    Route("POST", "/admin/devices/<uuid>/archive", archive),
)
