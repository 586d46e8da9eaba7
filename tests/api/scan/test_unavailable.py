"""A database that can't answer: the gate hears 503 and never a refusal, and the same scan id is one admission later."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
import requests

from api.scan.openapi import description
from api.store import postgres as engine
from api.store import sqlite
from tests import needs, processes

from ..conftest import Gate


def _is_put_off(answer):
    """503 as the description has it: ask again soon, and nothing said about a ticket."""
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert answer.json()["success"] is False
    assert "ticket" not in answer.json()
    assert answer.headers["Retry-After"] == "1"


def _is_admitted_once(house, gate, ticket, scan_id):
    """By the same scan id, whenever it is asked again; and by no other."""
    told = [gate.scan(ticket.qrcode_data, scan_id=each).json()["code"] for each in (scan_id, scan_id, str(uuid4()))]
    assert told == ["ok", "ok", "already_scanned"]
    lines = [(action, uuid, code) for action, uuid, _, code in house.lines()]
    assert lines.count(("scan", ticket.uuid, "ok")) == 1


@pytest.fixture
def impatient(monkeypatch):
    """Locks are waited for a moment instead of seconds."""
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT_S", 0.1)
    monkeypatch.setattr(engine, "_SESSION", engine._SESSION.replace("'4s'", "'100ms'"))


@contextmanager
def _locked(database_url, ticket):
    """Somebody else writes and does not end; on PostgreSQL this very ticket."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(database_url) as other:
            other.execute("SELECT 1 FROM ticket WHERE uuid = %s FOR UPDATE", (ticket.uuid,))
            yield


def test_a_lock_that_does_not_end_puts_a_scan_off(impatient, database_url, house, gate, scan_id):
    ticket = house.ticket()
    with _locked(database_url, ticket):
        _is_put_off(gate.scan(ticket.qrcode_data, scan_id=scan_id))
    _is_admitted_once(house, gate, ticket, scan_id)


@needs.on_postgresql
def test_a_server_that_was_stopped_puts_everything_off(postgres, house, gate, scan_id):
    ticket, other, waiting = house.ticket(), house.ticket(), house.device("Gate 2")
    assert gate.scan(other.qrcode_data).json()["code"] == "ok"
    postgres.stop()
    try:
        asked = [
            gate.scan(ticket.qrcode_data, scan_id=scan_id),
            gate.check(ticket.qrcode_data),
            gate.annul(scan_id),
            gate.ask("GET", "/api/scan/test_api/"),
            gate.ask("POST", "/api/scan/heartbeat/", json={"version": "1.0", "uptime_s": 1}),
            requests.get(waiting.pairing_url, timeout=60),
            requests.get(f"{house.base}/api/events/", timeout=60),
        ]
    finally:
        postgres.start()
    for answer in asked:
        _is_put_off(answer)
    _is_admitted_once(house, gate, ticket, scan_id)


@needs.on_postgresql
def test_a_server_that_takes_no_more_connections_puts_a_scan_off(postgres_url, postgres, house, gate, scan_id):
    ticket, name = house.ticket(), postgres_url.rpartition("/")[2]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        admin.execute("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s", (name,))
        _is_put_off(gate.scan(ticket.qrcode_data, scan_id=scan_id))
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    _is_admitted_once(house, gate, ticket, scan_id)


