"""The first page: the events of now and soon, and what is to be done next."""

from __future__ import annotations

import bottle

from api.admin.visit import Route, Visit
from api.store import moments
from api.watch.tally import ADMITTED

_DAY = 24 * 3600 * 1_000_000  # microseconds
# What is over comes last; among the others, what is nearest to now comes first.
_EVENTS = f"""SELECT e.uuid, e.name, e.opens_at, e.closes_at,
    (SELECT COUNT(*) FROM ticket t WHERE t.event_id = e.id AND t.status <> 'cancelled'),
    (SELECT COUNT(*) FROM ticket t WHERE t.event_id = e.id AND {ADMITTED})
    FROM event e ORDER BY CASE WHEN COALESCE(e.closes_at, e.ends_at, e.starts_at + ?) < ? THEN 1 ELSE 0 END,
    ABS(COALESCE(e.starts_at, e.opens_at, e.created_at) - ?), e.id DESC LIMIT 12"""  # noqa: S608  # a statement of ours
_GATES = "SELECT COUNT(*) FROM device WHERE archived_at IS NULL AND claimed_at IS NOT NULL"


def show(visit: Visit) -> bottle.HTTPResponse:
    """``GET /admin/``."""
    now = moments.now()
    events = visit.store.db.run(_EVENTS, (_DAY, now, now)).fetchall()
    gates = visit.store.db.run(_GATES).fetchone()[0]
    kept = visit.house.shelf.kept()
    backup = visit.moment(kept[0].made_at) if kept else ""
    return visit.render(
        "home.html", events=events, gates=gates, backup=backup, is_safe=visit.house.shelf.state(kept, now) == "fine"
    )


ROUTES = (Route("GET", "/admin/", show),)
