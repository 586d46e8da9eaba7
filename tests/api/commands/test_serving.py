"""`portillon-api serve` as systemd and a person run it: starting, stopping, telling, keeping secrets."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from api.devices.pairing import Pairing
from api.store.store import open_store
from tests import processes


@pytest.fixture
def ready_ticket(shell, event):
    return shell.json("ticket", "add", "--event", event["uuid"])[0]


def _pair(shell, server):
    return server.pair(shell.json("device", "add", "Gate 1", "--base-url", server.base))


def _wait_for(log, text):
    """Until the server's log holds this text."""
    deadline = time.monotonic() + 60
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def test_a_ticket_is_admitted_once_and_so_says_the_list(shell, serving, event, ready_ticket):
    server = serving()
    key = _pair(shell, server)
    answers = [server.scan(key, ready_ticket["qrcode_data"]).json() for _ in range(2)]
    assert [answer["code"] for answer in answers] == ["ok", "already_scanned"]
    assert shell.json("ticket", "list", "--event", event["uuid"])[0]["status"] == "scanned"


def test_a_scan_whose_body_comes_in_chunks_is_admitted(shell, serving, ready_ticket):
    server = serving()
    headers = {"Authorization": f"Api-Key {_pair(shell, server)}"}
    body = json.dumps({"qrcode_data": ready_ticket["qrcode_data"]}).encode()
    parts = iter([body[:9], body[9:]])
    answer = requests.post(f"{server.base}/api/scan/ticket/", headers=headers, data=parts, timeout=60)
    assert answer.json()["code"] == "ok"


def test_what_people_read_names_the_address(shell):
    command = shell.command("serve", "--database", shell.database, "--port", 0)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with processes.running(command, env=shell.environment(), text=True, **pipes) as process:
        line = processes.first_line(process)
        process.terminate()
        assert process.wait(60) == 0
    assert line.startswith("portillon-api: listening on http://127.0.0.1:")


@pytest.mark.parametrize("systemd", ["path"], indirect=True)
@pytest.mark.parametrize("words", [(), ("--json",)], ids=["text", "json"])
def test_a_server_whose_output_nobody_reads_serves_all_the_same(shell, systemd, tmp_path, words):
    receiver, name = systemd
    reader, writer = os.pipe()
    os.close(reader)
    command = shell.command("serve", "--database", shell.database, "--port", 0, *words)
    with (tmp_path / "log").open("w") as log:
        pipes = {"stdout": writer, "stderr": log}
        with processes.running(command, env=shell.environment(NOTIFY_SOCKET=name), **pipes) as process:
            os.close(writer)
            url = receiver.recv(4096).decode().rpartition("listening on ")[2]
            assert requests.get(f"{url}/healthz", timeout=60).status_code == 200
            process.terminate()
            assert process.wait(60) == 0


def test_a_server_that_fails_once_it_listens_ends_and_says_why(shell, event):
    with sqlite3.connect(shell.folder / "tickets.sqlite3") as db:
        db.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON admin_line WHEN new.act = 'server.start' "
            "BEGIN SELECT RAISE(ABORT, 'no room for that'); END"
        )
    done = shell.run("serve", "--port", 0)
    assert done.returncode == 1
    assert "no room for that" in done.stderr


def test_a_server_that_starts_on_a_full_disk_serves_what_is_only_read_and_says_why_it_noted_nothing(
    shell, ready_ticket, tmp_path
):
    """A full disk as this process meets it: the kernel lets its files grow no further than SQLite's log has already."""
    command = shell.command("serve", "--database", shell.database, "--port", 0, "--json")
    with closing(sqlite3.connect(shell.folder / "tickets.sqlite3", isolation_level=None)) as other:
        other.execute("PRAGMA wal_autocheckpoint = 0")
        for at in range(30):  # 4 KiB each at least
            other.execute("UPDATE event SET opens_at = ?", (at,))
        with (tmp_path / "log").open("w") as log:
            pipes = {"stdout": subprocess.PIPE, "stderr": log, "preexec_fn": lambda: _no_file_beyond(50_000)}
            with processes.running(command, env=shell.environment(), text=True, **pipes) as process:
                told = json.loads(process.stdout.readline() or "{}")
                assert told, (tmp_path / "log").read_text()
                assert requests.get(f"{told['url']}/api/events/", timeout=60).status_code == 200
                assert "setup_url" not in told  # nobody could be kept waiting for with it
                process.terminate()
                assert process.wait(60) == 0
    assert "this start was not noted" in (tmp_path / "log").read_text()


