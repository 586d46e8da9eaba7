"""TLS as a gate meets it: a certificate that is trusted, one that is not, and one for another host."""

from __future__ import annotations

import ipaddress
import ssl
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk.codes import TicketCode
from kiosk.credentials import Credentials
from kiosk.edges import Question
from kiosk.scan_client import ScanClient
from kiosk.settings import Server
from kiosk.verdict import ADMITTED, Fault, unknown

TICKET = TicketCode("e30=:c2lnbmF0dXJl", "d1a544fd-2961-4930-bde0-c44026bb00e1", b"e30=", b"signature")
SCANNED = {"success": True, "ticket": {"uuid": TICKET.uuid, "status": "Valid and scanned"}}


@pytest.fixture
def certificate(tmp_path):
    """``certificate(address, begins, ends)``: a TLS context for a server at that address, and the file that trusts it.

    Validity in days from now; ``root=(begins, ends)``: signed by another certificate with that validity.
    """

    def make(address="127.0.0.1", begins=-30, ends=1, root=None):
        folder = tmp_path / str(uuid.uuid4())
        folder.mkdir()
        trusted, chain, private = folder / "trusted.pem", folder / "chain.pem", folder / "private.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        if root is None:
            built = anchor = signed("gate test", key, (begins, ends), address)
        else:
            above = ec.generate_private_key(ec.SECP256R1())
            anchor = signed("root", above, root)
            built = signed("gate test", key, (begins, ends), address, issuer=("root", above))
        trusted.write_bytes(anchor.public_bytes(serialization.Encoding.PEM))
        chain.write_bytes(built.public_bytes(serialization.Encoding.PEM))
        form = serialization.PrivateFormat.PKCS8
        private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, private)
        return Certificate(context, trusted, lambda other: other.load_cert_chain(chain, private))

    return make


@dataclass(frozen=True)
class Certificate:
    """``shown_by(context)``: from now on a server with that context shows this one."""

    context: ssl.SSLContext
    trusted: Path
    shown_by: Callable[[ssl.SSLContext], None]


def signed(name, key, days, address=None, issuer=None):
    """An X.509 certificate; without ``issuer`` it is its own. Without ``address`` it is an authority alone."""
    issued_by, issuing_key = issuer or (name, key)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(called(name))
        .issuer_name(called(issued_by))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if address is not None:
        there = x509.IPAddress(ipaddress.ip_address(address))
        builder = builder.add_extension(x509.SubjectAlternativeName([there]), critical=False)
    return builder.sign(issuing_key, hashes.SHA256())


