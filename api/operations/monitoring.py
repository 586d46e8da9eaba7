"""What a monitoring system asks of this process: /healthz, is all well; /metrics, the figures."""

from __future__ import annotations

import logging
import platform
import time
from importlib.metadata import version

import peewee

from api.operations.counters import BOUNDS, Counted, Counters
from api.operations.exposition import Family, write
from api.operations.health import told, troubles
from api.operations.near import Readers
from api.operations.shelf import Shelf
from api.operations.standing import Standing
from api.scan.errors import Refusal, error_body
from api.store.sqlite import GROUPS, SqliteDatabase
from api.store.store import Store

_log = logging.getLogger(__name__)


class Monitoring:
    """The figures of one application on one store. Each process tells of its own requests."""

    def __init__(self, store: Store, readers: Readers, shelf: Shelf) -> None:
        self.counters = Counters()
        self.readers = readers
        self._store = store
        self._shelf = shelf
        self._standing = Standing(store)
        self._began = time.time()

    def health(self) -> tuple[int, dict[str, object]]:
        """Status and JSON: 200 when tickets can be scanned, 503 with what is ``wrong``. Anybody may read it."""
        wrong = troubles(self._store)
        if not wrong:
            return 200, {"success": True, "message": "Tickets can be scanned", "code": "ok"}
        text = told(wrong)
        return 503, error_body(Refusal.UNAVAILABLE, text) | {"wrong": wrong}

    def metrics(self) -> str:
        """Prometheus' text. A database that fails leaves the gauges out and says so in ``portillon_up``."""
        families = [*self._process(), *_requests(self.counters), *self._commits(), self._backup()]
        up = Family("portillon_up", "gauge", "1 while the database answers.")
        try:
            families += self._standing.families()
            up.add(1)
        except (peewee.DatabaseError, OSError) as error:
            _log.warning("the database could not be counted: %s", type(error).__name__)
            up.add(0)
        return write([up, *families])

    def _process(self) -> list[Family]:
        info = Family("portillon_build_info", "gauge", "1; what runs here is in the labels.")
        engine = "sqlite" if isinstance(self._store.db, SqliteDatabase) else "postgresql"
        info.add(1, version=version("portillon"), python=platform.python_version(), database=engine)
        began = Family("process_start_time_seconds", "gauge", "When this process began, since 1970.")
        began.add(self._began)
        return [info, began]

    def _backup(self) -> Family:
        """Nothing where none is kept: absence is what an alarm is to ask for, too."""
        family = Family("portillon_backup_timestamp_seconds", "gauge", "When the newest backup was made, since 1970.")
        if kept := self._shelf.kept():
            family.add(kept[0].made_at / 1_000_000)
        return family

    def _commits(self) -> list[Family]:
        """How many scans shared a commit. PostgreSQL groups commits by itself and does not tell."""
        if not isinstance(self._store.db, SqliteDatabase):
            return []
        family = Family("portillon_commit_scans", "histogram", "Works of gates that were made durable by one commit.")
        counts, works = self._store.db.groups()
        family.add_histogram(GROUPS, counts, works)
        return [family]


def _requests(counters: Counters) -> list[Family]:
    requests = Family("portillon_requests_total", "counter", "Requests answered, by route and status.")
    seconds = Family("portillon_request_seconds", "histogram", "From a request's arrival to its answer, by route.")
    scans = Family("portillon_scans_total", "counter", "Tickets judged, by the answer's code; check: only looked at.")
    routes, strays = counters.read()
    for route in routes:
        labels = {"method": route.method, "route": route.route}
        for status, number in sorted(route.statuses.items()):
            requests.add(number, **labels, status=str(status))
        seconds.add_histogram(BOUNDS, route.times, route.seconds, **labels)
    for (action, code), number in sorted(_codes(routes).items()):
        scans.add(number, action=action, code=code)
    for status, number in sorted(strays.items()):
        requests.add(number, method="any", route="none", status=str(status))
    return [scans, requests, seconds]


def _codes(routes: list[Counted]) -> dict[tuple[str, str], int]:
    """Both prefixes together: one ticket is one ticket."""
    found: dict[tuple[str, str], int] = {}
    for route in routes:
        if route.action is not None:
            for code, number in route.codes.items():
                found[route.action, code] = found.get((route.action, code), 0) + number
    return found
