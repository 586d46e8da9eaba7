"""Alerts: troubles at the doors from when they are seen until they are over, once for all processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.store import moments
from api.store.store import Store
from api.watch.silence import Kind, Trouble

_STANDING = """SELECT a.id, a.kind, a.device_id, a.event_id, a.since, COALESCE(d.name, e.name) FROM alert a
    LEFT JOIN device d ON d.id = a.device_id LEFT JOIN event e ON e.id = a.event_id
    WHERE a.over_at IS NULL ORDER BY a.id"""
_UNTOLD = "SELECT id FROM alert WHERE over_at IS NULL AND told_at IS NULL"
_BEGIN = "INSERT INTO alert (kind, device_id, event_id, since) VALUES (?, ?, ?, ?)"
_NEWEST = "SELECT MAX(id) FROM alert"
_END = "UPDATE alert SET over_at = ? WHERE id = ? AND over_at IS NULL"
_TOLD = "UPDATE alert SET told_at = ? WHERE id = ? AND told_at IS NULL"
_OF_GATES: frozenset[Kind] = frozenset({"gate_silent", "gate_fault", "gate_clock"})  # the others are of events


@dataclass(frozen=True, slots=True)
class Alert:
    """One trouble. ``name``: the gate's or the event's; times are microseconds since 1970.

    ``faults`` and ``clock_off_s`` are what the gate said when it began; a fault that joins others is no new alert.
    """

    id: int
    kind: str
    name: str
    since: int
    over_at: int | None = None
    faults: tuple[str, ...] = ()
    clock_off_s: float | None = None


def settle(store: Store, troubles: Sequence[Trouble], now: int | None = None) -> list[Alert]:
    """Begin alerts for what is new, end those of what is over; the changes that this call made, for telling.

    Of several processes that see the same, one makes each change, and so one tells it. Without a change nothing is
    written: gates wait for no look at the doors. ``now`` None: by this machine's clock.
    """
    standing = _standing(store)
    if {_key(trouble) for trouble in troubles} == standing.keys():
        return []
    changed: list[Alert] = []
    with store.writing():
        standing = _standing(store)  # another process may have settled it meanwhile
        now = moments.now() if now is None else now
        for trouble in troubles:
            if standing.pop(_key(trouble), None) is None:
                changed.append(_begin(store, trouble))
        for alert in standing.values():
            store.db.run(_END, (now, alert.id))
            changed.append(Alert(alert.id, alert.kind, alert.name, alert.since, now))
    return changed


def untold(store: Store, troubles: Sequence[Trouble]) -> list[Alert]:
    """Of the alerts about these troubles those whose beginning nobody has taken yet, as they would be told now.

    Nobody, since the webhook was down for too long, or the server ended before it had told them.
    """
    waiting = {alert_id for (alert_id,) in store.db.run(_UNTOLD)}
    if not waiting:
        return []
    standing = _standing(store)
    pairs = [(standing.get(_key(trouble)), trouble) for trouble in troubles]
    return [_told_of(alert.id, trouble, alert.since) for alert, trouble in pairs if alert and alert.id in waiting]


def standing_since(store: Store) -> dict[tuple[str, int], int]:
    """Since when each alert stands, by its kind and the id of its gate or event."""
    return {key: alert.since for key, alert in _standing(store).items()}


def note_told(store: Store, alert: Alert) -> None:
    """Keep when people were told that it began."""
    store.settle(lambda: store.db.run(_TOLD, (moments.now(), alert.id)))


def _standing(store: Store) -> dict[tuple[str, int], Alert]:
    rows = store.db.run(_STANDING).fetchall()
    return {
        (kind, device_id if event_id is None else event_id): Alert(alert_id, kind, name, since)
        for alert_id, kind, device_id, event_id, since, name in rows
    }


def _begin(store: Store, trouble: Trouble) -> Alert:
    device_id, event_id = (trouble.id, None) if trouble.kind in _OF_GATES else (None, trouble.id)
    store.db.run(_BEGIN, (trouble.kind, device_id, event_id, trouble.since))
    (alert_id,) = store.db.run(_NEWEST).fetchone()
    return _told_of(alert_id, trouble, trouble.since)


def _told_of(alert_id: int, trouble: Trouble, since: int) -> Alert:
    return Alert(alert_id, trouble.kind, trouble.name, since, faults=trouble.faults, clock_off_s=trouble.clock_off_s)


def _key(trouble: Trouble) -> tuple[str, int]:
    return trouble.kind, trouble.id
