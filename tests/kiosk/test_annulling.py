"""Giving an admission back: what the server is asked, and that only its exact word settles it."""

from __future__ import annotations

import json
import socket
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.credentials import Credentials
from kiosk.scan_client import AnnulOutcome, AnnulRefusal, ScanClient, annulling
from kiosk.scan_client.exchange import Answer
from kiosk.settings import Server
from kiosk.verdict import Fault

SCAN_ID = "0b6f1f6e-41f6-4a43-8c8a-5a8a4d1c3f10"
OTHER_ID = "92b0a3ce-1f55-4f6c-9c0e-0d3b1a77c0aa"
GATE = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"
SCANNED_AT = datetime(2026, 11, 24, 20, 15, 1, 250_000, tzinfo=UTC)
ANNULLED_AT = SCANNED_AT + timedelta(seconds=8)
OK = {"success": True, "message": "Admission annulled", "scan_id": SCAN_ID, "code": "ok"}


def error(code):
    return {"success": False, "error": "text", "message": "text", "code": code}


@pytest.fixture
def client(raw_server):
    """``client(script, prefix)``: a client of a server that answers so, and that server."""
    clients = []

    def make(script, prefix="/api/scan"):
        server = raw_server(script)
        extensions = frozenset({"scan_id", "annul"})
        credentials = Credentials(server.url, prefix, "PREFIX01.secret", GATE, "Gate 1", extensions=extensions)
        clients.append(ScanClient(credentials, Server()))
        return clients[-1], server

    yield make
    for each in clients:
        each.close()


def annul(client, scanned_at=SCANNED_AT, seconds=60.0):
    return client.annul(SCAN_ID, ANNULLED_AT, scanned_at, time.monotonic() + seconds)


@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
def test_the_server_is_told_the_scan_id_the_reason_and_both_times(client, respond, prefix):
    asked, server = client(lambda heard: respond(200, OK), prefix)
    outcome = annul(asked)
    assert outcome == AnnulOutcome()
    assert (outcome.is_done, outcome.is_settled) == (True, True)
    assert (server.heard[0].method, server.paths) == ("POST", [f"{prefix}/annul/"])
    assert server.heard[0].headers["authorization"] == "Api-Key PREFIX01.secret"
    assert server.heard[0].json == {
        "scan_id": SCAN_ID,
        "reason": "not_passed",
        "annulled_at": "2026-11-24T20:15:09.250000+00:00",
        "scanned_at": "2026-11-24T20:15:01.250000+00:00",
    }


def test_a_time_of_the_scan_that_nobody_knows_is_left_out(client, respond):
    asked, server = client(lambda heard: respond(200, OK))
    annul(asked, scanned_at=None)
    assert set(server.heard[0].json) == {"scan_id", "reason", "annulled_at"}


def test_times_are_told_in_utc(client, respond):
    asked, server = client(lambda heard: respond(200, OK))
    paris = ANNULLED_AT.astimezone(timezone(timedelta(hours=1)))
    asked.annul(SCAN_ID, paris, None, time.monotonic() + 60)
    assert server.heard[0].json["annulled_at"] == "2026-11-24T20:15:09.250000+00:00"


REFUSED = [(404, "unknown_scan"), (409, "annul_too_late"), (409, "not_in_force")]


@pytest.mark.parametrize(("status", "code"), REFUSED)
def test_a_refusal_in_the_servers_own_code_is_for_good(client, respond, status, code):
    asked, _ = client(lambda heard: respond(status, error(code)))
    outcome = annul(asked)
    assert outcome == AnnulOutcome(refusal=AnnulRefusal(code))
    assert (outcome.is_done, outcome.is_settled) == (False, True)


def test_every_refusal_has_its_status():
    assert {code for _, code in REFUSED} == set(AnnulRefusal)


@pytest.mark.parametrize(("status", "code"), REFUSED)
def test_the_code_of_a_refusal_in_anything_but_its_answer_settles_nothing(client, respond, status, code):
    for answer in (
        respond(200, error(code)),
        respond(400, error(code)),
        respond(status, error(code) | {"success": True}),
        respond(status, {"code": code}),
        respond(status, error(code), Content_Type="text/html"),
        respond(status, error(code.upper())),
        respond(status, error([code])),
        respond(status, [error(code)]),
    ):
        asked, _ = client(lambda heard, answer=answer: answer)
        assert annul(asked) == AnnulOutcome(fault=Fault.ODD_ANSWER)


