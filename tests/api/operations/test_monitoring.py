"""/healthz and /metrics: true, readable by a strict parser, without names, and not for everybody."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from wsgiref.util import setup_testing_defaults

import pytest
import requests

from api.access import Access
from api.app import Pages, make_app
from api.operations import health
from api.operations.counters import Counters
from api.operations.exposition import Family, write
from api.operations.near import Readers
from api.operations.shelf import Shelf
from api.operations.standing import Standing
from api.settings import Settings
from api.store import moments, sqlite
from api.store.sqlite import SqliteDatabase
from tests import apart, needs
from tests.api.operations.prometheus import read, value


def _metrics(house):
    answer = requests.get(f"{house.base}/metrics", timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return read(answer.text)


def test_scans_are_counted_by_their_code_whichever_dialect_asked(house, gate):
    tickets = [house.ticket() for _ in range(3)]
    assert gate.scan(tickets[0].qrcode_data).json()["code"] == "ok"
    assert gate.scan(tickets[1].qrcode_data, prefix="/scan").json()["code"] == "ok"
    assert gate.scan(tickets[0].qrcode_data).json()["code"] == "already_scanned"
    assert gate.scan("no code").json()["code"] == "malformed_code"
    assert gate.check(tickets[2].qrcode_data).json()["code"] == "ok"
    found = _metrics(house)
    assert value(found, "portillon_scans_total", action="scan", code="ok") == 2
    assert value(found, "portillon_scans_total", action="scan", code="already_scanned") == 1
    assert value(found, "portillon_scans_total", action="scan", code="malformed_code") == 1
    assert value(found, "portillon_scans_total", action="check", code="ok") == 1


def test_requests_are_counted_by_route_and_status_and_each_has_its_time(house, gate):
    gate.scan(house.ticket().qrcode_data)
    gate.scan("no code")
    requests.get(f"{house.base}/admin/sign-in", timeout=60)
    found = _metrics(house)
    scan = {"method": "POST", "route": "/api/scan/ticket/"}
    assert value(found, "portillon_requests_total", **scan, status="200") == 1
    assert value(found, "portillon_requests_total", **scan, status="400") == 1
    assert value(found, "portillon_request_seconds_count", **scan) == 2
    assert value(found, "portillon_requests_total", method="GET", route="/admin/sign-in", status="200") == 1
    assert 0 < value(found, "portillon_request_seconds_sum", **scan) < 120


def test_addresses_that_lead_nowhere_are_counted_and_nothing_of_them_is_kept(house):
    secret = str(uuid4())
    for _ in range(2):
        requests.get(f"{house.base}/tickets/{secret}", timeout=60)
    text = requests.get(f"{house.base}/metrics", timeout=60).text
    assert value(read(text), "portillon_requests_total", method="any", route="none", status="404") == 2
    assert secret not in text


def test_an_events_tickets_are_counted_by_status_and_a_gate_by_when_it_was_last_heard(house, gate):
    tickets = [house.ticket(first_name="Zéphyrine") for _ in range(3)]
    gate.scan(tickets[0].qrcode_data)
    before = moments.now() / 1_000_000
    assert gate.ask("POST", "/api/scan/heartbeat/", json={"version": "1", "uptime_s": 1}).status_code == 200
    found = _metrics(house)
    assert value(found, "portillon_tickets", event=house.event.uuid, status="scanned") == 1
    assert value(found, "portillon_tickets", event=house.event.uuid, status="valid") == 2
    assert value(found, "portillon_gates") == 1
    assert value(found, "portillon_gate_heard_timestamp_seconds", gate=gate.uuid) >= before - 1
    assert value(found, "portillon_alerts", kind="gate_silent") == 0
    assert value(found, "portillon_database_bytes") > 100_000
    assert value(found, "portillon_up") == 1


def test_no_name_of_anybody_or_anything_is_in_the_metrics(house, gate):
    gate.scan(house.ticket(first_name="Zéphyrine", last_name="Quatremère", email="z@quatremere.example").qrcode_data)
    text = requests.get(f"{house.base}/metrics", timeout=60).text
    for name in ("Zéphyrine", "Quatrem", "quatremere", "Concert", "Raffinerie", gate.name, gate.key):
        assert name not in text


def test_commits_are_told_with_how_many_scans_shared_them_where_the_database_lets_them(house, gate):
    for _ in range(3):
        gate.scan(house.ticket().qrcode_data)
    found = _metrics(house)
    if isinstance(house.store.db, SqliteDatabase):
        assert value(found, "portillon_commit_scans_sum") >= 3
        assert 1 <= value(found, "portillon_commit_scans_count") <= value(found, "portillon_commit_scans_sum")
    else:
        assert "portillon_commit_scans_sum" not in found


def test_the_newest_backup_tells_when_it_was_made_and_without_one_there_is_no_figure(serve, tmp_path):
    base = serve(pages=Pages(shelf=Shelf(tmp_path / "backups", 3600)))
    name = "portillon_backup_timestamp_seconds"
    assert name not in read(requests.get(f"{base}/metrics", timeout=60).text)
    (tmp_path / "backups").mkdir()
    for made in ("20261120T050312Z", "20261119T050000Z"):
        (tmp_path / "backups" / f"portillon-{made}.pgdump").touch()
    told = value(read(requests.get(f"{base}/metrics", timeout=60).text), name)
    assert told == datetime(2026, 11, 20, 5, 3, 12, tzinfo=UTC).timestamp()


@needs.on_postgresql  # a file can't be lost under an open descriptor
def test_a_database_that_is_gone_is_told_by_health_and_metrics_alike_and_both_still_answer(postgres, serve):
    base = serve()
    assert requests.get(f"{base}/healthz", timeout=60).json() == {
        "success": True,
        "message": "Tickets can be scanned",
        "code": "ok",
    }
    postgres.stop()
    try:
        answer = requests.get(f"{base}/healthz", timeout=60)
        assert (answer.status_code, answer.json()["wrong"]) == (503, ["database"])
        assert answer.headers["Retry-After"].isdigit()
        assert "postgres" not in answer.text
        assert value(read(requests.get(f"{base}/metrics", timeout=60).text), "portillon_up") == 0
    finally:
        postgres.start()
    assert requests.get(f"{base}/healthz", timeout=60).status_code == 200


@needs.on_sqlite  # PostgreSQL's disk is another machine's
def test_an_sqlite_database_is_healthy_while_its_disk_has_room_and_it_is_there(store):
    assert health.troubles(store) == []
    assert health.troubles(store, room=1 << 62) == ["disk"]
    Path(str(store.db.database)).unlink()
    assert health.troubles(store) == ["disk"]


@needs.on_sqlite  # on PostgreSQL nobody else can lock it whole
def test_a_database_that_takes_no_scan_is_not_healthy_though_it_answers_until_it_takes_one(house, gate, monkeypatch):
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT_S", 0.1)
    ticket = house.ticket()

    def health_told():
        answer = requests.get(f"{house.base}/healthz", timeout=60)
        return answer.status_code, answer.json().get("wrong")

    with closing(sqlite3.connect(str(house.store.db.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert health_told() == (200, None)
        assert gate.scan(ticket.qrcode_data).status_code == 503
        assert health_told() == (503, ["database"])
    assert gate.scan(ticket.qrcode_data).json()["code"] == "ok"
    assert health_told() == (200, None)


@needs.on_sqlite
def test_what_could_not_be_settled_is_no_news_after_a_minute(store, monkeypatch):
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT_S", 0.1)
    with closing(sqlite3.connect(str(store.db.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.settle_all([lambda: store.db.run("UPDATE organisation SET name = name")])
    assert store.takes_no_works()
    monkeypatch.setattr("api.store.store._REFUSED_FOR_S", 0.0)
    assert not store.takes_no_works()


def test_a_healthy_disk_has_room_for_as_long_a_log_as_scans_may_make():
    assert sqlite._LOG_OF_WORKS * (4096 + 24) < health.ROOM  # a page, and what the log says of it


def test_a_disk_that_was_remounted_read_only_is_told_without_a_write(tmp_path):
    script = f"""
