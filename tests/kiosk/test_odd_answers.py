"""No answer puts a gate out of order: each odd one is unknown with its fault, and the next good one is taken."""

from __future__ import annotations

import itertools
import json
import socket
import time
import uuid

import pytest

from kiosk.codes import TicketCode
from kiosk.credentials import Credentials
from kiosk.edges import Question
from kiosk.scan_client import ScanClient
from kiosk.settings import Server
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown

TICKET = TicketCode("e30=:c2lnbmF0dXJl", "d1a544fd-2961-4930-bde0-c44026bb00e1", b"e30=", b"signature")
EVENT = "51bec713-a108-4986-91e6-1a85af1c598a"
GATE = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"
SUBJECT = {"uuid": TICKET.uuid, "status": "Valid and scanned"}
SCANNED = {"success": True, "message": "Ticket successfully scanned", "ticket": SUBJECT, "code": "ok"}
CHECKED = {"success": True, "ticket": SUBJECT | {"status": "Valid and not scanned", "is_scanned": False}}
LOGIN = b"<!DOCTYPE html><title>Welcome to Station Wi-Fi</title><form action=/login>"


def ours(url):
    return Credentials(url, "/api/scan", "PREFIX01.secret", GATE, "Gate 1", extensions=frozenset({"scan_id"}))


def deployed(url):
    return Credentials(url, "/scan", "PREFIX01.secret", GATE, "Gate 1")


