"""What gates say of themselves, kept as each last said it: one small write, not more than one in ten seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping

from api.store import moments
from api.store.store import Store

LEAST_APART_US = 10 * 1_000_000  # microseconds; kiosks say it every 30 s

_WHEN = "SELECT heartbeat_at FROM device WHERE id = ?"
_NOTE = "UPDATE device SET heartbeat = ?, heartbeat_at = ? WHERE id = ?"


def note(store: Store, device_id: int, told: Mapping[str, object]) -> bool:
    """Keep what this device says now; False, and nothing is written, when it said so less than ten seconds ago.

    ``told`` holds checked values only. A clock of this server that was set back does not keep a gate silent.
    """
    now = moments.now()
    row = store.db.run(_WHEN, (device_id,)).fetchone()
    if row is not None and row[0] is not None and 0 <= now - row[0] < LEAST_APART_US:
        return False
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    store.settle(lambda: store.db.run(_NOTE, (text, now, device_id)))
    return True
