"""TLS from end to end: the real gate at the real server; its own certificate or a bought one, renewed, replaced."""

import ipaddress
import json
import os
import re
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from api.tls import self_made
from tests.api.admin.conftest import PASSWORD, Browser

ADMITTED = ("admitted", None)
UNKNOWN = ("unknown", None)
# Each question is a new connection, which is shown the certificate of the moment.
NOTHING_KEPT = {"PORTILLON_API__SERVER__IDLE_TIMEOUT_S": "0.5"}
LOOKED_AT_WITHIN_S = 150  # once a minute, and a loaded machine
ROWS = 100_000
MEGABYTES = 20


def _folder(server):
    """Where what the server made for itself is."""
    return Path(f"{server.database.removeprefix('sqlite:///')}.tls")


def _serial(server):
    """Of the certificate that the server shows now."""
    return x509.load_pem_x509_certificate(ssl.get_server_certificate(("127.0.0.1", server.port)).encode()).serial_number


def _tickets(server, count):
    return [each["qrcode_data"] for each in server.tickets(server.event(), count)]


def _ready(server, gate):
    """Paired through its camera, by the code that carries the server's pin."""
    gate.start()
    gate.wait_for("unpaired")
    pairing_url = server.device()["pairing_url"]
    assert re.search(r"#spki-sha256=[A-Za-z0-9_-]{43}$", pairing_url)
    gate.hold_up(pairing_url)
    gate.wait_for("ready")


def _show(gate, ticket):
    """Present the ticket once; what the gate says of it."""
    before = len(gate.verdicts())
    gate.hold_up(ticket)
    return gate.wait_for_verdicts(before + 1)[before]


def _faults(gate, what="fault"):
    return [line["fault"] for line in gate.lines(what)]


def _journaled(gate):
    """The faults that the journal has notes of."""
    lines = [line.partition(" ")[2] for line in (gate.state / "journal.jsonl").read_text().splitlines() if line]
    return [line["fault"] for line in map(json.loads, lines) if line.get("note") == "fault"]


def test_a_certificate_renewed_while_the_server_runs_stops_no_gate(make_server, make_kiosk, eventually):
    server, gate = make_server("--tls", environment=NOTHING_KEPT), make_kiosk()
    server.start()
    _ready(server, gate)
    first, second = _tickets(server, 2)
    assert _show(gate, first) == ADMITTED
    before = _serial(server)
    # As it will be in a year: due, and made anew around the same key.
    self_made.kept(_folder(server), self_made.own_names(), datetime.now(UTC) + timedelta(days=370))
    eventually("the new one is shown", lambda: _serial(server) != before, patience=LOOKED_AT_WITHIN_S)
    assert _show(gate, second) == ADMITTED
    assert _show(gate, first) == ("refused", "already_scanned")
    assert _faults(gate) == []
    eventually("two pulses, and they are over", lambda: gate.relay().count(1) == 2 and gate.relay()[-1] == 0)


def test_another_key_opens_nothing_is_journaled_and_the_right_one_is_trusted_again(make_server, make_kiosk, eventually):
    server, gate = make_server("--tls", environment=NOTHING_KEPT), make_kiosk()
    server.start()
    _ready(server, gate)
    first, second = _tickets(server, 2)
    assert _show(gate, first) == ADMITTED
    eventually("the pulse is over", lambda: gate.relay()[-2:] == [1, 0])
    server.stop()
    kept, aside = _folder(server), _folder(server).with_name("aside")
    kept.rename(aside)
    server.start()  # and makes itself another key
    assert _show(gate, second) == UNKNOWN
    eventually("the fault is told", lambda: "server_key_changed" in _faults(gate))
    gate.hold_up(second)  # and again: never a silent trust
    eventually("it is asked anew", lambda: len(gate.verdicts()) >= 3)
    assert set(gate.verdicts()[1:]) == {UNKNOWN}
    assert gate.relay().count(1) == 1
    assert "server_key_changed" in _journaled(gate)
    assert server.shell("ticket", "list", "--event", server.shell("event", "list")[0]["uuid"])[1]["status"] == "valid"

    server.stop()
    kept.rename(kept.with_name("another"))
    aside.rename(kept)
    server.start()
    gate.hold_up(second)
    eventually("the guest is in", lambda: gate.verdicts()[-1] == ADMITTED)
    eventually("the fault is over", lambda: "server_key_changed" in _faults(gate, "fault_over"))
    eventually("one pulse more, and it is over", lambda: gate.relay().count(1) == 2 and gate.relay()[-1] == 0)


def test_a_gate_that_was_paired_by_plain_http_is_told_nothing_by_a_server_that_speaks_tls_now(
    make_server, make_kiosk, eventually
):
    """And back: whoever turns TLS on pairs the gates anew, and until then the gate says what is wrong."""
    server, gate = make_server(), make_kiosk()
    server.start()
    gate.pair(server.device()["pairing_url"])
    gate.start()
    gate.wait_for("ready")
    server.stop()
    server.options = ("--tls",)
    server.start()
    assert _show(gate, _tickets(server, 1)[0]) == UNKNOWN
    eventually("a fault is told", lambda: _faults(gate))
    assert gate.relay().count(1) == 0


