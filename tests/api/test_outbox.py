"""What a client is sent, on real sockets."""

from __future__ import annotations

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.outbox import Outbox

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


@pytest.fixture
def ends():
    """A client that sees each sending by itself."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.settimeout(60)
        theirs.settimeout(60)
        yield Outbox(ours), theirs


def test_a_head_and_its_body_are_one_sending(ends):
    outbox, client = ends
    outbox.expect_head()
    assert outbox.write(HEAD) == len(HEAD)
    assert outbox.write(b"hello") == 5
    assert client.recv(4096) == HEAD + b"hello"


def test_the_next_parts_of_a_body_wait_for_nothing(ends):
    outbox, client = ends
    outbox.expect_head()
    for part in (HEAD, b"one", b"two"):
        outbox.write(part)
    assert [client.recv(4096), client.recv(4096)] == [HEAD + b"one", b"two"]


def test_a_head_without_a_body_goes_out_when_the_answer_is_over(ends):
    outbox, client = ends
    outbox.expect_head()
    outbox.write(HEAD)
    outbox.flush()
    outbox.flush()
    outbox.write(b"next")
    assert [client.recv(4096), client.recv(4096)] == [HEAD, b"next"]


def test_a_head_that_was_never_written_keeps_back_nothing_of_the_next_answer(ends):
    outbox, client = ends
    outbox.expect_head()
    outbox.flush()
    outbox.write(b"next")
    assert client.recv(4096) == b"next"


def test_a_client_that_takes_nothing_is_known_until_it_does():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = Outbox(ours)
        outbox.write(b"x" * 100_000)
        assert outbox.is_left_unread()
        theirs.recv(100_000, socket.MSG_WAITALL)
        assert not outbox.is_left_unread()


def test_who_is_in_a_hurry_waits_for_no_client():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(60)
        outbox = Outbox(ours)
        outbox.is_hurried = True
        outbox.write(HEAD)
        assert theirs.recv(4096) == HEAD
        with pytest.raises(BlockingIOError):
            for _ in range(10_000):
                outbox.write(b"x" * 65536)
        assert ours.gettimeout() == 60


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=300_000)), max_size=5))
def test_all_of_it_arrives_in_order_however_large(parts):
    ours, theirs = socket.socketpair()
    got = bytearray()

    def read():
        while part := theirs.recv(65536):
            got.extend(part)

    with ours, theirs:
        ours.settimeout(60)
        outbox, reader = Outbox(ours), threading.Thread(target=read)
        reader.start()
        for is_head, part in parts:
            if is_head:
                outbox.expect_head()
            outbox.write(part)
            if is_head:
                outbox.flush()
        ours.shutdown(socket.SHUT_WR)
        reader.join(60)
    assert bytes(got) == b"".join(part for _, part in parts)