import os
from api.operations import health
from api.store.store import open_store
store = open_store("sqlite:///{tmp_path}/disk/tickets.sqlite3")
print(health.troubles(store, room=0))
store.close()  # else it is busy: only a kernel that met an error takes a disk away from who writes to it
assert os.system("mount -o remount,ro {tmp_path}/disk") == 0
print(health.troubles(store, room=0))
"""
    (tmp_path / "disk").mkdir()
    before, after = apart.python(script, space="mount", first=f"mount -t tmpfs none {tmp_path}/disk").splitlines()
    assert before == "[]"
    assert "disk" in after


def test_a_pass_over_the_tickets_takes_a_twentieth_of_the_time_however_often_it_is_asked(store):
    ticks = iter([0, 10, 11, 209, 211, 212])  # began, ended; asked too soon twice; asked again, ended
    standing = Standing(store, lambda: next(ticks))
    first = standing.families()
    assert standing.families() is first
    assert standing.families() is first
    assert standing.families() is not first


@pytest.mark.parametrize(
    ("peer", "headers", "settings", "may"),
    [
        ("127.0.0.1", {}, {}, True),
        ("::1", {}, {}, True),
        ("::ffff:127.0.0.1", {}, {}, True),
        ("8.8.8.8", {}, {}, False),
        ("2001:4860:4860::8888", {}, {}, False),
        ("198.18.7.7", {}, {}, False),  # private, but on no link of this machine
        ("", {}, {}, False),
        ("127.0.0.1", {"HTTP_X_FORWARDED_FOR": "8.8.8.8"}, {}, False),
        ("127.0.0.1", {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {}, False),
        ("127.0.0.1", {"HTTP_FORWARDED": "for=127.0.0.1"}, {}, False),
        ("127.0.0.1", {"HTTP_VIA": "1.1 proxy"}, {}, False),
        ("127.0.0.1", {"HTTP_X_REAL_IP": "127.0.0.1"}, {}, False),
        ("127.0.0.1", {"HTTP_X_FORWARDED_FOR": "8.8.8.8"}, {"trusted_proxies": ["127.0.0.1/32"]}, False),
        ("127.0.0.1", {"HTTP_X_FORWARDED_FOR": "::1"}, {"trusted_proxies": ["127.0.0.1/32"]}, True),
        ("127.0.0.1", {}, {"trusted_proxies": ["127.0.0.1/32"]}, False),
        ("127.0.0.1", {}, {"public_url": "https://tickets.example.org"}, False),
        ("8.8.8.8", {"HTTP_VIA": "1.1 proxy"}, {"metrics": "everybody"}, True),
        ("127.0.0.1", {}, {"metrics": "off"}, False),
    ],
)
def test_metrics_are_for_who_is_near_and_no_proxy_that_is_set_or_tells_of_itself_makes_a_stranger_near(
    store, peer, headers, settings, may
):
    chosen = Settings.model_validate({"server": settings})
    app = make_app(store, readers=Readers.of_settings(chosen))
    environ = {"REMOTE_ADDR": peer, "PATH_INFO": "/metrics", "REQUEST_METHOD": "GET", **headers}
    setup_testing_defaults(environ)
    told = []
    list(Access(app, chosen.server.trusted_proxies, write_lines=False)(environ, lambda line, *_: told.append(line[:3])))
    assert told == ["200" if may else "404"]


@pytest.mark.parametrize(
    ("peer", "near", "near_beside_proxies"),
    [
        ("10.77.3.254", True, False),
        ("10.77.4.1", False, False),  # private, but behind a router
        ("fd77::9", True, True),
        ("fd78::9", False, False),
    ],
)
def test_a_neighbour_on_a_link_of_this_machine_is_near_unless_it_is_a_proxy(peer, near, near_beside_proxies):
    script = f"""
