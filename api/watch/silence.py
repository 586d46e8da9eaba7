"""What people at the doors should look at: gates that are silent or say that something is wrong, doors nobody uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from api.devices import heartbeats, signs
from api.store import moments
from api.store.store import Store
from api.watch.doors import Doors, open_doors

Kind = Literal["gate_silent", "no_scan", "gate_fault", "gate_clock"]
CLOCK_OFF_S = 60.0  # a clock that is kept by the network is off by less than one second
# Gates tell of themselves every 30 s; one that looks for the server takes as long again.
HEARD_WITHIN_US = 60 * 1_000_000
# A heartbeat that arrives has disproved them, or will a moment later.
_OF_THE_MOMENT = frozenset({"no_network", "timeout", "server_trouble"})
_GATES = """SELECT id, name, heartbeat_at, heartbeat FROM device
    WHERE archived_at IS NULL AND claimed_at IS NOT NULL AND heartbeat_at IS NOT NULL ORDER BY id"""
_CALLED_SILENT = "SELECT device_id FROM alert WHERE kind = 'gate_silent' AND over_at IS NULL"
_ADMITS = "SELECT device_id, event_id FROM device_event"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a gate may say nothing, and open doors see no ticket. Microseconds.

    ``listening_since``: when the server began to hear gates, in microseconds since 1970; for a minute it can't tell
    who is silent from who had nobody to talk to.
    """

    silent_us: int = 2 * 60 * 1_000_000  # a gate tells of itself every 30 s
    no_scan_us: int = 10 * 60 * 1_000_000
    listening_since: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something to look at. ``id`` is the device's or the event's; ``since``: microseconds since 1970."""

    kind: Kind
    id: int
    name: str
    since: int
    faults: tuple[str, ...] = ()  # of gate_fault: the gate's own codes, the most important first
    clock_off_s: float | None = None  # of gate_clock: the gate's minus this server's


PATIENCE = Patience()


def troubles(store: Store, patience: Patience = PATIENCE, now: int | None = None) -> list[Trouble]:
    """All there is to look at ``now`` (microseconds since 1970; None: by this machine's clock)."""
    now = moments.now() if now is None else now
    doors = open_doors(store, now)
    return [*_of_gates(store, doors, patience, now), *_of_doors(doors, patience, now)]


def _of_gates(store: Store, doors: list[Doors], patience: Patience, now: int) -> list[Trouble]:
    """A gate that never told of itself (another maker's) is not called silent; nor any at night, switched off."""
    rows = store.db.run(_GATES).fetchall()
    scans = signs.newest_scans(store) if rows else {}
    admits: dict[int, set[int]] = {}
    for device_id, event_id in store.db.run(_ADMITS):
        admits.setdefault(device_id, set()).add(event_id)
    open_events = {each.event_id for each in doors}
    is_fresh = 0 <= now - patience.listening_since < HEARD_WITHIN_US
    known = {device_id for (device_id,) in store.db.run(_CALLED_SILENT)} if is_fresh else set()
    found = []
    for device_id, name, told_at, told in rows:
        heard_at = max(told_at, scans.get(device_id, 0))
        if now - heard_at > patience.silent_us:
            if is_fresh and device_id not in known:
                continue
            if open_events and not open_events.isdisjoint(admits.get(device_id, open_events)):
                found.append(Trouble("gate_silent", device_id, name, heard_at))
        elif now - told_at <= patience.silent_us:  # what it said longer ago may be over
            found += _told(device_id, name, told_at, heartbeats.read(told))
    return found


def _told(device_id: int, name: str, told_at: int, told: Mapping[str, object]) -> list[Trouble]:
    """What a gate says is wrong with itself."""
    found = []
    listed = told.get("faults")
    faults = tuple(str(each) for each in listed if each not in _OF_THE_MOMENT) if isinstance(listed, list) else ()
    if faults:
        found.append(Trouble("gate_fault", device_id, name, told_at, faults))
    off = told.get("clock_off_s")
    if isinstance(off, int | float) and abs(off) > CLOCK_OFF_S:
        found.append(Trouble("gate_clock", device_id, name, told_at, clock_off_s=float(off)))
    return found


def _of_doors(doors: list[Doors], patience: Patience, now: int) -> list[Trouble]:
    found = []
    for each in doors:
        if each.opened_at is None:
            continue
        since = max(each.last_scan_at or 0, each.opened_at)
        if now - since > patience.no_scan_us:
            found.append(Trouble("no_scan", each.event_id, each.name, since))
    return found
