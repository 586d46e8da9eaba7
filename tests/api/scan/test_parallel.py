"""Many gates at once over real HTTP, and a server that dies: one ticket, one person, and what was told stays."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from api.store.store import open_store
from api.tickets import issue
from tests import processes

GATES = 64
ROUNDS = int(os.environ.get("PORTILLON_SCAN_ROUNDS", "200"))  # some 20 s


def _together(count, work):
    """Run work(n) in ``count`` threads that start at the same moment; what they gave."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(n):
        barrier.wait(60)
        results[n] = work(n)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


class Crowd:
    """What connection ``n`` asks; the even ones belong to gate 1, the odd ones to gate 2."""

    def __init__(self, post):
        self._post = post

    def scan(self, n, code, **more):
        return self._post(n, "ticket", {"qrcode_data": code, **more})

    def annul(self, n, scan_id):
        return self._post(n, "annul", {"scan_id": scan_id, "reason": "not_passed"})


def _status(house, ticket):
    return house.store.db.run("SELECT status FROM ticket WHERE uuid = ?", (ticket.uuid,)).fetchone()[0]


@pytest.fixture
def servers(database_url):
    """Starts `portillon-api serve` processes on the store's database; gives (process, address) of each."""
    started = []

    def start(count=1, threads=GATES):
        for _ in range(count):
            command = [sys.executable, "-m", "api", "serve", "--database", database_url, "--port", "0", "--json"]
            environment = {**os.environ, "PORTILLON_API__SERVER__THREADS": str(threads)}
            started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
        return [(process, json.loads(processes.first_line(process))["url"]) for process in started[-count:]]

    yield start
    for process in started:
        process.kill()
        process.wait(60)
        process.stdout.close()