@pytest.fixture
def authority(tmp_path):
    """An authority of the test's own, and the certificate and key that it sold for 127.0.0.1."""
    now = datetime.now(UTC)

    def signed(called, key, issuer, issuer_key, also=()):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
        built = x509.CertificateBuilder().subject_name(name).public_key(key.public_key())
        built = built.issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        built = built.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        built = built.not_valid_after(now + timedelta(days=30))
        for extension, critical in also:
            built = built.add_extension(extension, critical)
        return built.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)

    above, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    files = {each: tmp_path / f"{each}.pem" for each in ("authority", "certificate", "key")}
    is_ca = (x509.BasicConstraints(ca=True, path_length=0), True)
    files["authority"].write_bytes(signed("authority", above, "authority", above, [is_ca]))
    host = (x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
    files["certificate"].write_bytes(signed("server", key, "authority", above, [host]))
    files["key"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


@pytest.fixture
def trusting(authority, tmp_path):
    """The environment of a gate on a machine whose list of authorities is that one: certifi is where the list is."""
    package = tmp_path / "authorities" / "certifi"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"def where():\n    return {str(authority['authority'])!r}\n")
    before = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(package.parent), *([before] if before else [])])}


def test_a_certificate_of_ones_own_is_trusted_by_its_authority_and_by_nobody_elses(
    make_server, make_kiosk, authority, trusting, eventually
):
    server = make_server("--tls-cert", str(authority["certificate"]), "--tls-key", str(authority["key"]))
    server.start()
    pairing_url = server.device()["pairing_url"]
    assert "#" not in pairing_url  # it may be renewed around another key
    gate = make_kiosk("trusting", environment=trusting)
    gate.start()
    gate.wait_for("unpaired")
    gate.hold_up(pairing_url)
    gate.wait_for("ready")
    assert _show(gate, _tickets(server, 1)[0]) == ADMITTED
    eventually("the pulse is over", lambda: gate.relay()[-2:] == [1, 0])

    other = make_kiosk("other")  # knows the authorities that everybody knows
    other.start()
    other.wait_for("unpaired")
    other.hold_up(server.device("Other")["pairing_url"])
    failed = eventually("the pairing failed", lambda: other.lines("pairing"))
    assert failed[0]["outcome"] == "certificate_refused"
    assert not (other.state / "credentials.json").exists()
    assert server.shell("device", "list")[1]["claimed"] is False


def _guests():
    """A spreadsheet of a festival: 100,000 guests, 20 MB."""
    width = (MEGABYTES * 10**6) // ROWS - len("Prenom 000000;;guest000000@example.org\r\n")
    name = "Quatremère-Montfaucon-" * 10
    lines = (f"Prenom {n:06};{name[: width - 1]};guest{n:06}@example.org" for n in range(ROWS))
    return "\r\n".join(["Prénom;Nom;Mail", *lines, ""]).encode()


@pytest.fixture
def organiser():
    """``organiser(server)``: a browser that an admin has signed in with, by TLS, and that trusts this server alone."""

    def sign_in(server):
        browser = Browser(server.url)
        browser.session.trust_env = False  # whose authorities would come before this one
        browser.session.verify = str(_folder(server) / self_made.CERTIFICATE_FILE)
        path = server.shell("admin", "invite")["url"].partition("/admin/")[2]
        form = {"name": "Camille", "password": PASSWORD, "again": PASSWORD}
        answer = browser.session.post(f"{server.url}/admin/{path}", data=form, timeout=60)
        assert answer.status_code == 200
        assert all(cookie.secure for cookie in browser.session.cookies)
        return browser

    return sign_in


def test_a_hundred_thousand_guests_arrive_by_tls_while_a_gate_goes_on(make_server, make_kiosk, organiser, eventually):
    server, gate = make_server("--tls"), make_kiosk()
    server.start()
    _ready(server, gate)
    tickets = _tickets(server, 3)
    browser, event = organiser(server), server.event("Festival")
    guests = _guests()
    assert len(guests) >= MEGABYTES * 10**6
    sent = {"data": {"csrf": browser.token(), "event": event}, "files": {"file": ("guests.csv", guests)}}
    preview = browser.session.post(f"{server.url}/admin/imports", headers={"Origin": server.url}, timeout=300, **sent)
    assert preview.status_code == 200
    path = re.search(r'action="(/admin/imports/[0-9a-f-]{36})/', preview.text)[1]
    assert _show(gate, tickets[0]) == ADMITTED
    browser.post(f"{path}/confirm")
    assert _show(gate, tickets[1]) == ADMITTED  # in the middle of it, as likely as not
    eventually("all are in", lambda: "Refresh" not in browser.get(path).headers, patience=300)
    assert f"{ROWS}" in re.sub(r"\D", "", browser.get(path).text)
    assert _show(gate, tickets[2]) == ADMITTED
    assert _faults(gate) == []


def test_plain_http_at_a_tls_server_is_hung_up_on_and_costs_no_gate_anything(make_server, make_kiosk):
    server, gate = make_server("--tls"), make_kiosk()
    server.start()
    _ready(server, gate)
    for said in (
        b"GET /api/scan/test_api/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x40\x00" + bytes(100),
        b"\0" * 5000,
    ):
        with socket.create_connection(("127.0.0.1", server.port), 30) as stranger:
            stranger.sendall(said)
    assert _show(gate, _tickets(server, 1)[0]) == ADMITTED
    assert json.loads((gate.state / "credentials.json").read_text())["pin"]
