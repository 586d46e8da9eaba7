"""How an event's doors stand: counted from the tickets themselves, so that annuls, exits and imports are in it.

One pass over the event's tickets gives every figure. It is kept for a moment and shared by all who watch: however many
door pages are open, the database is asked once a refresh.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from api.store import moments
from api.store.store import Store

BUCKET_US = 5 * 60 * 1_000_000  # microseconds: one point of the curve is five minutes
BUCKETS = 48  # four hours
_REFUSALS = 12
_LOOK_BACK = 5000  # audit lines: an evening without refusals is not read to its beginning each time
_KEPT_S = 1.0  # seconds at least; and a twentieth of the time, for an event whose pass takes long
_SHARE = 20

# Of a ticket t: its holder came in. Who went out keeps the time of it, on a ticket that is valid again; one that came
# scanned from elsewhere has none.
ADMITTED = "(t.status = 'scanned' OR t.status <> 'cancelled' AND t.scanned_at IS NOT NULL)"

_COUNT = """SELECT t.status, q.name, d.name, t.scanned_at / 300000000, COUNT(*) FROM ticket t
    LEFT JOIN price p ON p.id = t.price_id LEFT JOIN product q ON q.id = p.product_id
    LEFT JOIN device d ON d.id = t.scanned_by WHERE t.event_id = ?
    GROUP BY t.status, q.name, d.name, t.scanned_at / 300000000"""
_REFUSED = """SELECT l.id, l.arrived_at, d.name, l.code, l.ticket_uuid, l.action
    FROM scan_line l JOIN device d ON d.id = l.device_id
    WHERE l.id > (SELECT COALESCE(MAX(id), 0) FROM scan_line) - ? AND l.action IN ('scan', 'out')
    AND l.code <> 'ok'
    AND (l.event_id = ? OR l.event_id IS NULL) ORDER BY l.id DESC LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody who was not let in (``action`` "out": out), when (microseconds since 1970) and why."""

    id: int
    at: int
    gate: str
    code: str
    ticket: str | None
    action: str


@dataclass(frozen=True, slots=True)
class Figures:
    """An event's doors at one moment. Admitted is who came in, whether or not they went out since (re-entry)."""

    admitted: int
    inside: int  # of those, who did not go out
    total: int  # tickets that may come or have come: all but the cancelled
    products: dict[str, tuple[int, int]]  # name ("" without product) → admitted, total
    gates: dict[str, int]  # name → who came in there (last); "" for tickets that came scanned from elsewhere
    curve: list[tuple[int, int]]  # beginning of five minutes (microseconds), who came in then; oldest first
    refusals: list[Refusal] = field(default_factory=list)  # newest first


class Tally:
    """The figures of all events, each counted once a moment for everybody."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._counting: dict[int, threading.Lock] = {}
        self._kept: dict[int, tuple[float, Figures]] = {}  # event id → good until, figures

    def figures(self, event_id: int) -> Figures:
        """How this event's doors stand, at most about a second old."""
        with self._lock:
            counting = self._counting.setdefault(event_id, threading.Lock())
        with counting:  # who asks meanwhile gets what this one counts
            until, figures = self._kept.get(event_id, (0.0, None))
            now = self._clock()
            if figures is None or now >= until:
                figures = count(self._store, event_id, moments.now())
                spent = self._clock() - now
                self._kept[event_id] = (now + max(_KEPT_S, spent * _SHARE), figures)
            return figures


def count(store: Store, event_id: int, now: int) -> Figures:
    """One pass over the event's tickets, and its last refusals. ``now``: the curve's end, microseconds since 1970."""
    newest = now // BUCKET_US
    admitted = inside = total = 0
    products: dict[str, tuple[int, int]] = {}
    gates: dict[str, int] = {}
    curve = dict.fromkeys(range(newest - BUCKETS + 1, newest + 1), 0)
    for status, product, gate, bucket, number in store.db.run(_COUNT, (event_id,)):
        if status == "cancelled":
            continue
        came = number if status == "scanned" or bucket is not None else 0
        before = products.get(product or "", (0, 0))
        products[product or ""] = (before[0] + came, before[1] + number)
        total, admitted, inside = total + number, admitted + came, inside + (number if status == "scanned" else 0)
        if came:
            gates[gate or ""] = gates.get(gate or "", 0) + came
            if bucket in curve:
                curve[bucket] += came
    refusals = [Refusal(*row) for row in store.db.run(_REFUSED, (_LOOK_BACK, event_id, _REFUSALS))]
    points = [(bucket * BUCKET_US, number) for bucket, number in sorted(curve.items())]
    return Figures(
        admitted, inside, total, dict(sorted(products.items())), dict(sorted(gates.items())), points, refusals
    )
