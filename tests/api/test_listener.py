"""The HTTP listener under real clients: slow, silent, odd and oversize ones."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import ExitStack

import pytest
import requests

from api.inbox import HEADERS_MAX
from api.listener import Listener
from api.outbox import Outbox
from api.settings import Server
from tests import apart

THREADS = 2
RELEASED = threading.Event()  # lets requests to /wait go on
GET = b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"


def _application(environ, start_response):
    """Answers what it was asked; /refuse answers before the body is read."""
    if environ["PATH_INFO"] == "/wait":
        RELEASED.wait(60)
    length = 0 if environ["PATH_INFO"] == "/refuse" else int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    headers = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
    answer = json.dumps({"path": environ["PATH_INFO"], "body": body.decode(), "headers": headers}).encode()
    status = "401 Unauthorized" if environ["PATH_INFO"] == "/refuse" else "200 OK"
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


@pytest.fixture
def listen(listening):
    """Starts a listener with these settings and gives it."""
    return lambda **settings: listening(Listener(_application, Server(port=0, threads=THREADS, **settings)))


@pytest.fixture
def client():
    """Opens connections on which these bytes were sent."""
    with ExitStack() as stack:

        def connect(listener, raw=b""):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", listener.bind_addr[1]), 60))
            connection.sendall(raw)
            return connection

        yield connect


def _answer(connection):
    """Everything until the server hangs up: status and JSON body."""
    received = b""
    while part := connection.recv(65536):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"application/json" in head
    return int(head.split()[1]), json.loads(body)


def _get(listener):
    return requests.get(f"{listener.url}/echo", timeout=60).json()["path"]


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"POST /ec",
        b"POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel",
        GET + b"GET",
        b"POST /echo HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nContent-Length: 0\r\n 5\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nContent-Length: 0000000005\r\n\r\n",
        b"A" * HEADERS_MAX,
        (b"GET /" + b"a" * (HEADERS_MAX - 100) + b" HTTP/1.1\r\nHost: ").ljust(HEADERS_MAX, b"x"),
    ],
)
def test_strangers_who_do_not_finish_stop_nobody(listen, client, said):
    listener = listen(request_timeout_s=120)
    strangers = [client(listener, said) for _ in range(THREADS * 4)]
    assert _get(listener) == "/echo"
    assert len(strangers) == THREADS * 4


def test_who_asks_on_and_leaves_answers_unread_is_hung_up_on(listen, client, monkeypatch):
    listener = listen()
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "is_left_unread", lambda _: True)
        assert client(listener, GET).recv(1) == b""
    assert _get(listener) == "/echo"


# Through a device like an Ethernet's: loopback's own packets are so large that the kernel begins with a large buffer.
UNREAD = """
import socket, threading, requests
from api.listener import Listener
from api.settings import Server
def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "100000")])
    return [b"x" * 100000]
listener = Listener(application, Server(port=0, threads=2, request_timeout_s=120))
listener.prepare()
threading.Thread(target=listener.serve, daemon=True).start()
strangers = [socket.socket() for _ in range(4)]
for each in strangers:
    each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256)
    each.connect(listener.bind_addr)
    each.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    each.recv(1)
