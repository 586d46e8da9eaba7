"""How things stand in the database, for /metrics: tickets, gates, alerts, size. By uuid; no name is read.

Counting all tickets takes a pass over them, beside the gates' writes. It is kept so long that passes take a twentieth
of the time, however often and by however many it is asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from api.operations.exposition import Family
from api.store.sqlite import SqliteDatabase
from api.store.store import Store
from api.watch.silence import Kind

_KEPT_S = 1.0  # seconds at least
_SHARE = 20

_TICKETS = """SELECT e.uuid, c.status, c.number FROM event e
    JOIN (SELECT event_id, status, COUNT(*) AS number FROM ticket GROUP BY event_id, status) c ON c.event_id = e.id
    ORDER BY e.id, c.status"""
_GATES = "SELECT uuid, heartbeat_at FROM device WHERE archived_at IS NULL AND claimed_at IS NOT NULL ORDER BY id"
_ALERTS = "SELECT kind, COUNT(*) FROM alert WHERE over_at IS NULL GROUP BY kind ORDER BY kind"


class Standing:
    """Counts once a while for all who ask."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._counting = threading.Lock()
        self._until = 0.0
        self._families: list[Family] = []

    def families(self) -> list[Family]:
        """All gauges of the database. Raises peewee.DatabaseError."""
        with self._counting:  # who asks meanwhile gets what this one counts
            began = self._clock()
            if not self._families or began >= self._until:
                self._families = [
                    *_tickets(self._store),
                    *_gates(self._store),
                    _alerts(self._store),
                    _size(self._store),
                ]
                ended = self._clock()
                self._until = ended + max(_KEPT_S, (ended - began) * _SHARE)
            return self._families


def _tickets(store: Store) -> list[Family]:
    family = Family("portillon_tickets", "gauge", "Tickets of an event, by status; inside are the scanned ones.")
    for event, status, number in store.db.run(_TICKETS):
        family.add(number, event=event, status=status)
    return [family]


def _gates(store: Store) -> list[Family]:
    paired = Family("portillon_gates", "gauge", "Paired gates that are not archived.")
    heard = Family("portillon_gate_heard_timestamp_seconds", "gauge", "When a gate last told how it is, since 1970.")
    rows = store.db.run(_GATES).fetchall()
    paired.add(len(rows))
    for gate, heard_at in rows:
        if heard_at is not None:
            heard.add(heard_at / 1_000_000, gate=gate)
    return [paired, heard]


def _alerts(store: Store) -> Family:
    family = Family("portillon_alerts", "gauge", "Alerts that stand now, by kind.")
    standing = dict.fromkeys(get_args(Kind), 0) | dict(store.db.run(_ALERTS).fetchall())
    for kind, number in standing.items():
        family.add(number, kind=kind)
    return family


def _size(store: Store) -> Family:
    family = Family("portillon_database_bytes", "gauge", "Size of the database; of SQLite, with the log beside it.")
    if isinstance(store.db, SqliteDatabase):
        file = Path(str(store.db.database))
        parts = (file, file.with_name(f"{file.name}-wal"))
        family.add(sum(part.stat().st_size for part in parts if part.exists()))
    else:
        family.add(store.db.run("SELECT pg_database_size(current_database())").fetchone()[0])
    return family
