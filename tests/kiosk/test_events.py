"""A ticket's event is the one whose public key verifies it: real keys, real signatures, a server of raw sockets."""

from __future__ import annotations

import base64
import json
import time
import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk import codes
from kiosk.codes import TicketCode
from kiosk.credentials import Credentials
from kiosk.edges import Question
from kiosk.scan_client import ScanClient
from kiosk.scan_client.events import Events
from kiosk.scan_client.exchange import Exchanges
from kiosk.settings import Server
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown

SAMPLES = json.loads((Path(__file__).parent.parent / "tibillet" / "samples.json").read_text("utf-8"))
EVENTS = [{"uuid": e["uuid"], "publicKeyPem": e["public_key_pem"], "name": "Concert"} for e in SAMPLES["events"]]
TICKETS = {ticket["name"]: ticket for ticket in SAMPLES["tickets"]}
FIRST, SECOND = (event["uuid"] for event in EVENTS)
LONG_S = 60.0


def sample(name):
    return codes.parse(TICKETS[name]["qrcode_data"])


def ed25519():
    """A ticket as our own server signs it, and the PEM that verifies it."""
    key = Ed25519PrivateKey.generate()
    ticket_uuid = str(uuid.uuid4())
    data = base64.urlsafe_b64encode(json.dumps({"uuid": ticket_uuid}).encode())
    signature = key.sign(data)
    text = f"{data.decode()}:{base64.urlsafe_b64encode(signature).decode()}"
    return TicketCode(text, ticket_uuid, data, signature), pem(key.public_key())


def pem(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


@pytest.fixture
def finder(raw_server, respond):
    """``finder(list or reply)``: Events at a server that gives it, and that server."""

    def start(listed):
        server = raw_server(lambda heard: listed if isinstance(listed, bytes) else respond(200, listed))
        return Events(Exchanges(server.url, "PREFIX01.secret")), server

    return start


def soon():
    return time.monotonic() + LONG_S


@pytest.mark.parametrize("name", sorted(TICKETS))
def test_recorded_ticket_is_found_at_its_event(finder, name):
    events, _ = finder(EVENTS)
    assert events.event_of(sample(name), soon()) == TICKETS[name]["event_uuid"]


def test_pages_of_results_are_read_as_lists_are(finder):
    events, _ = finder({"count": 2, "results": EVENTS})
    assert events.event_of(sample("EV2"), soon()) == SECOND


def test_ed25519_ticket_is_found_among_rsa_events(finder):
    ticket, public = ed25519()
    mine = str(uuid.uuid4())
    events, _ = finder([*EVENTS, {"uuid": mine.upper(), "publicKeyPem": public}])
    assert events.event_of(ticket, soon()) == mine


def test_list_is_asked_once_for_many_tickets_and_without_the_key(finder):
    events, server = finder(EVENTS)
    for name in ("K1", "EV2", "K2"):
        events.event_of(sample(name), soon())
    assert server.paths == ["/api/events/"]
    assert "authorization" not in server.heard[0].headers


def test_forged_tickets_cost_one_fetch_a_minute(finder):
    events, server = finder(EVENTS)
    for _ in range(5):
        forged, _ = ed25519()
        assert events.event_of(forged, soon()) is Fault.EVENT_UNKNOWN
    assert len(server.heard) == 1


def test_list_is_asked_again_after_a_minute(finder, monkeypatch):
    events, server = finder(EVENTS)
    forged, _ = ed25519()
    events.event_of(forged, soon())
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    events.event_of(forged, now + 61 + LONG_S)
    assert len(server.heard) == 2


def test_failed_fetch_is_asked_again_at_once(finder, respond):
    events, server = finder(respond(503, b"<html>"))
    assert events.event_of(sample("K1"), soon()) is Fault.SERVER_TROUBLE
    server.script = lambda heard: respond(200, EVENTS)
    assert events.event_of(sample("K1"), soon()) == FIRST


@pytest.mark.parametrize("body", ["text", None, {"results": "none"}, {"detail": "no"}, 7])
def test_answer_that_is_no_list_is_odd_and_asked_again_at_once(finder, respond, body):
    events, server = finder(body)
    assert events.event_of(sample("K1"), soon()) is Fault.ODD_ANSWER
    server.script = lambda heard: respond(200, EVENTS)
    assert events.event_of(sample("K1"), soon()) == FIRST


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        *((302, b"<html>", Fault.ODD_ANSWER), (200, b"<html>", Fault.ODD_ANSWER), (511, b"<html>", Fault.ODD_ANSWER)),
        *((404, b"<html>", Fault.EVENT_UNKNOWN), (403, {"detail": "no"}, Fault.EVENT_UNKNOWN)),
    ],
)
def test_page_of_a_portal_in_place_of_the_list_does_not_keep_the_next_list_away(finder, respond, status, body, fault):
    events, server = finder(respond(status, body))
    assert events.event_of(sample("K1"), soon()) is fault
    server.script = lambda heard: respond(200, EVENTS)
    assert events.event_of(sample("K1"), soon()) == FIRST


