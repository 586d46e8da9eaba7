"""Signs of life: when gates last asked about a ticket, and when they were last heard of at all."""

from __future__ import annotations

from api.store.store import Store

LOOK_BACK = 5000  # lines of the log; fifty gates at their fastest write them in seven minutes

_NEWEST = "SELECT d.uuid, MAX(l.arrived_at) FROM scan_line l JOIN device d ON d.id = l.device_id GROUP BY d.uuid"
_OF_ONE = "SELECT MAX(arrived_at) FROM scan_line WHERE device_id = ?"
_RECENT = """SELECT device_id, MAX(arrived_at) FROM scan_line
    WHERE id > (SELECT COALESCE(MAX(id), 0) FROM scan_line) - ? GROUP BY device_id"""


def newest_scans(store: Store) -> dict[str, int]:
    """When each device that ever asked last did so, by uuid, microseconds since 1970. Reads the whole log."""
    return dict(store.db.run(_NEWEST).fetchall())


def recent_scans(store: Store) -> dict[int, int]:
    """The same by the device's id, of the newest 5,000 lines alone: what costs the same however long the log is."""
    return dict(store.db.run(_RECENT, (LOOK_BACK,)).fetchall())


def last_scan(store: Store, device_id: int) -> int | None:
    """When this device last asked about a ticket, however long ago; None: never."""
    row = store.db.run(_OF_ONE, (device_id,)).fetchone()
    return None if row is None else row[0]


def heard_at(*signs: int | None) -> int | None:
    """The newest of these moments; None when there is none."""
    return max((sign for sign in signs if sign is not None), default=None)
