"""The kiosk's client and the real server: an admission that nobody went through on, given back over the wire."""

import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from kiosk import codes
from kiosk.credentials import CredentialStore
from kiosk.edges import Question
from kiosk.pairing import pair
from kiosk.scan_client import AnnulOutcome, AnnulRefusal, ScanClient
from kiosk.settings import Server as ServerSettings
from kiosk.verdict import ADMITTED, Fault, Reason

SECONDS = timedelta(seconds=1)


@pytest.fixture
def gate(server, tmp_path):
    paired = pair(codes.parse(server.device()["pairing_url"]), CredentialStore(tmp_path / "state"))
    client = ScanClient(paired.credentials, ServerSettings())
    yield client
    client.close()


def ask(gate, ticket, scan_id):
    question = Question(scan_id, codes.parse(ticket["qrcode_data"]), "scan", unanswered=False, admitted_before=False)
    return gate.ask(question, time.monotonic() + 30, lambda: None)


def annul(gate, scan_id, after=8 * SECONDS, clock=timedelta(0)):
    scanned_at = datetime.now(UTC) + clock
    return gate.annul(scan_id, scanned_at + after, scanned_at, time.monotonic() + 30)


def test_a_ticket_given_back_enters_again_with_a_new_scan_id_and_never_with_the_old_one(server, gate):
    ticket = server.tickets(server.event())[0]
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    assert "annul" in gate.extensions
    assert ask(gate, ticket, first) == ADMITTED
    assert annul(gate, first, clock=timedelta(days=-400)) == AnnulOutcome()
    assert annul(gate, first) == AnnulOutcome()  # the answer was lost, and it is asked again
    assert ask(gate, ticket, first).reason is Reason.ANNULLED
    assert ask(gate, ticket, second) == ADMITTED
    assert ask(gate, ticket, str(uuid.uuid4())).reason is Reason.ALREADY_SCANNED
    assert annul(gate, first) == AnnulOutcome()
    assert ask(gate, ticket, second) == ADMITTED  # the second admission is still in force


def test_what_the_server_does_not_give_back_is_answered_for_good(server, gate):
    ticket = server.tickets(server.event())[0]
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    ask(gate, ticket, first)
    ask(gate, ticket, second)
    assert annul(gate, str(uuid.uuid4())) == AnnulOutcome(refusal=AnnulRefusal.UNKNOWN_SCAN)
    assert annul(gate, second) == AnnulOutcome(refusal=AnnulRefusal.NOT_IN_FORCE)
    assert annul(gate, first, after=901 * SECONDS) == AnnulOutcome(refusal=AnnulRefusal.ANNUL_TOO_LATE)


def test_an_annul_that_a_stopped_server_did_not_hear_is_taken_when_it_is_back(server, gate):
    ticket = server.tickets(server.event())[0]
    scan_id = str(uuid.uuid4())
    assert ask(gate, ticket, scan_id) == ADMITTED
    server.stop()
    assert annul(gate, scan_id) == AnnulOutcome(fault=Fault.NO_NETWORK)
    server.start()
    assert annul(gate, scan_id) == AnnulOutcome()
    assert ask(gate, ticket, str(uuid.uuid4())) == ADMITTED
