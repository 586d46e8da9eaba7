"""Files that an admin sends: large ones arrive whole, strangers' are not read, and one slow sender stops nobody."""

from __future__ import annotations

import hashlib
import socket
import threading
from types import SimpleNamespace

import bottle
import pytest
import requests

from api.admin import site, uploads
from api.admin.visit import Route
from api.app import make_app
from api.listener import Listener
from api.settings import Server


def _take(visit):
    """A page that takes a file, as the import of guests does: says what arrived."""
    content = visit.files.get("file").file.read()
    return bottle.HTTPResponse(f"{len(content)} {hashlib.sha256(content).hexdigest()}")


@pytest.fixture(autouse=True)
def _page(monkeypatch):
    section = SimpleNamespace(ROUTES=(Route("POST", "/admin/take", _take, takes_files=True),))
    monkeypatch.setattr(site, "SECTIONS", (*site.SECTIONS, section))


def _told(content):
    return f"{len(content)} {hashlib.sha256(content).hexdigest()}"


def test_a_file_of_twenty_mebibytes_arrives_whole(browser):
    content = b"Camille;Moreau;camille@example.org\r\n" * (20 * 2**20 // 36)
    answer = browser.post("/admin/take", files={"file": ("guests.csv", content)})
    assert (answer.status_code, answer.text) == (200, _told(content))


def test_a_file_that_is_too_large_is_refused_on_a_page(browser):
    answer = browser.post("/admin/take", files={"file": ("guests.csv", b"x" * uploads.LARGEST)})
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_a_page_that_takes_no_file_refuses_one_that_is_sent_to_it(browser):
    answer = browser.post("/admin/events/new", {"name": "A"}, files={"file": ("guests.csv", b"x" * uploads.SMALL)})
    assert answer.status_code == 413


def test_a_body_that_hides_its_length_is_refused(browser):
    headers = {"Origin": browser.base}
    answer = browser.session.post(browser.base + "/admin/take", data=iter([b"a=b"]), headers=headers, timeout=60)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "head",
    [
        b'form-data; name="name"\r\nContent-Type: text/plain; charset=no-such',
        b'form-data; name="name"\r\nContent-Type: text/plain; charset=utf-8',
        b'form-data; name="name\0"',
        b"form-data",
    ],
    ids=["charset", "text", "header", "name"],
)
def test_a_form_that_can_not_be_read_is_the_senders_fault_a_strangers_too(stranger, head):
    body = b"--x\r\nContent-Disposition: " + head + b"\r\n\r\n\xff\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = stranger.session.post(f"{stranger.base}/admin/sign-in", body, headers=headers, timeout=60)
    assert answer.status_code == 400
    assert "<h1>" in answer.text


def test_there_is_room_for_one_large_form_at_a_time_and_for_any_number_of_small_ones():
    place = uploads.Uploads()
    with place.room(uploads.LARGEST) as first, place.room(uploads.LARGEST) as second, place.room(100) as small:
        assert (first, second, small) == (True, False, True)
    with place.room(uploads.LARGEST) as again:
        assert again


@pytest.fixture
def listen(listening):
    """Starts our own listener, of short patience, in front of this application."""
    return lambda application: listening(Listener(application, Server(port=0, threads=2, request_timeout_s=0.5)))


def _swallow(environ, start_response):
    """Reads whatever comes, and says how much it was."""
    told = str(len(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))).encode()
    start_response("200 OK", [("Content-Length", str(len(told)))])
    return [told]


def _begun(listener, length, path="/admin/take"):
    """A connection whose large form has only begun to arrive."""
    connection = socket.create_connection(("127.0.0.1", listener.bind_addr[1]), 60)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    connection.sendall(head.encode() + b"x" * 70_000)
    return connection


@pytest.mark.parametrize(
    ("path", "length", "status"), [("/admin/take", 9_000_000, b"403"), ("/admin/sign-in", 90_000, b"413")]
)
def test_a_stranger_is_answered_before_the_body_has_arrived(store, listen, path, length, status):
    with _begun(listen(make_app(store, language="en")), length, path) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 " + status)


def test_only_under_admin_does_the_listener_take_more_than_a_mebibyte(listen):
    url, large = listen(_swallow).url, b"x" * 3_000_000
    assert requests.post(f"{url}/admin/take", data=large, timeout=60).text == "3000000"
    assert requests.post(f"{url}/adminx", data=large, timeout=60).status_code == 413


def test_what_an_upload_has_sent_earns_it_more_than_the_patience_for_one_request(listen):
    has_read, is_over = threading.Event(), threading.Event()

    def read_slowly(environ, start_response):
        first = environ["wsgi.input"].read(200_000)
        has_read.set()
        told = str(len(first) + len(environ["wsgi.input"].read(300_000))).encode()
        start_response("200 OK", [("Content-Length", str(len(told)))])
        return [told]

    listener = listen(read_slowly)
    with _begun(listener, 500_000) as connection:
        connection.sendall(b"x" * 130_000)
        assert has_read.wait(60)
        for _ in range(8):  # 0.8 s, where an ordinary request has 0.5 s; 130,000 bytes buy 8 s
            is_over.wait(0.1)
            connection.sendall(b"x" * 1000)
            listener.cut_slow_clients()
        connection.sendall(b"x" * (500_000 - 70_000 - 130_000 - 8_000))
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.endswith(b"\r\n\r\n500000")
