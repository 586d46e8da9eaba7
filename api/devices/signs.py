"""Signs of life: when gates last asked about a ticket, and when they were last heard of at all."""

from __future__ import annotations

from api.store.store import Store

_NEWEST = "SELECT d.id, (SELECT MAX(l.arrived_at) FROM scan_line l WHERE l.device_id = d.id) FROM device d"


def newest_scans(store: Store) -> dict[int, int]:
    """When each device that ever asked about a ticket last did so, by its id, microseconds since 1970.

    One look into an index for each device, however long the log is.
    """
    return {device_id: at for device_id, at in store.db.run(_NEWEST) if at is not None}


def heard_at(*signs: int | None) -> int | None:
    """The newest of these moments; None when there is none."""
    return max((sign for sign in signs if sign is not None), default=None)
