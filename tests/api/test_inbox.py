"""What a client has sent so far, on real sockets."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.inbox import HEADERS_MAX, Inbox

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    with ours, theirs:
        yield Inbox(ours), theirs


@pytest.mark.parametrize("request_bytes", [GET, POST, POST.replace(b"Content-Length", b"content-length")])
def test_a_request_is_whole_with_its_last_byte_and_not_before(ends, request_bytes):
    inbox, client = ends
    for byte in request_bytes:
        assert not inbox.holds_request()
        client.send(bytes([byte]))
        assert inbox.gather()
    assert inbox.holds_request()


def test_nothing_is_waited_for_when_nothing_came(ends):
    inbox, _ = ends
    assert inbox.gather()
    assert len(inbox) == 0


def test_the_end_of_the_client_is_noticed(ends):
    inbox, client = ends
    client.send(b"GET")
    client.close()
    assert inbox.gather()
    assert not inbox.gather()
    assert len(inbox) == 3


def test_headers_without_end_are_handed_on_to_be_refused(ends):
    inbox, client = ends
    client.send(b"GET / HTTP/1.1\r\nX: " + b"a" * HEADERS_MAX)
    inbox.gather()
    assert inbox.holds_request()


def test_a_body_that_is_longer_than_any_honest_one_is_not_waited_for(ends):
    inbox, client = ends
    client.send(b"POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n" + b"a" * 65536)
    while not inbox.holds_request():
        inbox.gather()


CALLS = frozenset({b"POST /call/"})
CALL = b"POST /call/ HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize(
    ("sent", "holds"),
    [
        (CALL, True),
        (CALL + b"POST", True),
        (CALL.replace(b"1.1", b"1.0"), True),
        (CALL[:-1], False),
        (CALL.replace(b"/call/", b"/call"), False),
        (CALL.replace(b"POST", b"GET"), False),
        (CALL.replace(b"Content-Length: 5", b"Host: x"), False),
        (CALL.replace(b"\r\n", b"\r\nExpect: 100-continue\r\n", 1), False),
        (CALL.replace(b"\r\n", b"\r\ntransfer-encoding : chunked\r\n", 1), False),
        (CALL.replace(b"hello", b"\r\nExpect: this is a body").replace(b"5", b"23"), True),
        (b"", False),
        (b"POST /call/ HTTP/1.1", False),
        (b" HTTP/1.1\r\n\r\n", False),
    ],
)
def test_a_call_is_held_when_it_is_one_of_ours_and_here_to_its_last_byte(ends, sent, holds):
    inbox, client = ends
    client.sendall(sent)
    inbox.gather() if sent else None
    assert inbox.holds_call(CALLS) is holds


def test_who_is_in_a_hurry_waits_for_nothing(ends):
    inbox, client = ends
    client.sendall(b"hel")
    inbox.gather()
    inbox.is_hurried = True
    assert inbox.read(5) == b"hel"
    assert inbox.readline() == b""


def test_reading_waits_for_what_is_missing(ends):
    inbox, client = ends
    client.send(b"he")
    inbox.gather()
    client.send(b"llo\nyou")
    assert inbox.readline() == b"hello\n"
    assert inbox.read(2) == b"yo"
    client.shutdown(socket.SHUT_WR)
    assert inbox.read(5) == b"u"
    assert inbox.readline() == b""


@given(st.lists(st.binary(max_size=40)), st.lists(st.integers(1, 50)))
def test_lines_are_cut_where_a_file_would_cut_them(parts, sizes):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(60)
        inbox = Inbox(ours)
        for part in parts:
            theirs.sendall(part)
            inbox.gather()
        theirs.shutdown(socket.SHUT_WR)
        rest = b"".join(parts)
        for size in sizes:
            expected = rest.split(b"\n", 1)[0] + b"\n" if b"\n" in rest else rest
            line = inbox.readline(size)
            assert line == expected[:size]
            rest = rest[len(line) :]
