"""How an event's doors fill: counted from the tickets themselves, so that it is right whatever was undone or imported.

Counting reads every ticket of the event once (100,000: some 50 ms). It is done when somebody looks, by one thread at a
time, and rests twenty times as long as it took: at most a twentieth of one core, however many look.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass

from api.store import moments
from api.store.store import Store

STEP_US = 5 * 60 * 1_000_000  # microseconds: one step of the curve
STEPS = 72  # six hours
REFUSALS = 15
_LINES_BACK = 5_000  # how far back refusals are looked for: by the log's own key, since it has no other
_REST_S = 1.0
_REST_TIMES = 20.0

# A ticket that is valid and bears the time it came in has gone out again, and may come back.
_COUNT = """SELECT price_id, scanned_by, status, scanned_at / 300000000, COUNT(*) FROM ticket
    WHERE event_id = ? AND status IN ('valid', 'scanned') GROUP BY 1, 2, 3, 4"""
_PRODUCTS = "SELECT p.id, q.name FROM price p JOIN product q ON q.id = p.product_id"
_NEWEST = "SELECT COALESCE(MAX(id), 0) FROM scan_line"
_REFUSED = """SELECT l.arrived_at, d.name, l.code, l.ticket_uuid FROM scan_line l JOIN device d ON d.id = l.device_id
    WHERE l.id > ? AND l.code <> 'ok' AND l.action IN ('scan', 'out') AND (l.event_id = ? OR l.event_id IS NULL)
    ORDER BY l.id DESC LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Part:
    """A product, or a gate: how many came in of how many. ``total`` is None for a gate."""

    name: str | None  # None: without a product; or not by a gate, but taken over from elsewhere
    admitted: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One scan that was refused. Microseconds since 1970."""

    at: int
    gate: str
    code: str
    ticket_uuid: str | None


@dataclass(frozen=True, slots=True)
class Doors:
    """How an event's doors stood at ``at``. ``inside``: those who came in and have not gone out again.

    ``curve``: guests who came in during each of the last ``STEPS`` steps, the oldest first; ``until`` is the end of the
    last step. Who came in by several ways is counted where they came in last.
    """

    at: int
    total: int
    admitted: int
    inside: int
    products: tuple[Part, ...]
    gates: tuple[Part, ...]
    curve: tuple[int, ...]
    until: int
    refusals: tuple[Refusal, ...]


def count(store: Store, event_id: int, now: int | None = None) -> Doors:
    """Count this event's tickets now. ``now``: microseconds since 1970, this machine's when not given."""
    now = moments.now() if now is None else now
    last = now // STEP_US
    product_of = dict(store.db.run(_PRODUCTS).fetchall())
    gate_of = dict(store.db.run("SELECT id, name FROM device").fetchall())
    totals: Counter[str | None] = Counter()
    came: Counter[str | None] = Counter()
    gates: Counter[str | None] = Counter()
    steps: Counter[int] = Counter()
    inside = 0
    for price_id, device_id, status, step, tickets in store.db.run(_COUNT, (event_id,)).fetchall():
        product = product_of.get(price_id)
        totals[product] += tickets
        if status != "scanned" and step is None:
            continue
        came[product] += tickets
        gates[gate_of.get(device_id)] += tickets
        inside += tickets if status == "scanned" else 0
        if step is not None:
            steps[step] += tickets
    return Doors(
        at=now,
        total=totals.total(),
        admitted=came.total(),
        inside=inside,
        products=tuple(Part(name, came[name], totals[name]) for name in sorted(totals, key=_by_name)),
        gates=tuple(Part(name, gates[name]) for name in sorted(gates, key=_by_name)),
        curve=tuple(steps[step] for step in range(last - STEPS + 1, last + 1)),
        until=(last + 1) * STEP_US,
        refusals=_refusals(store, event_id),
    )


def _refusals(store: Store, event_id: int) -> tuple[Refusal, ...]:
    (newest,) = store.db.run(_NEWEST).fetchone()
    rows = store.db.run(_REFUSED, (newest - _LINES_BACK, event_id, REFUSALS)).fetchall()
    return tuple(Refusal(*row) for row in rows)


def _by_name(name: str | None) -> tuple[bool, str]:
    return name is None, name or ""


@dataclass(slots=True)
class _Counted:
    doors: Doors
    fresh_until: float  # monotonic seconds


class Tally:
    """The newest count of each event, shared by all who look. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counted: dict[int, _Counted] = {}
        self._locks: dict[int, threading.Lock] = {}
        self._lock = threading.Lock()

    def doors(self, event_id: int) -> Doors:
        """How this event's doors stand: a second old, or older by what counting costs. Only the first look waits."""
        with self._lock:
            counting = self._locks.setdefault(event_id, threading.Lock())
        known = self._counted.get(event_id)
        if known is not None and (time.monotonic() < known.fresh_until or not counting.acquire(blocking=False)):
            return known.doors
        if known is None:
            counting.acquire()
        try:
            known = self._counted.get(event_id)
            if known is None or time.monotonic() >= known.fresh_until:
                known = self._count(event_id)
            return known.doors
        finally:
            counting.release()

    def _count(self, event_id: int) -> _Counted:
        began = time.monotonic()
        doors = count(self._store, event_id)
        ended = time.monotonic()
        counted = _Counted(doors, ended + max(_REST_S, _REST_TIMES * (ended - began)))
        self._counted[event_id] = counted
        return counted
