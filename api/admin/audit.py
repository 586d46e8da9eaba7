"""The audit log on the web: filters, pages, and the whole of it as CSV."""

from __future__ import annotations

from urllib.parse import urlencode

import bottle

from api.admin import audit_lines, audit_words, sheets, times
from api.admin.audit_lines import Filter
from api.admin.visit import RefusedError, Route, Visit

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
        events=audit_words.event_names(visit),
        choices=audit_words.choices(visit),
        asked=asked,
        more=f"/admin/audit?{urlencode({**asked, 'before': below})}" if len(found) > _PAGE else "",
        csv=f"/admin/audit.csv?{urlencode(asked)}",
        log=audit_words,
    )


def download(visit: Visit) -> bottle.HTTPResponse:
    """``GET audit.csv``: every line that the filters let through."""
    titles = [visit.say(f"audit_{name}") for name in ("at", "who", "what", "code", "subject", "event", "more")]
    lines = audit_lines.everything(visit.store, _filter(visit))
    rows = (
        (visit.moment(line.at), audit_words.who(visit, line), line.what, line.code, line.subject, line.event, line.more)
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


ROUTES = (
    Route("GET", "/admin/audit", show),
    Route("GET", "/admin/audit.csv", download),
)
