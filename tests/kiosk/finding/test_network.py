"""One question by mDNS on loopback, real datagrams; whoever answers may be hostile."""

import contextlib
import ipaddress
import socket
import struct
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zeroconf import ServiceInfo, Zeroconf

from kiosk.finding import network
from kiosk.finding.network import SERVICE, Link

PIN = "A" * 43
OTHER = "B" * 43
LOOPBACK = Link("127.0.0.1", ipaddress.IPv4Network("127.0.0.0/8"))
GROUP = "224.0.0.251"


@pytest.fixture
def announce():
    """``announce(port, **about)``: a service of zeroconf's own responder, until the test ends."""
    with contextlib.ExitStack() as stack:

        def make(port, **about):
            responder = Zeroconf(interfaces=["127.0.0.1"])
            stack.callback(responder.close)
            address = [socket.inet_aton("127.0.0.1")]
            responder.register_service(
                ServiceInfo(SERVICE, f"{port}.{SERVICE}", port, addresses=address, properties=about)
            )

        yield make


@pytest.fixture
def answer():
    """``answer(make)``: whoever asks on loopback is sent ``make(number)`` for number 0, 1, … until it gives None."""
    with contextlib.ExitStack() as stack:

        def start(make):
            ear = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            ear.bind(("", 5353))
            member = socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1")
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)

            def work():
                asker, number = None, 0
                while asker is None or asker[1] == 5353:  # others of this machine who answer; who only asks does not
                    _, asker = ear.recvfrom(9000)
                while (packet := make(number)) is not None:
                    with contextlib.suppress(OSError):  # the asker has had enough
                        ear.sendto(packet, asker)
                    number += 1

            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            stack.callback(thread.join, 30)

        yield start


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.rstrip(".").split(".")) + b"\0"


def record(owner, kind, data):
    return name(owner) + struct.pack("!HHIH", kind, 1, 120, len(data)) + data


def response(pin, port, owner=f"x.{SERVICE}", txt=None):
    """A whole answer, by hand: what holds the pin (TXT), and its port (SRV)."""
    said = f"pin={pin}".encode()
    text = bytes([len(said)]) + said if txt is None else txt
    service = struct.pack("!HHH", 0, 0, port) + name("x.local.")
    return struct.pack("!6H", 0, 0x8400, 0, 2, 0, 0) + record(owner, 16, text) + record(owner, 33, service)


def test_the_holder_of_the_key_is_found_among_others(announce):
    announce(8443, pin=PIN, path="/api/scan", tls="1")
    announce(8444, pin=OTHER, path="/api/scan", tls="1")
    announce(8445, note=PIN)
    assert network.announced(PIN, [LOOPBACK]) == ["https://127.0.0.1:8443"]


def test_nobody_there_and_no_network_at_all_are_an_empty_answer():
    assert network.announced(PIN, [LOOPBACK], within_s=0.2) == []
    assert network.announced(PIN, [], within_s=0.2) == []
    gone = Link("192.0.2.1", ipaddress.IPv4Network("192.0.2.0/24"))  # an address that this machine does not have
    assert network.announced(PIN, [gone], within_s=0.2) == []


def test_an_answer_from_beyond_the_link_is_not_followed(announce):
    announce(8443, pin=PIN)
    narrow = Link("127.0.0.1", ipaddress.IPv4Network("127.0.0.128/25"))
    assert network.announced(PIN, [narrow], within_s=1.0) == []


def test_an_answer_gives_the_address_that_it_came_from_and_no_other(answer):
    packets = [response(PIN, 8443) + b"trailing 203.0.113.9"]
    answer(lambda number: packets[number] if number < len(packets) else None)
    assert network.announced(PIN, [LOOPBACK], within_s=1.0) == ["https://127.0.0.1:8443"]


def test_of_a_flood_from_one_address_four_answers_are_taken_apart_and_no_more(answer):
    answer(lambda number: response(PIN, 1 + number % 60_000) if number < 100_000 else None)
    assert 0 < len(network.announced(PIN, [LOOPBACK], within_s=1.0)) <= 4  # each named another port


def test_a_pin_of_another_key_is_never_taken_for_this_one():
    assert network.ports(response(PIN, 8443), PIN) == {8443}
    assert network.ports(response(OTHER, 8443), PIN) == set()
    assert network.ports(response(PIN + "C", 8443), PIN) == set()
    assert network.ports(response(PIN, 0), PIN) == set()


def test_a_question_that_looks_like_an_answer_is_none():
    packet = response(PIN, 8443)
    assert network.ports(packet[:2] + b"\0\0" + packet[4:], PIN) == set()


@given(st.binary(max_size=400))
def test_any_bytes_are_taken_apart_without_an_error(data):
    assert network.ports(data, PIN) == set()


@given(st.data())
def test_a_damaged_answer_is_taken_apart_without_an_error(data):
    packet = bytearray(response(PIN, 8443))
    for _ in range(data.draw(st.integers(1, 6))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(packet)))
    assert all(0 < port < 65536 for port in network.ports(bytes(packet[:end]), PIN))


@pytest.mark.parametrize("text", [b"", b"\0", b"\xff", b"\xffpin=" + PIN.encode(), b"\x05pin=A", b"\0" * 300])
def test_odd_texts_hold_no_pin_unless_it_is_there(text):
    expected = {8443} if PIN.encode() in text else set()
    assert network.ports(response(PIN, 8443, txt=text), PIN) == expected