@pytest.fixture(params=["one process", "two processes"])
def crowd(request, house, serve, servers):
    """64 kept connections of two gates to a server with a thread for each; or to two, each gate to both."""
    one = request.param == "one process"
    bases = [serve(threads=GATES)] if one else [base for _, base in servers(2, GATES // 2)]
    gates = [house.gate("Gate 1"), house.gate("Gate 2")]
    parts = [urlsplit(bases[n // 2 % len(bases)]) for n in range(GATES)]
    connections = [http.client.HTTPConnection(part.hostname, part.port, timeout=60) for part in parts]

    def post(n, call, body):
        headers = {"Authorization": f"Api-Key {gates[n % 2].key}"}
        connections[n].request("POST", f"/api/scan/{call}/", json.dumps(body), headers)
        return json.loads(connections[n].getresponse().read())

    yield Crowd(post)
    for connection in connections:
        connection.close()


@pytest.fixture
def rounds(database_url, request):
    """How often 64 scan at once; fewer where a round takes longer."""
    is_plain = database_url.startswith("sqlite") and "one process" in request.node.name
    return ROUNDS if is_plain else ROUNDS // 4


def test_of_64_simultaneous_scans_of_one_ticket_exactly_one_succeeds(house, crowd, rounds):
    for ticket in issue.add_tickets(house.store, UUID(house.event.uuid), count=rounds):
        answers = _together(GATES, lambda n, code=ticket.qrcode_data: crowd.scan(n, code))
        assert Counter(answer["code"] for answer in answers) == {"ok": 1, "already_scanned": GATES - 1}
        assert [answer["success"] for answer in answers].count(True) == 1


def test_a_scan_id_sent_many_times_at_once_has_one_answer_for_each_gate(house, crowd):
    for ticket in issue.add_tickets(house.store, UUID(house.event.uuid), count=10):
        scan_id = str(uuid4())
        answers = _together(GATES, lambda n, t=ticket, i=scan_id: crowd.scan(n, t.qrcode_data, scan_id=i))
        by_gate = [{json.dumps(answer) for answer in answers[gate::2]} for gate in (0, 1)]
        assert [len(answers) for answers in by_gate] == [1, 1]
        assert sorted(json.loads(*answers)["code"] for answers in by_gate) == ["already_scanned", "ok"]
        assert len([line for line in house.lines() if line[2] == scan_id]) == 2


def test_cancelling_while_it_is_scanned_ends_in_one_or_the_other(house, crowd):
    for ticket in issue.add_tickets(house.store, UUID(house.event.uuid), count=5):

        def work(n, ticket=ticket):
            if n:
                return crowd.scan(n, ticket.qrcode_data)["code"]
            try:
                return issue.cancel_ticket(house.store, UUID(ticket.uuid)).status
            except issue.NotPossibleError:
                return "too late to cancel"

        results = Counter(_together(16, work))
        assert results in ({"cancelled": 16}, {"too late to cancel": 1, "ok": 1, "already_scanned": 14})


def test_of_one_annul_sent_64_times_while_all_scan_again_one_admission_is_in_force(house, crowd):
    """Annuls of the admission in force race with scans by new ids: each annulled one makes room for one, no more."""
    for ticket in issue.add_tickets(house.store, UUID(house.event.uuid), count=10):
        first = str(uuid4())
        assert crowd.scan(0, ticket.qrcode_data, scan_id=first)["code"] == "ok"

        def work(n, ticket=ticket, first=first):
            if n % 4 == 0:  # the gate of the even connections let it in
                return crowd.annul(n, first)["code"]
            return crowd.scan(n, ticket.qrcode_data, scan_id=first if n % 8 == 2 else str(uuid4()))["code"]

        results = _together(GATES, work)
        assert {results[n] for n in range(0, GATES, 4)} == {"ok"}
        assert {results[n] for n in range(2, GATES, 8)} <= {"ok", "annulled"}  # its own id: admitted until given back
        fresh = [results[n] for n in range(GATES) if n % 4 and n % 8 != 2]
        assert set(fresh) <= {"ok", "already_scanned"}
        assert fresh.count("ok") <= 1
        assert _status(house, ticket) == ("scanned" if fresh.count("ok") else "valid")
        lines = [(action, code) for action, uuid, _, code in house.lines() if uuid == ticket.uuid]
        assert lines.count(("annul", "ok")) == 1
        assert lines.count(("scan", "ok")) == 1 + fresh.count("ok")
        assert crowd.scan(0, ticket.qrcode_data, scan_id=first)["code"] == "annulled"
        assert crowd.scan(0, ticket.qrcode_data)["code"] == ("already_scanned" if fresh.count("ok") else "ok")


def test_gates_that_scan_and_give_back_in_turn_never_have_two_admissions_in_force(house, crowd):
    ticket = house.ticket()

    def work(n):
        admitted = 0
        for _ in range(20):
            scan_id = str(uuid4())
            if crowd.scan(n, ticket.qrcode_data, scan_id=scan_id)["code"] == "ok":
                admitted += 1
                assert _status(house, ticket) == "scanned"
                assert crowd.annul(n, scan_id)["code"] == "ok"
        return admitted

    admissions = sum(_together(16, work))
    lines = [(action, code) for action, _, _, code in house.lines() if code == "ok"]
    assert lines == [("scan", "ok"), ("annul", "ok")] * admissions  # strictly in turn, none lost
    assert admissions > 0
    assert _status(house, ticket) == "valid"


def test_cancelling_while_it_is_given_back_ends_in_one_or_the_other(house, crowd):
    for ticket in issue.add_tickets(house.store, UUID(house.event.uuid), count=5):
        scan_id = str(uuid4())
        crowd.scan(0, ticket.qrcode_data, scan_id=scan_id)

        def work(n, ticket=ticket, scan_id=scan_id):
            if n < 8:
                return crowd.annul(2 * n, scan_id)["code"]
            try:
                return issue.cancel_ticket(house.store, UUID(ticket.uuid)).status
            except issue.NotPossibleError:
                return "too late to cancel"

        results = _together(16, work)
        assert set(results[:8]) == {"ok"}
        assert _status(house, ticket) == ("cancelled" if "cancelled" in results[8:] else "valid")


@pytest.fixture
def server(house, servers):
    """A server process of its own on the same database: (process, its address)."""
    return servers()[0]


def test_a_scan_is_kept_when_the_server_is_killed_right_after_its_answer(house, gate, server, database_url, scan_id):
    process, gate.base = server
    ticket = house.ticket()
    answer = gate.scan(ticket.qrcode_data, scan_id=scan_id)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60)
    assert answer.json()["code"] == "ok"
    reopened = open_store(database_url)
    assert reopened.db.run("SELECT status FROM ticket WHERE uuid = ?", (ticket.uuid,)).fetchone() == ("scanned",)
    assert reopened.db.run("SELECT scan_id, code FROM scan_line").fetchall() == [(scan_id, "ok")]
    reopened.close()
    gate.base = house.base
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).content == answer.content


def test_an_annul_is_kept_when_the_server_is_killed_right_after_its_answer(house, gate, server, database_url, scan_id):
    process, gate.base = server
    ticket = house.ticket()
    gate.scan(ticket.qrcode_data, scan_id=scan_id)
    answer = gate.annul(scan_id)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60)
    assert answer.json()["code"] == "ok"
    reopened = open_store(database_url)
    assert reopened.db.run("SELECT status FROM ticket WHERE uuid = ?", (ticket.uuid,)).fetchone() == ("valid",)
    reopened.close()
    gate.base = house.base
    assert gate.annul(scan_id).content == answer.content
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "annulled"


def test_no_answered_scan_is_lost_when_the_server_is_killed_amid_grouped_commits(house, gate, server, database_url):
    """16 clients scan ticket after ticket; the process dies between two of any of their steps."""
    process, base = server
    tickets = issue.add_tickets(house.store, UUID(house.event.uuid), count=16 * 40)
    answered, enough = {}, threading.Event()

    def scan(n):
        connection = http.client.HTTPConnection(urlsplit(base).hostname, urlsplit(base).port, timeout=60)
        for ticket in tickets[n::16]:
            body = json.dumps({"qrcode_data": ticket.qrcode_data, "scan_id": str(UUID(ticket.uuid))})
            try:
                connection.request("POST", "/api/scan/ticket/", body, {"Authorization": f"Api-Key {gate.key}"})
                answered[ticket.uuid] = connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                break
            if len(answered) >= 100:
                enough.set()
        connection.close()

    threads = [threading.Thread(target=scan, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    process.kill()
    for thread in threads:
        thread.join(60)
    assert 100 <= len(answered) < len(tickets)  # it died while they scanned
    codes = {ticket.uuid: ticket.qrcode_data for ticket in tickets}
    kept = set(house.store.db.run("SELECT uuid FROM ticket WHERE status = 'scanned'").fetchall())
    assert {(uuid,) for uuid in answered} <= kept
    for uuid, answer in answered.items():
        assert json.loads(answer)["code"] == "ok"
        assert gate.scan(codes[uuid], scan_id=uuid).content == answer