def _no_file_beyond(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_it_with_0(serving, number):
    server = serving()
    assert server.stop(number) == 0
    assert "stopped" in server.log.read_text()


@pytest.fixture
def held_scan(shell, serving, ready_ticket):
    """Starts a server and has it read a scan that must wait for another writer; (server, the writer, the scan)."""
    opened = []

    def start(**environment):
        server = serving(**environment)
        key = _pair(shell, server)
        other = sqlite3.connect(shell.folder / "tickets.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        asking = http.client.HTTPConnection("127.0.0.1", int(server.base.rpartition(":")[2]), timeout=60)
        opened.extend((other, asking))
        body = json.dumps({"qrcode_data": ready_ticket["qrcode_data"]})
        asking.request("POST", "/api/scan/ticket/", body, {"Authorization": f"Api-Key {key}"})
        _wait_until_it_is_read(asking)
        return server, other, asking

    yield start
    for each in opened:
        each.close()


def _wait_until_it_is_read(asking):
    """Until nothing of what was sent waits: in neither end of the connection."""
    ours, theirs = asking.sock.getsockname()[1], asking.sock.getpeername()[1]
    deadline = time.monotonic() + 60
    while _queues(ours, theirs) != {(ours, theirs): "00000000:00000000", (theirs, ours): "00000000:00000000"}:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _queues(*ports):
    """From /proc/net/tcp: (port here, port there) → bytes that wait to be taken, and to be read."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = {(int(r[1][-4:], 16), int(r[2][-4:], 16)): r[4] for r in rows}
    return {pair: queues for pair, queues in ends.items() if set(pair) == set(ports)}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_scan_under_way_is_answered_before_the_server_leaves(held_scan, number):
    server, other, asking = held_scan(PORTILLON_API__SERVER__STOP_WITHIN_S="60")
    server.process.send_signal(number)
    _wait_for(server.log, "stopping")
    other.execute("COMMIT")
    assert json.loads(asking.getresponse().read())["code"] == "ok"
    assert server.process.wait(60) == 0


def test_a_request_that_never_ends_does_not_keep_the_server_from_leaving(held_scan):
    server, _, asking = held_scan(PORTILLON_API__SERVER__STOP_WITHIN_S="0.5")
    assert server.stop() == 1
    assert "still running" in server.log.read_text()
    with pytest.raises(ConnectionError):
        asking.getresponse()


def test_a_stop_under_load_loses_no_answer_that_was_given_and_admits_nobody_twice(shell, serving, event):
    tickets = shell.json("ticket", "add", "--event", event["uuid"], "--count", 400)
    server = serving()
    key = _pair(shell, server)
    admitted, started = [], threading.Event()

    def gate(mine):
        session = requests.Session()
        session.headers["Authorization"] = f"Api-Key {key}"
        for ticket in mine:
            try:
                body = {"qrcode_data": ticket["qrcode_data"]}
                answer = session.post(f"{server.base}/api/scan/ticket/", json=body, timeout=60)
            except requests.ConnectionError:
                return  # the server has left
            assert answer.json()["code"] == "ok"
            admitted.append(ticket["uuid"])
            started.set()

    gates = [threading.Thread(target=gate, args=(tickets[n::8],)) for n in range(8)]
    for thread in gates:
        thread.start()
    assert started.wait(60)
    assert server.stop() == 0
    for thread in gates:
        thread.join(60)
    scanned = {t["uuid"] for t in shell.json("ticket", "list", "--event", event["uuid"]) if t["status"] == "scanned"}
    assert set(admitted) <= scanned
    assert "CRITICAL" not in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


def test_a_port_that_is_taken_is_told_in_three_parts(shell):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = shell.run("serve", "--port", taken.getsockname()[1])
    assert done.returncode == 1
    assert "Address already in use" in done.stderr
    assert "--port 0" in done.stderr


@pytest.fixture(params=["path", "abstract"])
def systemd(request, tmp_path):
    """A socket as systemd gives one, and its name in NOTIFY_SOCKET."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@portillon-{uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0" + name[1:] if name.startswith("@") else name)
        receiver.settimeout(60)
        yield receiver, name


def test_systemd_is_told_ready_alive_and_stopping(serving, systemd):
    receiver, name = systemd
    server = serving(NOTIFY_SOCKET=name, WATCHDOG_USEC="200000")
    assert receiver.recv(4096).startswith(b"READY=1")
    assert requests.get(f"{server.base}/scan/check_allow_any/", timeout=60).status_code == 200
    assert receiver.recv(4096) == b"WATCHDOG=1"
    assert server.stop() == 0
    told = receiver.recv(4096)
    while told == b"WATCHDOG=1":
        told = receiver.recv(4096)
    assert told == b"STOPPING=1"


def test_no_signs_of_life_are_sent_to_systemd_unless_it_asked_this_process(serving, systemd):
    receiver, name = systemd
    server = serving(NOTIFY_SOCKET=name, WATCHDOG_USEC="200000", WATCHDOG_PID=str(os.getpid()))
    assert receiver.recv(4096).startswith(b"READY=1")
    server.stop()
    assert receiver.recv(4096) == b"STOPPING=1"


def test_the_log_has_a_line_for_each_request_and_no_secret(shell, serving, ready_ticket):
    server = serving()
    device = shell.json("device", "add", "Gate 1", "--base-url", server.base)
    key = server.pair(device)
    server.scan(key, ready_ticket["qrcode_data"])
    requests.get(f"{server.base}/api/scan/{device['token']}", timeout=60)  # the end of the URL forgotten
    requests.get(f"{server.base}/{key}", timeout=60)
    server.stop()
    log = server.log.read_text()
    assert "method=POST path=/api/scan/ticket/ status=200" in log
    assert "path=/api/scan/***/pair status=200" in log
    for secret in (device["token"], key, key.partition(".")[2], ready_ticket["qrcode_data"], ready_ticket["uuid"]):
        assert secret not in log


def test_the_settings_reach_the_gates(shell, serving, ready_ticket):
    (shell.folder / "api.toml").write_text('[organisation]\nname = "La Raffinerie"\nlanguage = "en"\n')
    server = serving()
    key = _pair(shell, server)
    headers = {"Authorization": f"Api-Key {key}"}
    answer = requests.get(f"{server.base}/api/scan/test_api/", headers=headers, timeout=60).json()
    assert answer["server_info"]["tenant"] == "La Raffinerie"
    assert server.scan(key, ready_ticket["qrcode_data"]).json()["ticket"]["status"] == "Valid and scanned"


@pytest.mark.parametrize(("minutes", "status"), [(60, 400), (180, 200)])
def test_a_pairing_code_is_good_for_as_long_as_the_settings_say(shell, serving, minutes, status):
    server = serving(PORTILLON_API__PAIRING__TOKEN_MINUTES=str(minutes))
    shell.json("device", "add", "Gate 1", "--base-url", server.base)
    store = open_store(shell.database)
    pairing = Pairing(store)
    pairing._signer.get_timestamp = lambda: int(time.time()) - 2 * 3600  # a token made two hours ago
    token = pairing.token(store.db.run("SELECT pairing_nonce FROM device").fetchone()[0])
    store.close()
    assert requests.get(f"{server.base}/api/scan/{token}/pair", timeout=60).status_code == status


def test_a_database_of_a_newer_portillon_stops_the_server_before_it_listens(shell):
    shell.json("event", "list")
    with sqlite3.connect(shell.folder / "tickets.sqlite3") as db:
        db.execute("UPDATE schema_version SET version = 999")
    done = shell.run("serve", "--port", 0)
    assert done.returncode == 1
    assert "newer Portillon" in done.stderr
    assert done.stdout == ""
