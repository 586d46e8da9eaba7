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
import requests

from api.store.store import open_store
from api.tickets import issue

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


@pytest.fixture
def crowd(house, serve):
    """64 kept connections of two gates to a server with a thread for each."""
    parts = urlsplit(serve(threads=GATES))
    gates = [house.gate("Gate 1"), house.gate("Gate 2")]
    connections = [http.client.HTTPConnection(parts.hostname, parts.port, timeout=60) for _ in range(GATES)]

    def scan(n, code, **more):
        headers = {"Authorization": f"Api-Key {gates[n % 2].key}"}
        connections[n].request("POST", "/api/scan/ticket/", json.dumps({"qrcode_data": code, **more}), headers)
        return json.loads(connections[n].getresponse().read())

    yield scan
    for connection in connections:
        connection.close()


def test_of_64_simultaneous_scans_of_one_ticket_exactly_one_succeeds(house, crowd):
    for ticket in issue.add_tickets(house.store, UUID(house.event.uuid), count=ROUNDS):
        answers = _together(GATES, lambda n, code=ticket.qrcode_data: crowd(n, code))
        assert Counter(answer["code"] for answer in answers) == {"ok": 1, "already_scanned": GATES - 1}
        assert [answer["success"] for answer in answers].count(True) == 1


def test_a_scan_id_sent_many_times_at_once_has_one_answer_for_each_gate(house, crowd, scan_id):
    ticket = house.ticket()
    answers = _together(GATES, lambda n: crowd(n, ticket.qrcode_data, scan_id=scan_id))
    by_gate = [{json.dumps(answer) for answer in answers[gate::2]} for gate in (0, 1)]
    assert [len(answers) for answers in by_gate] == [1, 1]
    assert sorted(json.loads(*answers)["code"] for answers in by_gate) == ["already_scanned", "ok"]
    assert len(house.lines()) == 2


def test_cancelling_while_it_is_scanned_ends_in_one_or_the_other(house, crowd):
    for ticket in issue.add_tickets(house.store, UUID(house.event.uuid), count=5):

        def work(n, ticket=ticket):
            if n:
                return crowd(n, ticket.qrcode_data)["code"]
            try:
                return issue.cancel_ticket(house.store, UUID(ticket.uuid)).status
            except issue.NotPossibleError:
                return "too late to cancel"

        results = Counter(_together(16, work))
        assert results in ({"cancelled": 16}, {"too late to cancel": 1, "ok": 1, "already_scanned": 14})


SERVER = """
import sys
from cheroot.wsgi import Server
from api.app import make_app
from api.store.store import open_store
server = Server(("127.0.0.1", 0), make_app(open_store(sys.argv[1])), numthreads=4)
server.prepare()
print(server.bind_addr[1], flush=True)
server.serve()
"""


@pytest.fixture
def server(house, tmp_path):
    """A server process of its own on the same database: (process, its address)."""
    command = [sys.executable, "-c", SERVER, str(tmp_path / "tickets.sqlite3")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process, f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


def test_a_scan_is_kept_when_the_server_is_killed_right_after_its_answer(house, gate, server, tmp_path, scan_id):
    process, gate.base = server
    ticket = house.ticket()
    answer = gate.scan(ticket.qrcode_data, scan_id=scan_id)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60)
    assert answer.json()["code"] == "ok"
    reopened = open_store(str(tmp_path / "tickets.sqlite3"))
    assert reopened.db.run("SELECT status FROM ticket WHERE uuid = ?", (ticket.uuid,)).fetchone() == ("scanned",)
    assert reopened.db.run("SELECT scan_id, code FROM scan_line").fetchall() == [(scan_id, "ok")]
    reopened.close()
    gate.base = house.base
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).content == answer.content


def test_two_server_processes_on_one_database_admit_one_person(house, gate, server):
    _, other = server
    for ticket in issue.add_tickets(house.store, UUID(house.event.uuid), count=10):

        def scan(n, code=ticket.qrcode_data):
            headers = {"Authorization": f"Api-Key {gate.key}"}
            body = {"qrcode_data": code, "scan_id": str(uuid4())}  # with an id it reads before it writes
            url = f"{(house.base, other)[n % 2]}/scan/ticket/"
            return requests.post(url, json=body, headers=headers, timeout=60).json()["code"]

        assert Counter(_together(16, scan)) == {"ok": 1, "already_scanned": 15}
