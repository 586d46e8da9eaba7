"""Which doors are open now, as people mean it: an evening's gates may be switched off after it without an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.store.store import Store

EVENING_US = 12 * 3600 * 1_000_000  # how long doors count as open when nobody said until when
BUSY_US = 30 * 60 * 1_000_000  # doors without times count as open so long after the last ticket there
_EVENTS = "SELECT id, name, opens_at, closes_at, ends_at FROM event ORDER BY id"
_LAST = """SELECT event_id, MAX(arrived_at) FROM scan_line
    WHERE id > (SELECT COALESCE(MAX(id), 0) FROM scan_line) - ? AND event_id IS NOT NULL GROUP BY event_id"""
# The first that is to come; when none is, the last that was.
_NEXT = """SELECT uuid FROM event ORDER BY CASE WHEN COALESCE(opens_at, starts_at, created_at) > ? THEN 0 ELSE 1 END,
    ABS(COALESCE(opens_at, starts_at, created_at) - ?), id DESC LIMIT 1"""
_LOOK_BACK = 5000  # lines; fifty gates at their fastest write them in seven minutes


@dataclass(frozen=True, slots=True)
class Doors:
    """An event whose doors are open. Microseconds since 1970; ``opened_at`` None: no time was set for them."""

    event_id: int
    name: str
    opened_at: int | None
    last_scan_at: int | None  # of the newest 5,000 lines


def open_doors(store: Store, now: int) -> list[Doors]:
    """The events whose doors are open at ``now``.

    From the time that was set until they close, else until the event ends, else for twelve hours. Without a time to
    open, which lets people in at any hour, they count as open while there was a ticket in the last half hour.
    """
    last: Mapping[int, int] = dict(store.db.run(_LAST, (_LOOK_BACK,)).fetchall())
    found = []
    for event_id, name, opens_at, closes_at, ends_at in store.db.run(_EVENTS).fetchall():
        last_scan_at = last.get(event_id)
        begins = opens_at if opens_at is not None else last_scan_at
        if begins is None:
            continue
        ends = closes_at or ends_at or begins + EVENING_US
        if opens_at is None:
            ends = min(closes_at or now + 1, begins + BUSY_US)
        if begins <= now < ends:
            found.append(Doors(event_id, name, opens_at, last_scan_at))
    return found


def event_of_now(store: Store, now: int) -> str:
    """The uuid of the event whose doors are open (of several, where somebody came last), else open next; "" of none."""
    doors = open_doors(store, now)
    if doors:
        busiest = max(doors, key=lambda each: (each.last_scan_at or 0, each.opened_at or 0))
        row = store.db.run("SELECT uuid FROM event WHERE id = ?", (busiest.event_id,)).fetchone()
    else:
        row = store.db.run(_NEXT, (now, now)).fetchone()
    return str(row[0]) if row is not None else ""
