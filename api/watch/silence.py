"""What people at the doors should look at: gates that fell silent, doors that are open and let nobody in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from api.store import moments
from api.store.store import Store

Kind = Literal["gate_silent", "no_scan"]
SILENT_US = 2 * 60 * 1_000_000  # a gate tells of itself every 30 s
NO_SCAN_US = 10 * 60 * 1_000_000
_SILENT = """SELECT id, name, heartbeat_at FROM device
    WHERE archived_at IS NULL AND claimed_at IS NOT NULL AND heartbeat_at < ? ORDER BY id"""
_OPEN = """SELECT id, name, opens_at FROM event
    WHERE opens_at IS NOT NULL AND opens_at < ? AND (closes_at IS NULL OR closes_at > ?) ORDER BY id"""
_LAST = """SELECT MAX(arrived_at) FROM scan_line
    WHERE id > (SELECT COALESCE(MAX(id), 0) FROM scan_line) - 5000 AND event_id = ?"""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something to look at. ``id`` is the device's or the event's; ``since``: microseconds since 1970."""

    kind: Kind
    id: int
    name: str
    since: int


def troubles(store: Store, silent_us: int = SILENT_US, no_scan_us: int = NO_SCAN_US) -> list[Trouble]:
    """All there is to look at now. A gate that never told of itself (another maker's) is not called silent."""
    now = moments.now()
    found = [
        Trouble("gate_silent", device_id, name, heard_at)
        for device_id, name, heard_at in store.db.run(_SILENT, (now - silent_us,)).fetchall()
    ]
    for event_id, name, opens_at in store.db.run(_OPEN, (now, now)).fetchall():
        (last,) = store.db.run(_LAST, (event_id,)).fetchone()
        since = max(last or 0, opens_at)
        if now - since > no_scan_us:
            found.append(Trouble("no_scan", event_id, name, since))
    return found
