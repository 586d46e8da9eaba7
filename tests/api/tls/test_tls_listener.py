"""TLS on the listener: slow, silent, odd and old clients; a certificate that is renewed while connections are open."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from api.lane import Answer, Lane, Together
from api.listener import Listener
from api.settings import Server
from api.tls import pin, self_made
from api.tls.identity import Identity

THREADS = 2
GET = b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"
LAST_GET = b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
NAMES = ("localhost", "127.0.0.1")


def _application(environ, start_response):
    """Tells the scheme, and the length of what it was sent."""
    told = environ["wsgi.url_scheme"], len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    answer = json.dumps(told).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "tls"


@pytest.fixture
def identity(folder):
    return Identity(lambda: self_made.kept(folder, NAMES), is_self_made=True)


@pytest.fixture
def listen(identity, listening):
    """Starts a listener that speaks TLS, with these settings, and gives it."""

    def start(lane=None, **settings):
        return listening(Listener(_application, Server(port=0, threads=THREADS, **settings), identity, lane))

    return start


@pytest.fixture
def looked_after():
    """From this call on the listener's slow clients are cut, as the server does once a second."""
    stopper, threads = threading.Event(), []

    def look_after(listener):
        while not stopper.wait(0.05):
            listener.cut_slow_clients()

    def start(listener):
        threads.append(threading.Thread(target=look_after, args=(listener,)))
        threads[-1].start()

    yield start
    stopper.set()
    for thread in threads:
        thread.join(60)


@pytest.fixture
def plain():
    """Opens TCP connections on which these bytes were sent."""
    with ExitStack() as stack:

        def connect(listener, raw=b""):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", listener.bind_addr[1]), 60))
            connection.sendall(raw)
            return connection

        yield connect


@pytest.fixture
def client(plain, folder):
    """Opens TLS connections that trust the server's certificate as it is now; ``change`` sets up the context."""
    with ExitStack() as stack:

        def connect(listener, change=lambda context: None):
            context = ssl.create_default_context(cafile=str(folder / self_made.CERTIFICATE_FILE))
            change(context)
            return stack.enter_context(context.wrap_socket(plain(listener), server_hostname="localhost"))

        yield connect


def _all(connection):
    """Everything until the server says goodbye; a connection that is only cut raises."""
    connection.context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def _ask(connection, raw=GET):
    """One answer's JSON."""
    connection.sendall(raw)
    received = b""
    while not received.endswith(b"]"):
        part = connection.recv(65536)
        assert part, received
        received += part
    return json.loads(received.partition(b"\r\n\r\n")[2])


def _certificate(connection):
    return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_many_requests_on_one_connection_are_answered_and_called_https(listen, client, version):
    listener = listen()
    assert listener.url == f"https://127.0.0.1:{listener.bind_addr[1]}"

    def only(context):
        context.minimum_version = context.maximum_version = version

    connection = client(listener, only)
    assert [_ask(connection) for _ in range(5)] == [["https", 0]] * 5


def test_calls_of_the_lane_are_answered_by_tls_too_and_who_leaves_its_answers_unread_is_hung_up_on(listen, client):
    def answer(environs):
        return [Answer(200, {}, json.dumps([each["wsgi.url_scheme"], 0]).encode()) for each in environs]

    listener = listen(Lane(Together(frozenset({b"GET /call"}), answer, lambda _is_quiet: None)), request_timeout_s=120)
    call = b"GET /call HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
    connection = client(listener)
    assert [_ask(connection, call) for _ in range(5)] == [["https", 0]] * 5
    greedy = client(listener)
    with pytest.raises(OSError, match=r"reset|Broken pipe|EOF|closed"):
        for _ in range(100_000):
            greedy.sendall(call * 300)
    assert _ask(connection, call) == ["https", 0]


def test_a_client_of_tls_1_1_is_refused(listen, client):
    def old(context):
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.warns(DeprecationWarning), pytest.raises(ssl.SSLError):
        client(listen(), old)


def test_strangers_who_do_not_end_the_handshake_stop_nobody(listen, client, plain):
    listener = listen(request_timeout_s=120)
    strangers = [plain(listener, said) for said in [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"] * THREADS]
    connections = [client(listener) for _ in range(THREADS * 2)]
    assert all(_ask(connection) == ["https", 0] for connection in connections)
    assert len(strangers) == 3 * THREADS


def test_a_stranger_who_does_not_end_the_handshake_is_cut(listen, client, plain, looked_after):
    listener = listen(request_timeout_s=0.5)
    stranger = plain(listener, b"\x16\x03\x01\x02\x00\x01")
    looked_after(listener)
    while stranger.recv(4096):  # TLS's own word for it, then the end
        pass
    assert _ask(client(listener)) == ["https", 0]


def test_who_forgot_the_s_of_https_is_told_so_and_the_next_is_served(listen, client, plain):
    listener = listen()
    for said in (GET, b"POST /api/scan/ticket/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n" + bytes(3000)):
        stranger, received = plain(listener, said), b""
        while part := stranger.recv(4096):
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert f"Content-Length: {len(body)}".encode() in head
        assert "begins with https://" in json.loads(body)["message"]
    assert _ask(client(listener)) == ["https", 0]


@pytest.mark.parametrize("said", [GET, b"\x16\x03\x01\x00\x05hello", b"\x00" * 1000])
def test_what_is_no_tls_is_hung_up_on(listen, client, plain, said):
    listener = listen()
    stranger = plain(listener, said)
    with contextlib.suppress(ConnectionResetError):  # what it sent was not read to its end
        while stranger.recv(4096):
            pass
    assert _ask(client(listener)) == ["https", 0]


def test_a_request_that_comes_in_many_records_is_answered(listen, client):
    connection, raw = client(listen()), GET.replace(b"GET", b"POST")[:-2] + b"Content-Length: 60000\r\n\r\n"
    for byte in raw:
        connection.sendall(bytes([byte]))
    for _ in range(59):
        connection.sendall(b"a" * 1000)
    assert _ask(connection, b"a" * 1000) == ["https", 60_000]


def test_requests_in_one_record_are_all_answered(listen, client):
    connection = client(listen())
    connection.sendall(GET * 4 + LAST_GET)
    assert _all(connection).count(b"200 OK") == 5


def test_a_refused_client_is_told_so_and_that_nothing_follows(listen, client):
    connection = client(listen())
    connection.sendall(b"nonsense\r\n\r\n")
    assert _all(connection).startswith(b"HTTP/1.1 400")


def test_nothing_is_ever_sent_bare_after_a_client_was_cut(listen, client, looked_after):
    """The listener ends its reading side while an answer is due: what it then sends must still be encrypted."""
    listener = listen(request_timeout_s=0.5)
    connection = client(listener)
    connection.sendall(b"POST /echo HTTP/1.1\r\nContent-Le")
    looked_after(listener)
    received = _all(connection)  # a bare byte would raise: no record of TLS begins with "H"
    assert received.startswith(b"HTTP/1.1 408")


def test_a_renewed_certificate_is_shown_to_the_next_connection_and_cuts_none(listen, client, identity, folder):
    listener = listen()
    before = client(listener)
    assert _ask(before) == ["https", 0]
    self_made.kept(folder, NAMES, datetime.now(UTC) + timedelta(days=370))  # as if it were nearly over
    identity.refresh(every_s=0)
    after = client(listener)
    assert _ask(before) == _ask(after) == ["https", 0]
    assert _certificate(before).serial_number != _certificate(after).serial_number
    assert {pin.of_certificate(_certificate(each)) for each in (before, after)} == {identity.pin}