@needs.on_postgresql
def test_a_standby_that_may_only_be_read_puts_a_scan_off(postgres_url, house, gate, scan_id):
    ticket = house.ticket()
    house.store.db.close_everywhere()
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        name = postgres_url.rpartition("/")[2]
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        admin.execute("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        _is_put_off(gate.scan(ticket.qrcode_data, scan_id=scan_id))
        admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        admin.execute("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    _is_admitted_once(house, gate, ticket, scan_id)


def _calls(house, gate, base):
    """What has to write, and what only looks, each to be asked at ``base``: as docs/scan-api.md tells them apart."""
    code, event = house.ticket().qrcode_data, {"event_uuid": house.event.uuid}
    pair = base + urlsplit(house.device("Gate 2").pairing_url).path
    given = requests.get(house.device("Gate 3").pairing_url, timeout=60).json()
    there = Gate(base, gate.key, gate.uuid, gate.name)
    newcomer = Gate(base, given["api_key"], given["device_uuid"], given["device_name"])
    writing = (
        lambda: there.scan(code),
        lambda: there.annul(str(uuid4())),
        lambda: there.check(code, scan_id=str(uuid4())),
        lambda: there.ask("POST", "/api/scan/heartbeat/", json={"version": "1.0", "uptime_s": 1}),
        lambda: requests.get(pair, timeout=60),
        lambda: newcomer.ask("GET", "/api/scan/test_api/"),
    )
    looking = (
        lambda: there.check(code),
        lambda: there.ask("GET", "/api/scan/test_api/"),
        lambda: there.ask("GET", "/scan/check_api_scan/"),
        lambda: there.ask("POST", "/api/scan/list_tickets/", json=event),
        lambda: there.ask("POST", "/api/scan/search_ticket/", json=event | {"search": "x"}),
        lambda: requests.head(pair, timeout=60),
        lambda: requests.get(f"{base}/api/events/", timeout=60),
    )
    return writing, looking


@needs.on_sqlite
def test_a_lock_that_does_not_end_puts_off_what_has_to_write_and_nothing_else(impatient, database_url, house, gate):
    writing, looking = _calls(house, gate, house.base)
    with _locked(database_url, None):
        for ask in writing:
            _is_put_off(ask())
        assert [ask().status_code for ask in looking] == [200] * len(looking)


@needs.on_sqlite
def test_a_disk_that_takes_nothing_more_puts_off_what_has_to_write_and_nothing_else(
    house, gate, database_url, scan_id, tmp_path
):
    """A server of its own, whose writes to files the kernel refuses for a while, as it does on a full disk."""
    ticket, folder = house.ticket(), tmp_path / "run"
    folder.mkdir()
    command = [sys.executable, "-m", "api", "serve", "--database", database_url, "--port", "0", "--json"]
    pipes = {"stdout": subprocess.PIPE, "text": True}
    with (folder / "log").open("w") as log, processes.running(command, stderr=log, **pipes) as process:
        there = Gate(json.loads(processes.first_line(process))["url"], gate.key, gate.uuid, gate.name)
        assert there.check(ticket.qrcode_data).json()["code"] == "ok"
        writing, looking = _calls(house, gate, there.base)
        with processes.out_of_room(process):
            for _ in range(2):
                _is_put_off(there.scan(ticket.qrcode_data, scan_id=scan_id))
            for ask in writing:
                _is_put_off(ask())
            assert [ask().status_code for ask in looking] == [200] * len(looking)
        _is_admitted_once(house, there, ticket, scan_id)


@needs.on_sqlite
def test_a_file_that_is_no_database_any_more_puts_a_scan_off(house, gate, database_url):
    ticket = house.ticket()
    house.store.db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    house.store.close()
    with open(database_url.removeprefix("sqlite:///"), "r+b") as file:  # noqa: PTH123  # to be overwritten in place
        file.write(b"\xff" * 4096)
    _is_put_off(gate.scan(ticket.qrcode_data))


def test_a_fault_of_ours_is_no_database_that_is_away(house, gate):
    ticket = house.ticket()
    with house.store.writing():
        house.store.db.run("ALTER TABLE scan_line RENAME TO gone")
    assert gate.scan(ticket.qrcode_data).status_code == 500


def test_every_call_that_asks_the_database_is_described_with_a_503():
    asked = {f"{path} {verb}": call for path, verbs in description()["paths"].items() for verb, call in verbs.items()}
    without = {name for name, call in asked.items() if "503" not in call["responses"]}
    calls = ("check_allow_any/", "openapi.json")
    assert without == {f"{prefix}/{call} get" for prefix in ("/api/scan", "/scan") for call in calls}
    assert "Retry-After" in asked["/api/scan/ticket/ post"]["responses"]["503"]["headers"]
