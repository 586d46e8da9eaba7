"""Rows against each other and against the database, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from api.store import models
from api.store.store import Store
from api.tickets.importing import columns
from api.tickets.importing.problems import Problem, Report
from api.tickets.importing.row import Row

MOST = 500_000  # tickets of one import
_AT_ONCE = 500
_TAKEN = "SELECT uuid FROM ticket WHERE uuid IN "

Tell = Callable[[Problem], None]
Rows = Callable[[Tell], Iterator[Row]]  # reads the source from its beginning; tells what is wrong in it


def check(store: Store, event: models.Event, rows: Rows) -> Report:
    """Go through the whole source and write nothing. The report's ``errors`` must be 0 before it is laid down."""
    report = Report()
    checker = _Checker(event, report.add)
    waiting: list[Row] = []
    for row in rows(report.add):
        report.rows += 1
        report.tickets += row.count
        report.statuses[row.status.value] += row.count
        checker.check(row)
        if row.uuid is not None:
            waiting.append(row)
        if len(waiting) == _AT_ONCE:
            _known(store, waiting, report.add)
            waiting.clear()
        if report.tickets > MOST:
            report.add(Problem(row.line, "too_many", f"{MOST:,}"))
            break
    _known(store, waiting, report.add)
    if report.rows == 0 and report.errors == 0:
        report.add(Problem(1, "empty"))
    report.problems.sort(key=lambda problem: (problem.line, problem.is_warning))
    return report


def taken(store: Store, uuids: Iterable[str]) -> set[str]:
    """Which of these tickets, 1,000 at most, are in the database."""
    asked = tuple(uuids)
    if not asked:
        return set()
    return {uuid for (uuid,) in store.db.run(f"{_TAKEN}({', '.join('?' * len(asked))})", asked)}


def _known(store: Store, rows: list[Row], tell: Tell) -> None:
    found = taken(store, (row.uuid for row in rows if row.uuid is not None))
    for row in rows:
        if row.uuid in found:
            tell(Problem(row.line, "uuid_taken", row.uuid))


class _Checker:
    """What was seen further up; as hashes, since half a million names would not fit beside a server."""

    def __init__(self, event: models.Event, tell: Tell) -> None:
        self._needs_uuid = event.private_key_pem is None
        self._tell = tell
        self._uuids: set[int] = set()
        self._people: set[int] = set()
        self._amounts: dict[tuple[str, str], int] = {}

    def check(self, row: Row) -> None:
        if row.uuid is None:
            if self._needs_uuid:
                self._tell(Problem(row.line, "uuid_wanted"))
        elif hash(row.uuid) in self._uuids:
            self._tell(Problem(row.line, "uuid_twice", row.uuid))
        else:
            self._uuids.add(hash(row.uuid))
        self._person(row)
        if row.product is not None and row.amount is not None:
            sold = (row.product, row.price or row.product)
            if self._amounts.setdefault(sold, row.amount) != row.amount:
                self._tell(Problem(row.line, "amount_differs", " · ".join(dict.fromkeys(sold))))

    def _person(self, row: Row) -> None:
        name = " ".join(part for part in (row.first_name, row.last_name) if part)
        if not name:
            return
        person = hash((columns.plain(name), (row.email or "").casefold(), row.product))
        if person in self._people:
            self._tell(Problem(row.line, "same_person", name))
        self._people.add(person)
