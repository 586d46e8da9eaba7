"""A server that is known by its key alone: whatever certificate is around it, and nobody else, whoever vouches."""

from __future__ import annotations

import socket
import ssl
import threading
import time
import uuid

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk import codes
from kiosk.codes import PairingCode, TicketCode
from kiosk.credentials import Credentials, CredentialStore
from kiosk.edges import Question
from kiosk.pairing import Paired, PairingFailed, PairingTrouble, pair
from kiosk.scan_client import ScanClient
from kiosk.settings import Server
from kiosk.verdict import ADMITTED, Fault, unknown

TICKET = TicketCode("e30=:c2lnbmF0dXJl", "d1a544fd-2961-4930-bde0-c44026bb00e1", b"e30=", b"signature")
SCANNED = {"success": True, "ticket": {"uuid": TICKET.uuid, "status": "Valid and scanned"}}
KEY = "PREFIX01.topsecretkey"


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def gate_at():
    """``gate_at(server, pin)``: the client of a gate that was paired there, with this pin."""
    clients = []

    def make(server, pin):
        given = {"extensions": frozenset({"scan_id"}), "pin": pin}
        clients.append(ScanClient(Credentials(server.url, "/api/scan", KEY, TICKET.uuid, "Gate 1", **given), Server()))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def ask(client):
    question = Question(str(uuid.uuid4()), TICKET, "scan", unanswered=False, admitted_before=False)
    return client.ask(question, time.monotonic() + 60, lambda: None)


@pytest.mark.parametrize("ends", [100, -1], ids=["valid", "expired"])
def test_the_pinned_key_is_asked_whatever_its_certificate_says(
    raw_server, respond, certificate, key, gate_at, ends, pin_of
):
    server = raw_server(lambda heard: respond(200, SCANNED), certificate(key, ends))
    assert ask(gate_at(server, pin_of(key))) == ADMITTED


def test_a_certificate_renewed_around_the_same_key_stops_no_gate(
    raw_server, respond, certificate, key, gate_at, pin_of
):
    context = certificate(key)
    server = raw_server(lambda heard: lambda sock: sock.sendall(respond(200, SCANNED)), context)  # and closes
    client = gate_at(server, pin_of(key))
    assert ask(client) == ADMITTED
    certificate(key, ends=50, into=context)
    assert ask(client) == ADMITTED


def test_another_key_is_a_fault_of_its_own_until_the_right_one_is_back_and_hears_nothing(
    raw_server, respond, certificate, key, gate_at, pin_of
):
    context = certificate(key)
    server = raw_server(lambda heard: lambda sock: sock.sendall(respond(200, SCANNED)), context)  # and closes
    client = gate_at(server, pin_of(key))
    assert ask(client) == ADMITTED
    certificate(ec.generate_private_key(ec.SECP256R1()), into=context)
    assert ask(client) == unknown(Fault.SERVER_KEY_CHANGED)
    assert client.probe() is Fault.SERVER_KEY_CHANGED
    certificate(key, into=context)
    assert ask(client) == ADMITTED
    assert len(server.heard) == 2


def test_an_authority_that_is_trusted_does_not_replace_the_pin(raw_server, respond, certificate, key, tmp_path, pin_of):
    server = raw_server(lambda heard: respond(200, SCANNED), certificate(ec.generate_private_key(ec.SECP256R1())))
    trusting = requests.Session()
    trusting.verify = False  # believes everybody
    credentials = Credentials(server.url, "/api/scan", KEY, TICKET.uuid, "Gate 1", pin=pin_of(key))
    client = ScanClient(credentials, Server(), trusting)
    assert client.probe() is Fault.SERVER_KEY_CHANGED
    client.close()
    assert server.heard == []


def test_a_man_in_the_middle_gets_no_byte_of_http(certificate, key, gate_at, pin_of):
    """He ends TLS with a key of his own, and keeps all that comes after the handshake."""
    context, kept = certificate(ec.generate_private_key(ec.SECP256R1())), []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        class There:
            url = f"https://127.0.0.1:{listening.getsockname()[1]}"

        def listen():
            bare, _ = listening.accept()
            with context.wrap_socket(bare, server_side=True) as sock:
                while part := sock.recv(4096):
                    kept.append(part)

        thread = threading.Thread(target=listen)
        thread.start()
        assert ask(gate_at(There, pin_of(key))) == unknown(Fault.SERVER_KEY_CHANGED)
        thread.join(60)
    assert not thread.is_alive()
    assert kept == []


def test_a_server_that_speaks_no_tls_any_more_is_sent_nothing(raw_server, respond, key, gate_at, pin_of):
    server = raw_server(lambda heard: respond(200, SCANNED))

    class There:
        url = server.url.replace("http:", "https:")

    assert ask(gate_at(There, pin_of(key))) == unknown(Fault.TLS)
    assert not [heard for heard in server.heard if b"PREFIX01" in repr(heard).encode()]


def test_tls_1_1_is_refused_of_the_right_key_too(raw_server, respond, certificate, key, gate_at, pin_of):
    context = certificate(key)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = raw_server(lambda heard: respond(200, SCANNED), context)
    assert ask(gate_at(server, pin_of(key))) == unknown(Fault.TLS)


