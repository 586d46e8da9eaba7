"""What gates say of themselves, kept as each last said it: one small write, not more than one in ten seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping

from api.store import moments
from api.store.store import Store

LEAST_APART_US = 10 * 1_000_000  # microseconds; kiosks say it every 30 s

_LAST = "SELECT heartbeat_at, heartbeat FROM device WHERE id = ?"
_NOTE = "UPDATE device SET heartbeat = ?, heartbeat_at = ? WHERE id = ?"


def note(store: Store, device_id: int, told: Mapping[str, object]) -> bool:
    """Keep what this device says now; False, and nothing is written, when it said so less than ten seconds ago.

    ``told`` holds checked values only. Its ``report`` is kept with the time, ``report_at``, until the next report:
    gates send one when it has changed. A clock of this server that was set back does not keep a gate silent.
    """
    now = moments.now()
    heard_at, text = store.db.run(_LAST, (device_id,)).fetchone() or (None, None)
    if heard_at is not None and 0 <= now - heard_at < LEAST_APART_US:
        return False
    kept = {**told, "report_at": now} if "report" in told else {**told, **_report(text)}
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    store.settle(lambda: store.db.run(_NOTE, (text, now, device_id)))
    return True


def read(text: str | None) -> dict[str, object]:
    """What a device last said, as it was kept; {} for nothing, or for what is nothing of ours."""
    try:
        told = json.loads(text) if text else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _report(text: str | None) -> dict[str, object]:
    """The last report and its time, out of what was kept."""
    told = read(text)
    return {name: told[name] for name in ("report", "report_at") if name in told}
