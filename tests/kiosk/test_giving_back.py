"""Admissions nobody used go back to the server one by one, until each was answered; none holds up another."""

import time

import pytest

from kiosk.attempt import Entry, Step
from kiosk.credentials import Credentials
from kiosk.giving_back import AGAIN_S, SAME_AGAIN_S, GivingBack
from kiosk.journal import Journal
from kiosk.scan_client import ScanClient
from kiosk.settings import Server
from kiosk.verdict import ADMITTED, Fault

DEVICE = "d0000000-0000-4000-8000-000000000001"
TICKET = "00000000-0000-4000-8000-00000000000{}"
OFFERED = frozenset({"scan_id", "annul"})


@pytest.fixture
def journal(tmp_path):
    """Three admissions that nobody used."""
    it = Journal(tmp_path)
    for number in range(3):
        scan_id = f"scan-{number}"
        it.write(
            Entry(Step.ATTEMPT, scan_id, TICKET.format(number), "scan"),
            Entry(Step.ANSWERED, scan_id, verdict=ADMITTED),
            Entry(Step.OPENING, scan_id),
            Entry(Step.OPENED, scan_id),
            Entry(Step.NOT_PASSED, scan_id, giving="annul", waited_s=9.0),
        )
    return it


@pytest.fixture
def at_server(raw_server):
    """``at_server(script, extensions)``: a client of a server that answers so."""
    clients = []

    def make(script, extensions=OFFERED):
        server = raw_server(script)
        credentials = Credentials(server.url, "/api/scan", "key-of-the-gate", DEVICE, "Gate", extensions=extensions)
        clients.append(ScanClient(credentials, Server()))
        return clients[-1], server

    yield make
    for client in clients:
        client.close()


def waiting(journal):
    return [attempt.scan_id for attempt in journal.to_annul()]


def test_each_is_given_back_once_oldest_first(journal, at_server, respond):
    client, server = at_server(lambda heard: respond(200, _done(heard)))
    giving = GivingBack(journal)
    now = time.monotonic()
    assert [giving.work(client, now) for _ in range(4)] == [True, True, True, False]
    assert [heard.json["scan_id"] for heard in server.heard] == ["scan-0", "scan-1", "scan-2"]
    assert waiting(journal) == []


def test_one_that_the_server_chokes_on_holds_up_no_other_and_is_tried_again(journal, at_server, respond):
    chokes = ["scan-0"]

    def script(heard):
        return respond(500, {"error": "no"}) if heard.json["scan_id"] in chokes else respond(200, _done(heard))

    client, _ = at_server(script)
    giving = GivingBack(journal)
    now = time.monotonic()
    assert giving.work(client, now)
    assert not giving.work(client, now + AGAIN_S - 0.1)
    assert giving.work(client, now + AGAIN_S)
    assert giving.work(client, now + AGAIN_S)
    assert waiting(journal) == ["scan-0"]
    chokes.clear()
    assert not giving.work(client, now + SAME_AGAIN_S - 0.1)
    assert giving.work(client, now + SAME_AGAIN_S)
    assert waiting(journal) == []


def test_a_refusal_settles_it_and_is_remembered_as_one(journal, at_server, respond):
    client, _ = at_server(lambda heard: respond(409, {"success": False, "code": "annul_too_late"}))
    GivingBack(journal).work(client, time.monotonic())
    settled = journal.last(TICKET.format(0))
    assert settled.step is Step.ANNULLED
    assert not settled.given_back
    assert journal.was_admitted(TICKET.format(0))


def test_before_its_ticket_is_asked_for_an_admission_is_given_back_and_only_that_one(journal, at_server, respond):
    client, _ = at_server(lambda heard: respond(200, _done(heard)))
    assert GivingBack(journal).before_asking_for(TICKET.format(1), client, time.monotonic() + 30) is None
    assert waiting(journal) == ["scan-0", "scan-2"]
    assert not journal.was_admitted(TICKET.format(1))


def test_what_can_not_be_given_back_yet_is_a_fault_and_the_ticket_waits(journal, at_server):
    client, _ = at_server(lambda heard: lambda sock: None)
    fault = GivingBack(journal).before_asking_for(TICKET.format(1), client, time.monotonic() + 30)
    assert fault is Fault.NO_NETWORK


def test_a_server_that_takes_nothing_back_is_not_asked(journal, at_server, respond):
    client, server = at_server(lambda heard: respond(200, _done(heard)), extensions=frozenset({"scan_id"}))
    assert not GivingBack(journal).work(client, time.monotonic())
    assert server.heard == []


def test_it_tells_how_long_was_waited_and_not_when_the_clock_says_the_answer_came(journal, at_server, respond):
    client, server = at_server(lambda heard: respond(200, _done(heard)))
    GivingBack(journal).work(client, time.monotonic())
    told = server.heard[0].json
    assert told["annulled_at"] > told["scanned_at"]
    assert told["reason"] == "not_passed"


def _done(heard):
    return {"success": True, "code": "ok", "message": "Admission annulled", "scan_id": heard.json["scan_id"]}