def test_events_without_a_usable_key_are_passed_over(finder):
    elliptic = pem(ec.generate_private_key(ec.SECP256R1()).public_key())
    nonsense = [
        None,
        "event",
        {"uuid": str(uuid.uuid4())},
        {"uuid": str(uuid.uuid4()), "publicKeyPem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"},
        {"uuid": str(uuid.uuid4()), "publicKeyPem": elliptic},
        {"uuid": "no-uuid", "publicKeyPem": EVENTS[0]["publicKeyPem"]},
        {"uuid": 7, "publicKeyPem": None},
    ]
    events, _ = finder([*nonsense, *EVENTS])
    assert events.event_of(sample("K1"), soon()) == FIRST


# --- in the client ----------------------------------------------------------------------------------------------------


@pytest.fixture
def gate(raw_server, respond):
    """``gate(server settings, ...)``: the verdict on a ticket at a deployed server, and what that server heard."""

    def ask(settings, ticket, action="scan", listed=EVENTS, extensions=frozenset(), check=None):
        about = {"uuid": ticket.uuid, "status": "Valid and not scanned", "is_scanned": False}

        def script(heard):
            if heard.path == "/api/events/":
                return listed if isinstance(listed, bytes) else respond(200, listed)
            if heard.path == "/scan/check_ticket/":
                return check or respond(200, {"success": True, "ticket": about})
            return respond(200, {"success": True, "ticket": about | {"status": "Valid and scanned"}})

        server = raw_server(script)
        credentials = Credentials(server.url, "/scan", "PREFIX01.secret", FIRST, "Gate 1", extensions=extensions)
        client = ScanClient(credentials, settings)
        client.close()
        question = Question(str(uuid.uuid4()), ticket, action, unanswered=False, admitted_before=False)
        return client.ask(question, soon(), lambda: None), server

    return ask


def test_gate_without_settings_admits_every_event_by_its_own_uuid(gate):
    for name, event in (("K1", FIRST), ("EV2", SECOND)):
        verdict, server = gate(Server(), sample(name))
        assert verdict == ADMITTED
        assert server.heard[-1].json["event_uuid"] == event


def test_event_outside_the_list_is_refused_without_asking_about_it(gate):
    verdict, server = gate(Server(events=(SECOND, uuid.uuid4())), sample("K1"))
    assert verdict == refused(Reason.WRONG_EVENT)
    assert server.paths == ["/api/events/"]


def test_check_at_a_gate_of_one_event_knows_the_others(gate):
    assert gate(Server(event_uuid=SECOND), sample("K1"), action="check")[0] == refused(Reason.WRONG_EVENT)
    assert gate(Server(event_uuid=FIRST), sample("K1"), action="check")[0] == ADMITTED


def test_ticket_of_no_known_event_is_checked_and_not_scanned(gate):
    ticket, _ = ed25519()
    verdict, server = gate(Server(), ticket)
    assert verdict == unknown(Fault.EVENT_UNKNOWN)
    assert server.paths == ["/api/events/", "/scan/check_ticket/"]


def test_ticket_of_no_known_event_is_refused_for_what_the_server_says(gate, respond):
    ticket, _ = ed25519()
    verdict, _ = gate(Server(), ticket, check=respond(400, {"error": "Invalid ticket signature"}))
    assert verdict == refused(Reason.INVALID_SIGNATURE)


def test_server_without_a_list_of_events_leaves_a_listed_gate_unknowing(gate, respond):
    verdict, _ = gate(Server(events=(FIRST, SECOND)), sample("K1"), listed=respond(404, b"<html>"))
    assert verdict == unknown(Fault.EVENT_UNKNOWN)


def test_lost_scan_is_not_called_used_while_its_event_can_not_be_found(raw_server, respond):
    ticket = sample("K1")
    scanned = {"uuid": ticket.uuid, "status": "Valid and scanned", "is_scanned": True, "scanned_by": SECOND}

    def script(heard):
        return (
            respond(503, b"<html>")
            if heard.path == "/api/events/"
            else respond(200, {"success": True, "ticket": scanned})
        )

    credentials = Credentials(
        raw_server(script).url, "/api/scan", "PREFIX01.secret", FIRST, "Gate 1", extensions=frozenset({"scan_id"})
    )
    client = ScanClient(credentials, Server(events=(FIRST, SECOND)))
    client.close()
    question = Question(str(uuid.uuid4()), ticket, "scan", unanswered=True, admitted_before=False)
    assert client.ask(question, soon(), lambda: None) == unknown(Fault.SERVER_TROUBLE)