from ipaddress import ip_network
from api.operations.near import Readers
for proxies in ((), (ip_network("10.77.3.0/24"),)):
    print(Readers(proxies=proxies).admit({{"REMOTE_ADDR": "{peer}"}}))
"""
    told = apart.python(script, space="net", first=apart.on_networks("10.77.3.5/24", "fd77::5/64")).split()
    assert told == [str(near), str(near_beside_proxies)]


def test_times_are_counted_at_or_below_their_bound_and_no_request_is_lost():
    counter = (counters := Counters()).route("GET", "/x/")
    for seconds in (0.0, 0.001, 0.0011, 5.0, 6.0):
        counter.add(200, seconds)
    (counted,), _ = counters.read()
    assert (counted.times[0], counted.times[1], counted.times[-2], counted.times[-1]) == (2, 1, 1, 1)
    assert counted.statuses == {200: 5}


def test_odd_text_in_a_label_or_an_explanation_stays_in_its_place():
    family = Family("odd", "gauge", 'a "word"\nand \\ more')
    family.add(1.5, label='x"y\\z\n# TYPE forged counter')
    found = read(write([family]))
    assert list(found) == ["odd"]
    ((labels, number),) = found["odd"].items()
    assert number == 1.5
    assert dict(labels)["label"] == '"x\\"y\\\\z\\n# TYPE forged counter"'
