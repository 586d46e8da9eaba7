"""The heartbeat: to servers that listen, every 30 s, one try, never before a guest's question."""

import json
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.credentials import Credentials, CredentialStore
from kiosk.doctor.finding import Finding, Level
from kiosk.heartbeat import EVERY_S, REPORT_EVERY_S, WITHIN_S, Heartbeat, Pulse
from kiosk.journal import Journal
from kiosk.scan_client import ScanClient
from kiosk.server_thread import ServerThread
from kiosk.settings import Server

DEVICE = "d0000000-0000-4000-8000-000000000001"
OFFERED = frozenset({"scan_id", "heartbeat"})
PULSE = Pulse("ready", ("camera",), 2, 1, 30, 4, 0, "2027-01-15T08:00:00+00:00")
DONE = {"success": True, "code": "ok"}
PATIENCE_S = 30.0


@pytest.fixture
def at_server(raw_server):
    """``at_server(script, extensions)``: a client of a server that answers so."""
    clients = []

    def make(script, extensions=OFFERED):
        server = raw_server(script)
        credentials = Credentials(server.url, "/scan", "key-of-the-gate", DEVICE, "Gate", extensions=extensions)
        clients.append(ScanClient(credentials, Server()))
        return clients[-1], server

    yield make
    for client in clients:
        client.close()


def test_it_is_sent_every_thirty_seconds_with_what_was_told_last(at_server, respond, tmp_path):
    (tmp_path / "temp").write_text("51234\n")
    client, server = at_server(lambda heard: respond(200, DONE))
    heart = Heartbeat(tmp_path / "temp")
    heart.tell(PULSE)
    now = time.monotonic()
    assert [heart.work(client, now + later) for later in (0, EVERY_S - 0.1, EVERY_S)] == [True, False, True]
    sent = server.heard[0].json
    assert server.paths == ["/scan/heartbeat/"] * 2
    assert sent["temperature_c"] == 51.2
    assert (sent["state"], sent["faults"], sent["last_error"], sent["queue"]) == ("ready", ["camera"], "camera", 2)
    assert (sent["admitted"], sent["refused"], sent["unknown"], sent["unanswered"]) == (30, 4, 0, 1)


def test_the_last_error_is_told_after_it_is_over(at_server, respond):
    client, server = at_server(lambda heard: respond(200, DONE))
    heart = Heartbeat(Path("/nowhere"))
    now = time.monotonic()
    heart.tell(PULSE)
    heart.work(client, now)
    heart.tell(Pulse("ready", (), 0, 0, 0, 0, 0, PULSE.clock))
    heart.work(client, now + EVERY_S)
    assert (server.heard[1].json["faults"], server.heard[1].json["last_error"]) == ([], "camera")
    assert "temperature_c" not in server.heard[1].json


def test_a_server_that_does_not_list_it_never_hears_one(at_server, respond):
    client, server = at_server(lambda heard: respond(200, DONE), frozenset({"scan_id"}))
    heart = Heartbeat()
    heart.tell(PULSE)
    assert not heart.work(client, time.monotonic())
    assert server.heard == []


def test_nothing_is_sent_before_the_gate_knows_how_it_is(at_server, respond):
    client, _ = at_server(lambda heard: respond(200, DONE))
    assert not Heartbeat().work(client, time.monotonic())


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_one_that_fails_is_not_tried_again_before_its_time(at_server, respond, status):
    client, server = at_server(lambda heard: respond(status, {"error": "no"}))
    heart = Heartbeat()
    heart.tell(PULSE)
    now = time.monotonic()
    assert [heart.work(client, now), heart.work(client, now + 1)] == [True, False]
    assert len(server.heard) == 1