@pytest.mark.parametrize(
    "told",
    [
        *(OK | {"scan_id": OTHER_ID}, OK | {"scan_id": None}, OK | {"success": 1}, OK | {"success": "true"}),
        *(OK | {"success": False}, OK | {"code": "OK"}, OK | {"code": None}, {"success": True, "code": "ok"}),
        *({"success": True}, {}, [OK], "ok", True, None),
    ],
)
def test_success_that_is_not_word_for_word_gives_nothing_back(client, respond, told):
    asked, _ = client(lambda heard: respond(200, told))
    assert annul(asked) == AnnulOutcome(fault=Fault.ODD_ANSWER)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        *((404, b"<html>", Fault.ODD_ANSWER), (404, error("not_found"), Fault.ODD_ANSWER)),  # a server without annul/
        *((405, error("method_not_allowed"), Fault.ODD_ANSWER), (400, error("bad_request"), Fault.ODD_ANSWER)),
        *((413, error("bad_request"), Fault.ODD_ANSWER), (200, b"<html>", Fault.ODD_ANSWER)),
        *((301, b"", Fault.ODD_ANSWER), (302, OK, Fault.ODD_ANSWER), (201, OK, Fault.ODD_ANSWER)),
        *((204, b"", Fault.ODD_ANSWER), (511, b"<html>", Fault.ODD_ANSWER), (403, b"<html>", Fault.ODD_ANSWER)),
        *((401, error("unauthorized"), Fault.KEY_REFUSED), (403, error("device_archived"), Fault.KEY_REFUSED)),
        *((429, error("rate_limited"), Fault.SERVER_TROUBLE), (500, error("server_error"), Fault.SERVER_TROUBLE)),
        *(
            (500, b"<html>", Fault.SERVER_TROUBLE),
            (502, b"<html>", Fault.SERVER_TROUBLE),
            (503, OK, Fault.SERVER_TROUBLE),
        ),
    ],
)
def test_any_other_answer_leaves_it_to_be_asked_again(client, respond, status, body, fault):
    asked, server = client(lambda heard: respond(status, body, Location="/api/scan/annul/"))
    outcome = annul(asked)
    assert outcome == AnnulOutcome(fault=fault)
    assert (outcome.is_done, outcome.is_settled) == (False, False)
    assert len(server.heard) == 1


def cut(sock):
    whole = json.dumps(OK).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(whole)}\r\n\r\n"
    sock.sendall(head.encode() + whole[:-1])


def silent(sock):
    sock.recv(1)  # until the client gives up


@pytest.mark.parametrize(
    ("reply", "fault"), [(cut, Fault.ODD_ANSWER), (lambda sock: None, Fault.NO_NETWORK), (silent, Fault.TIMEOUT)]
)
def test_a_lost_answer_leaves_it_to_be_asked_again_and_the_next_one_is_taken(client, respond, reply, fault):
    asked, server = client(lambda heard: reply)
    assert annul(asked, seconds=1.0 if fault is Fault.TIMEOUT else 60.0) == AnnulOutcome(fault=fault)
    server.script = lambda heard: respond(200, OK)
    assert annul(asked) == AnnulOutcome()
    assert server.heard[0].content == server.heard[1].content


def test_a_server_that_is_not_there_leaves_it_to_be_asked_again(client, respond):
    asked, server = client(lambda heard: respond(200, OK))
    server.close()
    assert annul(asked) == AnnulOutcome(fault=Fault.NO_NETWORK)


def test_a_time_that_is_over_sends_nothing(client, respond):
    asked, server = client(lambda heard: respond(200, OK))
    assert annul(asked, seconds=0.0) == AnnulOutcome(fault=Fault.TIMEOUT)
    assert server.heard == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([SCAN_ID, "ok", "unknown_scan", "not_in_force", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["success", "code", "scan_id", "message"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(status=st.sampled_from([200, 201, 301, 400, 404, 409, 500]), body=JSON)
@settings(max_examples=500, deadline=None)
def test_no_json_settles_it_but_the_exact_answers(status, body):
    outcome = annulling.outcome(Answer(status, body), SCAN_ID)
    is_object = isinstance(body, dict)
    is_done = is_object and status == 200 and body.get("success") is True and body.get("code") == "ok"
    assert outcome.is_done == (is_done and body.get("scan_id") == SCAN_ID)
    if outcome.refusal is not None:
        assert (status, body["code"], body["success"]) in {(s, c, False) for s, c in REFUSED}


@given(status=st.integers(100, 599), rest=st.binary(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_make_it_raise_or_settle(client, status, rest):
    def send(sock):
        sock.sendall(f"HTTP/1.1 {status} x\r\n".encode() + rest)
        sock.shutdown(socket.SHUT_RDWR)

    asked, server = client(lambda heard: send)
    assert annul(asked, seconds=5.0).fault is not None
    asked.close()
    server.close()


DEVICE = {"uuid": GATE, "name": "Gate 1", "claimed": True, "archived": False}
TESTED = {"success": True, "device_info": DEVICE}


@pytest.mark.parametrize(
    ("told", "offered"),
    [
        (TESTED | {"extensions": ["scan_id", "annul", "new"]}, {"scan_id", "annul", "new"}),
        (TESTED | {"extensions": ["scan_id"]}, {"scan_id"}),
        (TESTED | {"extensions": ["annul", 5, None, ["x"]]}, {"annul"}),
        (TESTED | {"extensions": "annul"}, set()),
        (TESTED, set()),
    ],
)
def test_a_probe_learns_what_the_server_offers_now(client, respond, told, offered):
    asked, _ = client(lambda heard: respond(200, told))
    assert asked.extensions == {"scan_id", "annul"}
    assert asked.probe() is None
    assert asked.extensions == offered


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((200, b"<html>"), (500, TESTED), (302, TESTED), (401, error("unauthorized")), (404, b"<html>")),
        (200, TESTED | {"device_info": DEVICE | {"uuid": OTHER_ID}}),
    ],
)
def test_a_probe_that_did_not_go_well_leaves_what_is_offered(client, respond, status, body):
    asked, _ = client(lambda heard: respond(status, body))
    assert asked.probe() is not None
    assert asked.extensions == {"scan_id", "annul"}


def test_a_probe_of_the_deployed_dialect_leaves_what_is_offered(client, respond):
    asked, _ = client(lambda heard: respond(200, {"scan_app": "Gate 1", "extensions": []}), "/scan")
    asked.probe()
    assert asked.extensions == {"scan_id", "annul"}