print(len(requests.get(listener.url, timeout=30).content))
listener.stop()
"""


def test_strangers_who_take_an_answer_byte_by_byte_stop_nobody():
    first = f"{apart.on_networks()}\nip link set lo mtu 1500"
    assert apart.python(UNREAD, space="net", first=first).split() == ["100000"]


def test_a_client_that_takes_too_long_is_told_so(listen, client):
    listener = listen(request_timeout_s=0.5)
    slow = client(listener, b"POST /echo HTTP/1.1\r\nContent-Le")
    stopper = threading.Event()

    def look_after():
        while not stopper.wait(0.05):
            listener.cut_slow_clients()

    looking = threading.Thread(target=look_after)
    looking.start()
    status, body = _answer(slow)
    stopper.set()
    looking.join(60)
    assert (status, body["code"], body["success"]) == (408, "bad_request", False)


def test_a_quiet_connection_is_closed_after_its_time(listen, client):
    assert client(listen(idle_timeout_s=0.5)).recv(1) == b""


def test_requests_on_one_connection_are_answered_in_their_order(listen, client):
    connection = client(listen(), b"".join(GET.replace(b"/echo", b"/%d" % n) for n in range(5)))
    received = b""
    while received.count(b'"path"') < 5:
        received += connection.recv(65536)
    places = [received.find(b'"path": "/%d"' % n) for n in range(5)]
    assert places == sorted(places)
    assert -1 not in places


def test_a_request_that_comes_byte_by_byte_is_answered(listen, client):
    connection = client(listen())
    for byte in b"POST /echo HTTP/1.1\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello":
        connection.sendall(bytes([byte]))
    assert _answer(connection)[1]["body"] == "hello"


def test_a_refusal_is_seen_by_a_client_that_is_still_sending(listen):
    listener = listen()
    answer = requests.post(f"{listener.url}/refuse", data=b"a" * 900_000, timeout=60)
    assert answer.status_code == 401
    assert _get(listener) == "/echo"


def test_a_refused_client_may_send_to_its_end(listen, client):
    connection = client(listen(), b"POST /refuse HTTP/1.1\r\nContent-Length: 900000\r\n\r\n" + b"a" * 70_000)
    assert connection.recv(65536).startswith(b"HTTP/1.1 401")
    for _ in range(83):
        connection.sendall(b"a" * 10_000)  # a connection that was closed at once would be reset by now
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass


def test_however_many_quiet_connections_there_are_one_more_is_served_and_the_oldest_hung_up_on(listen, client):
    listener = listen()
    listener.keep_alive_conn_limit = 6
    quiet = [client(listener) for _ in range(12)]
    assert _get(listener) == "/echo"
    assert quiet[0].recv(1) == b""


def test_a_body_that_no_call_takes_is_413_in_json(listen):
    answer = requests.post(f"{listen().url}/echo", data=b"a" * 3_000_000, timeout=60)
    assert answer.status_code == 413
    assert answer.json()["code"] == "bad_request"


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/9\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nContent-Length: 1_0\r\n\r\nhellohello",
        b"GET http://elsewhere/ HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_json(listen, client, raw):
    status, body = _answer(client(listen(), raw))
    assert status == 400
    assert set(body) == {"success", "error", "message", "code"}


def test_headers_without_end_are_refused_in_json(listen, client):
    status, body = _answer(client(listen(), b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000))
    assert (status, body["success"]) == (413, False)


def test_a_head_of_two_lengths_whose_last_is_not_here_is_refused_in_json(listen, client):
    raw = b"POST /echo HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"
    status, body = _answer(client(listen(), raw))
    assert (status, body["code"]) == (400, "bad_request")


def test_a_name_with_an_underscore_is_no_header(listen, client):
    raw = b"GET /echo HTTP/1.1\r\nConnection: close\r\nX_Forwarded_For: 1.2.3.4\r\nX-Other: yes\r\n\r\n"
    headers = _answer(client(listen(), raw))[1]["headers"]
    assert headers["HTTP_X_OTHER"] == "yes"
    assert "HTTP_X_FORWARDED_FOR" not in headers


def test_a_chunked_body_does_not_confuse_what_follows(listen):
    session = requests.Session()
    listener = listen()
    session.post(f"{listener.url}/refuse", data=iter([b"hello"] * 3), timeout=60)
    assert session.get(f"{listener.url}/echo", timeout=60).json()["path"] == "/echo"
    session.close()


ON_IPV6 = """
import threading, requests
from api.listener import Listener
from api.settings import Server
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"heard"]
listener = Listener(application, Server(host="::1", port=0))
listener.prepare()
threading.Thread(target=listener.serve, daemon=True).start()
print(listener.url, listener.bind_addr[1], requests.get(listener.url, timeout=60).text)
listener.stop()
"""


def test_ipv6_addresses_are_shown_as_urls_have_them():
    url, port, heard = apart.python(ON_IPV6, space="net", first=apart.on_networks()).split()
    assert (url, heard) == (f"http://[::1]:{port}", "heard")


def test_a_listener_is_stuck_while_every_thread_is_busy_for_too_long(listen, client):
    listener = listen()
    assert not listener.is_stuck(after_s=0)
    RELEASED.clear()
    waiting = [client(listener, GET.replace(b"/echo", b"/wait")) for _ in range(THREADS)]
    deadline = time.monotonic() + 60
    while not listener.is_stuck(after_s=0):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    RELEASED.set()
    assert all(connection.recv(65536) for connection in waiting)
    assert _get(listener) == "/echo"
    assert not listener.is_stuck(after_s=0)
