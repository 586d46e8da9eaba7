"""The first page: today's events, and what is to be done next."""

from __future__ import annotations

import bottle

from api.admin.visit import Route, Visit

_EVENTS = """SELECT e.uuid, e.name, e.opens_at, e.closes_at,
    (SELECT COUNT(*) FROM ticket t WHERE t.event_id = e.id AND t.status <> 'cancelled'),
    (SELECT COUNT(*) FROM ticket t WHERE t.event_id = e.id AND t.status = 'scanned')
    FROM event e ORDER BY e.id DESC LIMIT 12"""
_GATES = "SELECT COUNT(*) FROM device WHERE archived_at IS NULL AND claimed_at IS NOT NULL"


def show(visit: Visit) -> bottle.HTTPResponse:
    """``GET /admin/``."""
    events = visit.store.db.run(_EVENTS).fetchall()
    gates = visit.store.db.run(_GATES).fetchone()[0]
    return visit.render("home.html", events=events, gates=gates)


ROUTES = (Route("GET", "/admin/", show),)
