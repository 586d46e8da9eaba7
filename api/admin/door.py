"""The live door page: how full, how fast, by product and gate, what was refused, what needs a look.

It is told by server-sent events that end at once: the browser comes again after two seconds, and no thread of those
that serve gates is held by who watches. Without scripts the page is the same, and is reloaded by hand.
"""

from __future__ import annotations

import hashlib

import bottle

from api.admin import curve, faults
from api.admin.visit import Route, Visit
from api.store import models, moments
from api.watch.doors import event_of_now

_AGAIN_MS = 2000
_ALL = "SELECT uuid, name FROM event ORDER BY COALESCE(opens_at, starts_at, created_at) DESC"


def show(visit: Visit) -> bottle.HTTPResponse:
    """``GET door?event=UUID``: without one, the event whose doors are open or open next."""
    asked = str(visit.query.get("event", ""))
    if not asked:
        asked = event_of_now(visit.store, moments.now())
        if not asked:
            return visit.render("door_none.html")
    event = visit.event(asked)
    events = visit.store.db.run(_ALL).fetchall()
    return visit.render("door.html", event=event, events=events, live=_live(visit, event))


def stream(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``GET door/UUID/events``: what has changed, as one server-sent event; nothing when all is as it was."""
    page = _live(visit, visit.event(uuid))
    tag = hashlib.sha256(page.encode()).hexdigest()[:16]
    said = [f"retry: {_AGAIN_MS}"]
    if visit.environ.get("HTTP_LAST_EVENT_ID") != tag:
        said += [f"id: {tag}", "event: door", *(f"data: {line}" for line in page.splitlines())]
    body = "\n".join(said) + "\n\n"
    return bottle.HTTPResponse(body, 200, {"Content-Type": "text/event-stream; charset=utf-8"})


def _live(visit: Visit, event: models.Event) -> str:
    """The part of the page that changes."""
    figures = visit.house.tally.figures(event.id)
    has_hours = event.opens_at is not None or event.closes_at is not None
    doubt = [visit.say("door_clock_doubtful")] if has_hours and visit.house.clock.is_doubtful() else []
    page = bottle.template(
        "door_live.html",
        template_lookup=visit.templates,
        visit=visit,
        say=visit.say,
        figures=figures,
        picture=curve.draw(figures.curve),
        has_reentry=bool(event.reentry),
        clock=lambda micros: visit.moment(micros)[-5:],
        warnings=doubt + [faults.sentence(visit, trouble) for trouble in visit.house.outlook.troubles()],
    )
    return str(page)


ROUTES = (
    Route("GET", "/admin/door", show),
    Route("GET", "/admin/door/<uuid>/events", stream),
)
