"""TLS as a gate meets it: a certificate that is trusted, one that is not, and one for another host."""

from __future__ import annotations

import ipaddress
import ssl
import time
import uuid
from datetime import UTC, datetime, timedelta

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
    """``certificate(address, days)``: a TLS context for a server at that address, and the file that trusts it."""

    def make(address="127.0.0.1", days=1):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gate test")])
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        trusted, private = tmp_path / "trusted.pem", tmp_path / "private.pem"
        trusted.write_bytes(built.public_bytes(serialization.Encoding.PEM))
        form = serialization.PrivateFormat.PKCS8
        private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(trusted, private)
        return context, trusted

    return make


def verdict_at(server, trusted=None, tries=None):
    session = requests.Session()
    if trusted is not None:
        session.verify = str(trusted)
    extensions = frozenset({"scan_id"})
    credentials = Credentials(server.url, "/api/scan", "PREFIX01.secret", TICKET.uuid, "Gate 1", extensions=extensions)
    client = ScanClient(credentials, Server(), session)
    if tries == 1:
        client.close()
    question = Question(str(uuid.uuid4()), TICKET, "scan", unanswered=False, admitted_before=False)
    try:
        return client.ask(question, time.monotonic() + 60, lambda: None)
    finally:
        client.close()


def test_trusted_certificate_is_asked(raw_server, respond, certificate):
    context, trusted = certificate()
    server = raw_server(lambda heard: respond(200, SCANNED), context)
    assert verdict_at(server, trusted) == ADMITTED


@pytest.mark.parametrize(
    ("address", "days", "is_trusted"), [("127.0.0.1", 1, False), ("10.1.2.3", 1, True), ("127.0.0.1", -1, True)]
)
def test_certificate_that_does_not_hold_is_a_tls_fault_and_nothing_is_sent(
    raw_server, respond, certificate, address, days, is_trusted
):
    context, trusted = certificate(address, days)
    server = raw_server(lambda heard: respond(200, SCANNED), context)
    assert verdict_at(server, trusted if is_trusted else None) == unknown(Fault.TLS)
    assert server.heard == []


def test_tls_connection_that_breaks_after_the_request_is_no_certificate_fault(raw_server, certificate):
    context, trusted = certificate()
    server = raw_server(lambda heard: lambda sock: sock.shutdown(2), context)
    assert verdict_at(server, trusted, tries=1) == unknown(Fault.NO_NETWORK)
