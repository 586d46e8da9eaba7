"""The audit log on the web: filters, pages, and the whole of it as CSV."""

from __future__ import annotations

from urllib.parse import urlencode

import bottle

from api.admin import audit_lines, sheets, times
from api.admin.audit_lines import Filter, Line
from api.admin.visit import RefusedError, Route, Visit
from api.tickets.events import list_events

_PAGE = 100
_FIELDS = ("log", "event", "who", "what", "subject", "since", "until")


def show(visit: Visit) -> bottle.HTTPResponse:
    """``GET audit``: one page; ``before`` says where it begins."""
    before = _before(str(visit.query.get("before", "")))
    found = audit_lines.page(visit.store, _filter(visit), before, _PAGE + 1)
    shown = found[:_PAGE]
    asked = {name: str(visit.query.get(name, "")) for name in _FIELDS if visit.query.get(name)}
    below = "-".join(map(str, audit_lines.below(shown, before)))
    return visit.render(
        "audit_lines.html",
        lines=shown,
        events=list_events(visit.store),
        asked=asked,
        more=f"/admin/audit?{urlencode({**asked, 'before': below})}" if len(found) > _PAGE else "",
        csv=f"/admin/audit.csv?{urlencode(asked)}",
        told=lambda line: _told(visit, line),
    )


def download(visit: Visit) -> bottle.HTTPResponse:
    """``GET audit.csv``: every line that the filters let through."""
    titles = [visit.say(f"audit_{name}") for name in ("at", "who", "what", "code", "subject", "event", "more")]
    lines = audit_lines.everything(visit.store, _filter(visit))
    rows = (
        (visit.moment(line.at), _who(visit, line), line.what, line.code, line.subject, line.event, line.more)
        for line in lines
    )
    return sheets.download("audit.csv", visit.language, titles, rows)


def _filter(visit: Visit) -> Filter:
    log, event, who, what, subject = (
        str(visit.query.get(name, "")).strip()[:200] for name in ("log", "event", "who", "what", "subject")
    )
    return Filter(log, event, who, what, subject, since=_moment(visit, "since"), until=_moment(visit, "until"))


def _moment(visit: Visit, field: str) -> int | None:
    try:
        return times.read(str(visit.query.get(field, "")), visit.house.zone)
    except times.NoSuchTimeError as error:
        raise RefusedError(visit.say("events_time_odd", time=str(error)[:40])) from error


def _before(text: str) -> tuple[int, int]:
    scans, _, acts = text.partition("-")
    are_numbers = scans.isascii() and scans.isdigit() and acts.isascii() and acts.isdigit() and len(text) < 40
    return (int(scans), int(acts)) if are_numbers else audit_lines.FIRST


def _who(visit: Visit, line: Line) -> str:
    return line.who or visit.say("audit_shell")


def _told(visit: Visit, line: Line) -> tuple[str, str, str]:
    """Who, what in words, and how it looks: good, bad or plain."""
    look = "" if line.log else "good" if line.code == "ok" else "bad"
    return _who(visit, line), f"{line.what} → {line.code}" if line.code else line.what, look


ROUTES = (
    Route("GET", "/admin/audit", show),
    Route("GET", "/admin/audit.csv", download),
)