def test_credentials_with_a_pin_and_plain_http_do_not_exist(tmp_path, key, pin_of):
    with pytest.raises(ValueError, match="https"):
        Credentials("http://127.0.0.1", "/api/scan", KEY, TICKET.uuid, "Gate 1", pin=pin_of(key))
    store = CredentialStore(tmp_path)
    store.prepare()
    store.save_pending(Credentials("https://127.0.0.1", "/api/scan", KEY, TICKET.uuid, "Gate 1", pin=pin_of(key)))
    store.promote()
    file = tmp_path / "credentials.json"
    file.write_text(file.read_text().replace("https:", "http:"))
    assert store.load() is None  # set aside


def pairing_code(server, pin):
    found = codes.parse(f"{server.url}/api/scan/{'t' * 43}/pair#spki-sha256={pin}")
    assert isinstance(found, PairingCode)
    return found


def test_pairing_keeps_the_pin_of_the_code(raw_server, respond, certificate, key, tmp_path, pin_of):
    given = {"success": True, "message": "", "api_key": KEY, "device_uuid": TICKET.uuid, "device_name": "Gate 1"}
    tested = {"success": True, "device_info": {"uuid": TICKET.uuid, "archived": False}}
    answers = iter([given, tested])
    server = raw_server(lambda heard: respond(200, next(answers)), certificate(key))
    store = CredentialStore(tmp_path)
    paired = pair(pairing_code(server, pin_of(key)), store)
    assert isinstance(paired, Paired)
    assert store.load().pin == pin_of(key)


def test_pairing_with_another_key_sends_nothing_not_even_the_token(
    raw_server, respond, certificate, key, tmp_path, pin_of
):
    server = raw_server(lambda heard: respond(200, {}), certificate(ec.generate_private_key(ec.SECP256R1())))
    failed = pair(pairing_code(server, pin_of(key)), CredentialStore(tmp_path))
    assert isinstance(failed, PairingFailed)
    assert (failed.why, failed.fault) == (PairingTrouble.ANOTHER_KEY, Fault.SERVER_KEY_CHANGED)
    assert "make a new code" in failed.message
    assert server.heard == []


def test_pairing_by_a_certificate_that_nobody_vouches_for_sends_nothing_and_says_so(
    raw_server, respond, certificate, key, tmp_path
):
    server = raw_server(lambda heard: respond(200, {}), certificate(key))
    failed = pair(PairingCode(server.url, "/api/scan", "t" * 43), CredentialStore(tmp_path))
    assert isinstance(failed, PairingFailed)
    assert (failed.why, failed.fault) == (PairingTrouble.CERTIFICATE_REFUSED, Fault.TLS)
    assert "certificate" in failed.message
    assert server.heard == []


def test_a_redirect_of_a_pinned_pairing_leads_to_the_holder_of_the_same_key_only(
    raw_server, respond, certificate, key, tmp_path, pin_of
):
    other = ec.generate_private_key(ec.SECP256R1())
    elsewhere = raw_server(lambda heard: respond(200, {}), certificate(other))
    target = f"{elsewhere.url}/api/scan/{'t' * 43}/pair#spki-sha256={pin_of(other)}"
    server = raw_server(lambda heard: respond(302, {}, Location=target), certificate(key))
    failed = pair(pairing_code(server, pin_of(key)), CredentialStore(tmp_path))
    assert isinstance(failed, PairingFailed)
    assert failed.fault is Fault.SERVER_KEY_CHANGED
    assert elsewhere.heard == []


@pytest.mark.parametrize(
    "fragment",
    [
        "spki-sha256=",
        "spki-sha256=" + "A" * 42,
        "spki-sha256=" + "A" * 44,
        "spki-sha256=" + "A" * 42 + "B",  # stray bits: no 32 bytes are written so
        "spki-sha256=" + "A" * 42 + "=",
        "spki-sha256=" + "A" * 42 + "+",
        "SPKI-SHA256=" + "A" * 43,
        "spki-sha512=" + "A" * 43,
        "spki%2Dsha256=" + "A" * 43,
        "%73pki-sha256=" + "A" * 43,
        "x&spki-sha256=" + "A" * 43,
        "spki-sha256=" + "A" * 43 + "&spki-sha256=" + "E" * 43,
    ],
)
def test_a_pin_that_is_not_exactly_one_makes_the_code_unreadable(fragment):
    found = codes.parse(f"https://a.example/api/scan/{'t' * 43}/pair#{fragment}")
    assert isinstance(found, codes.Unreadable)
    assert found.why == "bad_pin"


def test_a_pin_beside_plain_http_makes_the_code_unreadable():
    assert codes.parse(f"http://10.0.0.1/api/scan/{'t' * 43}/pair#spki-sha256={'A' * 43}").why == "bad_pin"


@pytest.mark.parametrize("fragment", ["", "#", "#gate-1", "#a=b&c=d"])
def test_another_fragment_is_ignored(fragment):
    assert codes.parse(f"https://a.example/api/scan/{'t' * 43}/pair{fragment}").pin == ""
