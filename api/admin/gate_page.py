"""The page of one gate: its code while it waits, how it is in words, what it checked, its last presentations, rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import bottle

from api.admin import faults, words
from api.admin.devices import digest, picture, products, state
from api.admin.visit import Route, Visit
from api.devices import devices, heartbeats, signs
from api.tickets.events import list_events
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


def show(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``GET devices/UUID``."""
    device = devices.find_device(visit.store, visit.uuid(uuid))
    waiting = devices.waiting_for(visit.store, visit.uuid(uuid), visit.pairing_base)
    told = heartbeats.read(device.heartbeat)
    return visit.render(
        "devices_one.html",
        device=device,
        was=digest(device),
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


ROUTES = (Route("GET", "/admin/devices/<uuid>", show),)