def called(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def client_at(server, trusted=None, clock_is_good=lambda: True):
    session = requests.Session()
    if trusted is not None:
        session.verify = str(trusted)
    extensions = frozenset({"scan_id"})
    credentials = Credentials(server.url, "/api/scan", "PREFIX01.secret", TICKET.uuid, "Gate 1", extensions=extensions)
    return ScanClient(credentials, Server(), session, clock_is_good)


def ask(client):
    question = Question(str(uuid.uuid4()), TICKET, "scan", unanswered=False, admitted_before=False)
    return client.ask(question, time.monotonic() + 60, lambda: None)


def verdict_at(server, trusted=None, tries=None, clock_is_good=lambda: True):
    client = client_at(server, trusted, clock_is_good)
    if tries == 1:
        client.close()
    try:
        return ask(client)
    finally:
        client.close()


def test_trusted_certificate_is_asked(raw_server, respond, certificate):
    shown = certificate()
    server = raw_server(lambda heard: respond(200, SCANNED), shown.context)
    assert verdict_at(server, shown.trusted) == ADMITTED


@pytest.mark.parametrize(
    ("address", "days", "is_trusted"),
    [("127.0.0.1", (-30, 1), False), ("10.1.2.3", (-30, 1), True)],
)
@pytest.mark.parametrize("clock_is_good", [True, False])
def test_certificate_that_does_not_hold_is_a_tls_fault_and_nothing_is_sent(
    raw_server, respond, certificate, address, days, is_trusted, clock_is_good
):
    shown = certificate(address, *days)
    server = raw_server(lambda heard: respond(200, SCANNED), shown.context)
    trusted = shown.trusted if is_trusted else None
    assert verdict_at(server, trusted, clock_is_good=lambda: clock_is_good) == unknown(Fault.TLS)
    assert server.heard == []


DATES = [
    pytest.param({"begins": -30, "ends": -1}, id="expired"),
    pytest.param({"begins": 1, "ends": 30}, id="not yet valid"),
    pytest.param({"root": (-30, -1)}, id="root expired"),
    pytest.param({"root": (1, 30)}, id="root not yet valid"),
]


@pytest.mark.parametrize("days", DATES)
@pytest.mark.parametrize(("clock_is_good", "fault"), [(True, Fault.TLS), (False, Fault.CLOCK)])
def test_certificate_refused_by_its_dates_is_called_a_clock_fault_while_the_clock_may_be_wrong(
    raw_server, respond, certificate, days, clock_is_good, fault
):
    shown = certificate(**days)
    server = raw_server(lambda heard: respond(200, SCANNED), shown.context)
    assert verdict_at(server, shown.trusted, clock_is_good=lambda: clock_is_good) == unknown(fault)
    assert server.heard == []


def test_certificate_of_nobody_is_no_clock_fault_whatever_its_dates(raw_server, respond, certificate):
    server = raw_server(lambda heard: respond(200, SCANNED), certificate(begins=-30, ends=-1).context)
    assert verdict_at(server, clock_is_good=lambda: False) == unknown(Fault.TLS)


def test_probe_and_annul_name_a_wrong_clock_too(raw_server, respond, certificate):
    shown = certificate(begins=1, ends=30)
    client = client_at(raw_server(lambda heard: b"", shown.context), shown.trusted, lambda: False)
    assert client.probe() is Fault.CLOCK
    assert client.annul(str(uuid.uuid4()), datetime.now(UTC), None, time.monotonic() + 60).fault is Fault.CLOCK
    client.close()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        pytest.param({}, Fault.TLS, id="another key: a portal, or a server set up anew"),
        pytest.param({"address": "10.1.2.3"}, Fault.TLS, id="another name"),
        pytest.param({"begins": -30, "ends": -1}, Fault.TLS, id="another, expired"),
    ],
)
def test_certificate_that_changes_is_a_fault_until_the_right_one_is_back(
    raw_server, respond, certificate, changed, fault
):
    right, wrong = certificate(), certificate(**changed)
    server = raw_server(lambda heard: lambda sock: sock.sendall(respond(200, SCANNED)), right.context)  # and closes
    client = client_at(server, right.trusted)
    for _ in range(3):
        assert ask(client) == ADMITTED
        wrong.shown_by(right.context)
        assert ask(client) == unknown(fault)
        right.shown_by(right.context)
    assert ask(client) == ADMITTED
    assert len(server.heard) == 4
    client.close()


def test_certificate_that_ran_out_is_a_fault_until_it_is_renewed(raw_server, respond, certificate, tmp_path):
    old, renewed, both = certificate(ends=-1), certificate(), tmp_path / "both.pem"
    both.write_bytes(old.trusted.read_bytes() + renewed.trusted.read_bytes())
    client = client_at(raw_server(lambda heard: respond(200, SCANNED), old.context), both)
    assert ask(client) == unknown(Fault.TLS)
    renewed.shown_by(old.context)
    assert ask(client) == ADMITTED
    client.close()


def test_tls_connection_that_breaks_after_the_request_is_no_certificate_fault(raw_server, certificate):
    shown = certificate()
    server = raw_server(lambda heard: lambda sock: sock.shutdown(2), shown.context)
    assert verdict_at(server, shown.trusted, tries=1) == unknown(Fault.NO_NETWORK)