def truncated(sock):
    whole = json.dumps(SCANNED).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(whole)}\r\n\r\n"
    sock.sendall(head.encode() + whole[: len(whole) // 2])


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


ODD = {
    "portal page": (200, LOGIN),
    "portal redirect": (302, LOGIN, {"Location": "http://login.example.net/?from=gate"}),
    "portal redirect that keeps the method": (307, LOGIN, {"Location": "/api/scan/ticket/"}),
    "redirect for ever": (308, b"", {"Location": "https://tickets.example.org/"}),
    "redirect with the answer in it": (301, SCANNED, {"Location": "/elsewhere"}),
    "network authentication required": (511, LOGIN),
    "page that calls itself JSON": (200, LOGIN, {"Content_Type": "application/json"}),
    "nothing": (200, b""),
    "no content": (204, b""),
    "created": (201, SCANNED),
    "empty object": (200, {}),
    "list": (200, [SCANNED]),
    "text": (200, "ok"),
    "success alone": (200, {"success": True}),
    "success of another ticket": (200, SCANNED | {"ticket": SUBJECT | {"uuid": GATE}}),
    "success in words": (200, SCANNED | {"success": "true"}),
    "success of a new kind": (200, SCANNED | {"code": "ok_but"}),
    "refusal of a new kind": (422, {"success": False, "code": "sold_twice", "message": "text"}),
    "annul's refusal": (409, {"success": False, "code": "not_in_force", "message": "text"}),
    "page not found": (404, b"<html>"),
    "not found in JSON": (404, {"success": False, "code": "not_found"}),
    "firewall": (403, b"<html>"),
    "teapot": (418, b"I'm a teapot"),
    "truncated": truncated,
    "not HTTP": b"220 smtp.example.org ESMTP\r\n",
}
TROUBLE = {
    "broken server": (500, {"success": False, "code": "server_error"}),
    "bad gateway": (502, b"<html>"),
    "maintenance for an hour": (503, b"<html>", {"Retry_After": "3600"}),
    "gateway timeout": (504, b"<html>"),
    "rate limit for ever": (429, {"success": False, "code": "rate_limited"}, {"Retry_After": "999999"}),
    "status that nobody knows": (599, b""),
}
REPLIES = [
    *(pytest.param(reply, Fault.ODD_ANSWER, id=name) for name, reply in ODD.items()),
    *(pytest.param(reply, Fault.SERVER_TROUBLE, id=name) for name, reply in TROUBLE.items()),
    pytest.param(reset, Fault.NO_NETWORK, id="reset"),
    pytest.param((401, {"success": False, "code": "unauthorized"}), Fault.KEY_REFUSED, id="key refused"),
    pytest.param((403, {"detail": "App is archived."}), Fault.KEY_REFUSED, id="archived"),
    pytest.param((409, {"success": False, "code": "scan_id_reused"}), Fault.SCAN_ID_REUSED, id="id of another"),
]


@pytest.fixture
def venue(raw_server, respond):
    """``venue(credentials)``: a client whose questions have one try each, and its server, which is well."""
    clients = []

    def well(heard):
        return respond(200, CHECKED if heard.path.endswith("/check_ticket/") else SCANNED)

    def start(credentials):
        server = raw_server(well)
        clients.append(ScanClient(credentials(server.url), Server(event_uuid=EVENT)))
        clients[-1].close()  # it asks on, but waits for no second try
        return clients[-1], server, well

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def bytes_of(respond):
    def build(reply):
        if not isinstance(reply, tuple):
            return reply
        status, body, *headers = reply
        return respond(status, body, **(headers[0] if headers else {}))

    return build


def ask(client, scan_id=None, unanswered=False):
    question = Question(scan_id or str(uuid.uuid4()), TICKET, "scan", unanswered, admitted_before=False)
    return client.ask(question, time.monotonic() + 60, lambda: None)


@pytest.mark.parametrize(("reply", "fault"), REPLIES)
@pytest.mark.parametrize("credentials", [ours, deployed])
def test_after_an_odd_answer_the_next_good_one_is_taken(venue, bytes_of, credentials, reply, fault):
    client, server, well = venue(credentials)
    assert ask(client) == ADMITTED  # so that a connection is kept
    server.script = lambda heard: bytes_of(reply)
    assert ask(client) == unknown(fault)
    server.script = well
    assert ask(client) == ADMITTED


@pytest.mark.parametrize(("reply", "fault"), REPLIES)
def test_after_an_odd_answer_the_next_refusal_is_taken(venue, respond, bytes_of, reply, fault):
    client, server, _ = venue(ours)
    server.script = lambda heard: bytes_of(reply)
    assert ask(client) == unknown(fault)
    server.script = lambda heard: respond(200, {"success": False, "code": "cancelled", "ticket": SUBJECT})
    assert ask(client) == refused(Reason.CANCELLED)


@pytest.mark.parametrize("reply", [pytest.param(reply, id=name) for name, reply in ODD.items()])
def test_an_odd_answer_to_the_scan_alone_is_unknown_and_the_admission_behind_it_is_recovered(
    venue, bytes_of, respond, reply
):
    """A deployed server that may have saved: already scanned by this device, afterwards, is that admission."""
    client, server, well = venue(deployed)
    server.script = lambda heard: bytes_of(reply) if heard.path.endswith("/ticket/") else well(heard)
    assert ask(client) == unknown(Fault.ODD_ANSWER)
    mine = SUBJECT | {"is_scanned": True, "scanned_by": GATE}
    server.script = lambda heard: respond(200, {"success": True, "ticket": mine})
    assert ask(client, unanswered=True) == ADMITTED


def test_an_hour_of_500_is_server_trouble_each_time_and_the_next_good_answer_is_taken(venue, bytes_of):
    """2,000 questions: one in two seconds for more than an hour."""
    client, server, well = venue(ours)
    server.script = lambda heard: bytes_of(TROUBLE["broken server"])
    assert {ask(client) for _ in range(2_000)} == {unknown(Fault.SERVER_TROUBLE)}
    server.script = well
    assert ask(client) == ADMITTED
    assert server.connections == 1


def test_every_odd_answer_in_turn_and_again_leaves_the_gate_in_order(venue, bytes_of):
    client, server, well = venue(ours)
    replies = itertools.cycle([*ODD.values(), *TROUBLE.values(), reset])
    for _ in range(3 * (len(ODD) + len(TROUBLE) + 1)):
        reply = next(replies)
        server.script = lambda heard, reply=reply: bytes_of(reply)
        assert not ask(client).is_final
        server.script = well
        assert ask(client) == ADMITTED


def test_a_portal_in_front_of_everything_is_odd_also_where_events_must_be_found(raw_server, respond):
    """The list of events is a call as well, and its page must not stand for "no events" until a minute has passed."""
    server = raw_server(lambda heard: respond(302, LOGIN, Location="http://login.example.net/"))
    client = ScanClient(deployed(server.url), Server())
    client.close()
    assert ask(client) == unknown(Fault.ODD_ANSWER)
    assert client.probe() is Fault.ODD_ANSWER
    server.script = lambda heard: respond(200, [] if heard.path == "/api/events/" else CHECKED)
    assert ask(client) == unknown(Fault.EVENT_UNKNOWN)