def test_a_server_that_says_nothing_holds_the_thread_for_a_second_at_most(at_server):
    over = threading.Event()
    client, _ = at_server(lambda heard: lambda sock: over.wait(PATIENCE_S))
    heart = Heartbeat()
    heart.tell(PULSE)
    began = time.monotonic()
    heart.work(client, began)
    took = time.monotonic() - began
    over.set()
    assert took < WITHIN_S + PATIENCE_S / 3  # far from the script's own patience, whatever the machine is busy with


def test_the_clock_that_is_told_is_the_one_of_the_moment_when_it_is_sent(at_server, respond):
    client, server = at_server(lambda heard: respond(200, DONE))
    heart = Heartbeat()
    began = time.monotonic()
    heart.tell(PULSE)
    heart.work(client, time.monotonic() + 20)
    took = time.monotonic() - began
    told = datetime.fromisoformat(server.heard[0].json["clock"])
    assert timedelta(seconds=19) < told - datetime.fromisoformat(PULSE.clock) < timedelta(seconds=20.1 + took)


GOOD = Finding("clock", Level.OK, "The clock is right")
BAD = Finding("camera", Level.FAIL, "No camera\x1b[31m", "Push the ribbon in")


def test_a_report_is_sent_when_it_has_changed_and_every_ten_minutes(at_server, respond):
    client, server = at_server(lambda heard: respond(200, DONE))
    heart, now = Heartbeat(), time.monotonic()
    heart.tell(PULSE)
    heart.work(client, now)
    heart.report([GOOD, BAD])
    for later in (EVERY_S, 2 * EVERY_S):
        heart.work(client, now + later)
    heart.report([GOOD])
    heart.work(client, now + 3 * EVERY_S)
    heart.work(client, now + 3 * EVERY_S + REPORT_EVERY_S)
    sent = [heard.json.get("report") for heard in server.heard]
    good = {"check": "clock", "level": "ok", "found": "The clock is right", "fix": ""}
    bad = {"check": "camera", "level": "fail", "found": "No camera[31m", "fix": "Push the ribbon in"}
    assert sent == [None, [good, bad], None, [good], [good]]


def test_a_report_that_did_not_arrive_is_sent_with_the_next_heartbeat(at_server, respond):
    answers = [500, 200, 200]
    client, server = at_server(lambda heard: respond(answers.pop(0), DONE))
    heart, now = Heartbeat(), time.monotonic()
    heart.tell(PULSE)
    heart.report([BAD])
    for later in (0, EVERY_S, 2 * EVERY_S):
        heart.work(client, now + later)
    assert ["report" in heard.json for heard in server.heard] == [True, True, False]


def test_of_a_report_that_is_too_long_the_good_lines_are_left_out(at_server, respond):
    client, server = at_server(lambda heard: respond(200, DONE))
    heart = Heartbeat()
    heart.tell(PULSE)
    heart.report([Finding("units", Level.OK, "é" * 300)] * 70 + [BAD] * 3)
    heart.work(client, time.monotonic())
    report = server.heard[0].json["report"]
    assert [line["check"] for line in report].count("camera") == 3
    assert 3 < len(report) <= 60
    assert len(json.dumps(server.heard[0].json)) < 16 * 1024


def test_the_server_thread_sends_it_when_it_is_idle(tmp_path, raw_server, respond):
    came = threading.Event()

    def script(heard):
        if heard.path.endswith("/heartbeat/"):
            came.set()
            return respond(200, DONE)
        info = {"uuid": DEVICE, "name": "Gate", "claimed": True, "archived": False}
        return respond(200, {"success": True, "message": "", "device_info": info, "extensions": sorted(OFFERED)})

    server = raw_server(script)
    heard = threading.Event()
    thread = ServerThread(Server(), CredentialStore(tmp_path), Journal(tmp_path), lambda news: heard.set())
    thread.heartbeat.tell(PULSE)
    thread.use(Credentials(server.url, "/api/scan", "key-of-the-gate", DEVICE, "Gate", extensions=OFFERED))
    assert heard.wait(PATIENCE_S)
    assert came.wait(PATIENCE_S)
    thread.close()
