"""Forgetting an event's guests on the web: what goes, what stays, and the event's name typed before anything does."""

from __future__ import annotations

from uuid import UUID

import bottle

from api.admin.visit import Route, Visit
from api.operations import forgetting
from api.store.models import Event


def show(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``GET events/UUID/forget``."""
    return _page(visit, visit.event(uuid))


def forget(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST events/UUID/forget``: only when the event's name was typed."""
    event = visit.event(uuid)
    if str(visit.form.get("name", "")).strip() != event.name.strip():
        return _page(visit, event, 400, visit.say("forget_name_differs"))
    done = forgetting.forget(visit.store, UUID(event.uuid), visit.admin.id)
    counts = {"tickets": done.tickets, "orders": done.orders, "rows": done.import_rows}
    return visit.redirect(f"/admin/events/{event.uuid}", "done_forgotten", **counts)


def _page(visit: Visit, event: Event, status: int = 200, sentence: str = "") -> bottle.HTTPResponse:
    known = forgetting.known(visit.store, UUID(event.uuid))
    return visit.render("forget.html", status, event=event, known=known, sentence=sentence)


ROUTES = (
    Route("GET", "/admin/events/<uuid>/forget", show),
    Route("POST", "/admin/events/<uuid>/forget", forget),
)
