"""What is asked during an evening reads no log from its beginning to its end: by the engine's own plan, not by time."""

from __future__ import annotations

import re

import pytest

from api.admin import gate_page
from api.devices import signs
from api.store import annul
from api.store.sqlite import SqliteDatabase
from api.tickets import unscan

STATEMENTS = {
    "when each gate last asked": (signs._NEWEST, ()),
    "the last presentations at a gate": (gate_page._RECENT, (1, 20)),
    "an admission is given back": (annul._GIVE_BACK, ("uuid", 1, "scan id")),
    "an admission is taken back by an admin": (unscan._GIVE_BACK, ("uuid", 1, "scan id")),
}


@pytest.fixture
def plan(store):
    """How the engine would run a statement, as it tells it; PostgreSQL as it would a large table."""

    def explain(sql, values):
        if isinstance(store.db, SqliteDatabase):
            return [row[3] for row in store.db.run(f"EXPLAIN QUERY PLAN {sql}", values)]
        store.db.run("SET enable_seqscan = off")
        return [row[0] for row in store.db.run(f"EXPLAIN {sql}", values)]

    return explain


def _without_an_index(lines):
    """Those that read the log (in our statements: l, o or a) from end to end. SQLite calls a maximum a search, too."""
    of_sqlite = [line for line in lines if re.match(r"(SCAN|SEARCH) [loa]\b", line) and "INDEX scan_line_" not in line]
    return of_sqlite + [line for line in lines if "Seq Scan on scan_line" in line]


@pytest.mark.parametrize("what", STATEMENTS)
def test_no_log_is_read_from_end_to_end(plan, what):
    told = plan(*STATEMENTS[what])
    assert "scan_line_" in "".join(told)
    assert _without_an_index(told) == [], told


def test_a_plan_without_an_index_is_known(plan, store):
    for name in ("scan_line_device", "scan_line_answer", "scan_line_out"):
        store.db.run(f"DROP INDEX {name}")
    for sql, values in STATEMENTS.values():
        assert _without_an_index(plan(sql, values)), sql
