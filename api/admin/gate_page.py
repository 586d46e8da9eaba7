"""The page of one gate: its code while it waits, how it is in words, what it checked, its last presentations, rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import bottle

from api.admin import faults, words
from api.admin.devices import admits, picture, products, state
from api.admin.digests import digest
from api.admin.visit import Route, Visit
from api.devices import devices, heartbeats, organising, signs
from api.devices.devices import Admits, Device
from api.tickets.events import NotPossibleError, list_events
from api.watch.silence import CLOCK_OFF_S

_SHOWN = 20
_RECENT = """SELECT l.arrived_at, l.action, l.code, l.ticket_uuid, t.uuid IS NOT NULL FROM scan_line l
    LEFT JOIN ticket t ON t.uuid = l.ticket_uuid WHERE l.device_id = ?
    ORDER BY l.arrived_at DESC, l.id DESC LIMIT ?"""
_LOOKS = {"ok": "good", "warn": "warn", "fail": "bad"}
_LEVELS = {"ok": "devices_ok", "warn": "devices_warn", "fail": "devices_fail"}


@dataclass(frozen=True, slots=True)
class Presentation:
    """One line of what this gate asked. ``is_known``: the ticket has a page."""

    at: int  # microseconds since 1970
    action: str
    code: str
    ticket: str | None
    is_known: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form of a gate's name and rules says. ``was``: the digest of how the gate stood when it was shown."""

    name: str
    admits: Admits
    was: str


class _ChangedError(Exception):
    """Another has edited the gate since the form was shown. ``device``: as it stands."""

    def __init__(self, device: Device) -> None:
        super().__init__("edited by another")
        self.device = device


def show(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``GET devices/UUID``."""
    return _page(visit, uuid)


def edit(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST devices/UUID``: its name and rules, for the next scan on. What another has set meanwhile is told first."""
    typed = Typed(str(visit.form.get("name", "")), admits(visit), str(visit.form.get("was", "")))

    def look(device: Device) -> None:
        is_wanted = (device.name, device.admits) == (typed.name.strip(), typed.admits)
        if typed.was not in ("", _digest(device)) and not is_wanted:
            raise _ChangedError(device)

    admin_id = visit.admin.id
    try:
        organising.edit_device(visit.store, visit.uuid(uuid), typed.name, typed.admits, admin_id=admin_id, look=look)
    except _ChangedError as error:
        sentence = visit.say("devices_changed", now=_stands(visit, error.device))
        return _page(visit, uuid, sentence, replace(typed, was=_digest(error.device)), 409)
    except NotPossibleError as error:
        return _page(visit, uuid, visit.told(error), typed, 400)
    return visit.redirect(f"/admin/devices/{uuid}", "done_device_saved")


def _page(
    visit: Visit, uuid: str, sentence: str = "", typed: Typed | None = None, status: int = 200
) -> bottle.HTTPResponse:
    """``sentence``: what can't be, with what was typed."""
    device = devices.find_device(visit.store, visit.uuid(uuid))
    waiting = devices.waiting_for(visit.store, visit.uuid(uuid), visit.pairing_base)
    told = heartbeats.read(device.heartbeat)
    return visit.render(
        "devices_one.html",
        status,
        device=device,
        sentence=sentence,
        form=typed or Typed(device.name, device.admits, _digest(device)),
        url=waiting.pairing_url if waiting is not None else None,
        picture=picture(waiting.pairing_url) if waiting is not None else "",
        state=state(visit, device),
        heard_at=signs.heard_at(device.heard_at, signs.newest_scans(visit.store).get(device.id)),
        faults=[faults.fault(visit, str(code)) for code in _list(told.get("faults"))],
        facts=list(_facts(visit, told)),
        report=[line for line in _list(told.get("report")) if isinstance(line, dict)],
        report_at=told.get("report_at"),
        level=lambda line: _level(visit, str(line.get("level"))),
        recent=[Presentation(*row) for row in visit.store.db.run(_RECENT, (device.id, _SHOWN))],
        events={event.uuid: event.name for event in list_events(visit.store)},
        products=products(visit),
    )


def _digest(device: Device) -> str:
    """By which a form knows whether the gate's name and rules are still as its page showed them."""
    return digest(repr((device.name, device.admits)))


def _stands(visit: Visit, device: Device) -> str:
    """The gate's name and rules, in words."""
    names = {event.uuid: event.name for event in list_events(visit.store)}
    events = [names.get(each, "?") for each in device.admits.event_uuids]
    way = visit.say("devices_out" if device.admits.direction == "out" else "devices_in")
    sold = ", ".join(device.admits.products) or visit.say("devices_every_product")
    return " · ".join([device.name, way, ", ".join(events) or visit.say("devices_every_event"), sold])


def _facts(visit: Visit, told: Mapping[str, object]) -> list[tuple[str, str]]:
    """What it last said of itself, each with its name; what it did not say is not there."""
    say, found = visit.say, []
    shows = str(told.get("state"))
    if told.get("state"):
        key = f"state_{shows}"
        found.append((say("devices_shows"), say(key) if key in words.sentences() else shows))
    if told.get("version"):
        found.append((say("devices_version"), str(told["version"])))
    if "uptime_s" in told:
        found.append((say("devices_uptime"), faults.span(visit, _number(told, "uptime_s"))))
    if "temperature_c" in told:
        found.append((say("devices_temperature"), f"{_number(told, 'temperature_c'):.0f} °C"))
    if "clock_off_s" in told:
        off = _number(told, "clock_off_s")
        is_right = abs(off) <= CLOCK_OFF_S
        clock = say("devices_clock_right") if is_right else say("devices_clock_off", off=faults.span(visit, off))
        found.append((say("devices_clock"), clock))
    if "admitted" in told:
        counts = {name: told.get(name, 0) for name in ("admitted", "refused", "unknown")}
        found.append((say("devices_counted"), say("devices_counts", **counts)))
    if told.get("unanswered") or told.get("queue"):
        counts = {name: told.get(name, 0) for name in ("unanswered", "queue")}
        found.append((say("devices_unsettled"), say("devices_unsettled_counts", **counts)))
    if told.get("last_error"):
        found.append((say("devices_last_error"), faults.fault(visit, str(told["last_error"]))))
    return found


def _level(visit: Visit, level: str) -> tuple[str, str]:
    """How bad a line of the report is: in words, and how it looks."""
    return (visit.say(_LEVELS[level]) if level in _LEVELS else level), _LOOKS.get(level, "")


def _number(told: Mapping[str, object], name: str) -> float:
    value = told[name]
    return float(value) if isinstance(value, int | float) else 0.0


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


ROUTES = (
    Route("GET", "/admin/devices/<uuid>", show),
    Route("POST", "/admin/devices/<uuid>", edit),
)
