"""The two audit logs, of gates and of admins, read as one: newest first, with filters, page by page. Knows no web."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from api.store.store import Store

FIRST = (2**62, 2**62)  # before any line of either log
_STEP = 1000
# Both in one shape. A page goes on below the last ids of the page before, so no page counts those before it.
_SCANS = """SELECT l.arrived_at, 0, l.id, d.name, l.action, l.code, l.ticket_uuid, e.name, l.reason
    FROM scan_line l JOIN device d ON d.id = l.device_id LEFT JOIN event e ON e.id = l.event_id"""
_ACTS = """SELECT l.at, 1, l.id, a.name, l.act, '', l.subject, e.name, l.detail
    FROM admin_line l LEFT JOIN admin a ON a.id = l.admin_id LEFT JOIN event e ON e.id = l.event_id"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of either log. ``who``: a gate or an admin, None: the organiser's shell. ``at``: microseconds."""

    at: int
    log: int  # 0: what a gate asked, 1: what an admin did
    id: int
    who: str | None
    what: str
    code: str
    subject: str | None  # a ticket's, device's or event's uuid
    event: str | None
    more: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are wanted; "" and None want all. ``log``: "scans" or "acts" alone."""

    log: str = ""
    event_uuid: str = ""
    who: str = ""  # part of a name, whatever its case
    what: str = ""  # an action, an act or a code
    subject: str = ""  # the beginning of a uuid
    since: int | None = None
    until: int | None = None


def page(store: Store, wanted: Filter, before: tuple[int, int], count: int) -> list[Line]:
    """At most ``count`` lines below the ids ``before`` of the two logs (``FIRST`` for the first page).

    Merged by time, each log in the order in which it was written: a clock that was set back loses no line.
    """
    scans: list[Line] = []
    admin_acts: list[Line] = []
    if wanted.log != "acts":
        columns = ("l.arrived_at", "d.name", "l.code", "l.action", "l.ticket_uuid")
        scans = _read(store, _SCANS, columns, wanted, (before[0], count))
    if wanted.log != "scans":
        admin_acts = _read(store, _ACTS, ("l.at", "a.name", "l.act", "l.act", "l.subject"), wanted, (before[1], count))
    return list(heapq.merge(admin_acts, scans, key=lambda line: -line.at))[:count]


def below(shown: list[Line], before: tuple[int, int]) -> tuple[int, int]:
    """Where the page after these lines begins."""
    lowest = [min((line.id for line in shown if line.log == log), default=before[log]) for log in (0, 1)]
    return lowest[0], lowest[1]


def everything(store: Store, wanted: Filter) -> Iterator[Line]:
    """All lines, a thousand at a time: no memory for a million of them."""
    before = FIRST
    while shown := page(store, wanted, before, _STEP):
        yield from shown
        before = below(shown, before)


def _read(store: Store, select: str, columns: tuple[str, ...], wanted: Filter, part: tuple[int, int]) -> list[Line]:
    at, who, code, action, subject = columns
    before, count = part
    conditions: list[str] = ["l.id < ?"]
    values: list[object] = [before]
    for condition, value in (
        ("e.uuid = ?", wanted.event_uuid),
        (f"LOWER({who}) LIKE ? ESCAPE '!'", wanted.who and f"%{_plain(wanted.who.lower())}%"),
        (f"{subject} LIKE ? ESCAPE '!'", wanted.subject and f"{_plain(wanted.subject.lower())}%"),
        (f"{at} >= ?", wanted.since),
        (f"{at} < ?", wanted.until),
    ):
        if value not in ("", None):
            conditions.append(condition)
            values.append(value)
    if wanted.what:
        conditions.append(f"({code} = ? OR {action} = ?)")
        values += [wanted.what, wanted.what]
    # Only names of columns are put together here; whatever was typed is a value.
    sql = f"{select} WHERE {' AND '.join(conditions)} ORDER BY l.id DESC LIMIT ?"
    return [Line(*row) for row in store.db.run(sql, (*values, count))]


def _plain(text: str) -> str:
    """The text without the meaning that LIKE gives % and _."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
