"""Who on this network says that they have a server's key: one question by mDNS, and answers within bounds.

The question goes out from a port of its own, so that the answers come to it alone (RFC 6762, 5.1 and 6.7): no stream of
other machines' multicast is listened to. Anybody may answer anything. An answer gives an address to try and no more:
the one that it came from, and only on the link that was asked.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import random
import selectors
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import ifaddr

SERVICE = "_portillon._tcp.local."
_ASKED = ("224.0.0.251", 5353)
_HOPS = 255  # RFC 6762, 11
_WITHIN_S = 2.0
_AGAIN_AFTER_S = 0.5  # a datagram may be lost, above all on Wi-Fi
_PACKET_MAX = 9000  # bytes, RFC 6762, 17
_PACKETS_MAX = 5000  # looked at in all, which is done by a search for some bytes
_PARSED_MAX, _PARSED_OF_ONE_MAX = 64, 4  # taken apart, in all and from one address
_TRIED_MAX = 8


@dataclass(frozen=True, slots=True)
class Link:
    """One of this machine's IPv4 addresses, and the network it is on."""

    address: str
    network: ipaddress.IPv4Network


def links() -> list[Link]:
    """Those that other machines may be on."""
    with contextlib.suppress(OSError):  # none: there is no network
        ips = [ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
        found = [Link(str(ip.ip), ipaddress.IPv4Network(f"{ip.ip}/{ip.network_prefix}", strict=False)) for ip in ips]
        return [link for link in found if not link.network.is_loopback]
    return []


def announced(pin: str, on: Iterable[Link], within_s: float = _WITHIN_S) -> list[str]:
    """Base URLs of those that say they hold this key, in no order, eight at most. Waits for ``within_s`` seconds."""
    found: set[str] = set()
    parsed: Counter[str] = Counter()
    for source, packet in _heard(list(on), time.monotonic() + within_s):
        # What is not about this key is most of what may come, and is not taken apart.
        if pin.encode() not in packet or parsed[source] == _PARSED_OF_ONE_MAX or parsed.total() == _PARSED_MAX:
            continue
        parsed[source] += 1
        found |= {f"https://{source}:{port}" for port in ports(packet, pin)}
    # Whoever floods the network with false answers can't choose which are tried.
    return random.sample(sorted(found), min(len(found), _TRIED_MAX))


def ports(packet: bytes, pin: str) -> set[int]:
    """The ports of services in this packet that say they hold this key. Any bytes will do."""
    # Here and not above: a gate that looks for nobody is spared 14 MB.
    from zeroconf import DNSIncoming, DNSService, DNSText  # type: ignore[attr-defined]  # noqa: PLC0415

    logging.getLogger("zeroconf").setLevel(logging.CRITICAL)  # it warns with raw bytes from the network
    message = DNSIncoming(packet)
    if not message.valid or not message.is_response():
        return set()
    records = message.answers()
    said = f"pin={pin}".encode()
    names = {each.name for each in records if isinstance(each, DNSText) and said in _strings(each.text)}
    return {each.port for each in records if isinstance(each, DNSService) and each.name in names and each.port}


def _strings(text: bytes) -> Iterator[bytes]:
    """What a TXT record consists of (RFC 1035, 3.3.14); a last one that is cut short is as long as it is."""
    at = 0
    while at < len(text):
        yield text[at + 1 : at + 1 + text[at]]
        at += 1 + text[at]


def _question() -> bytes:
    """One question, for pointers (type 12) of class IN (1), with the id 0: RFC 1035, 4.1."""
    labels = [part.encode() for part in SERVICE.split(".")]  # the last one is empty, which ends a name
    name = b"".join(bytes([len(label)]) + label for label in labels)
    return struct.pack("!6H", 0, 0, 1, 0, 0, 0) + name + struct.pack("!2H", 12, 1)


def _heard(on: list[Link], until: float) -> Iterator[tuple[str, bytes]]:
    """Ask on these links, and what is answered there until then: from whom, and what."""
    question = _question()
    with contextlib.ExitStack() as closing:
        ears = closing.enter_context(selectors.DefaultSelector())
        for link in on:
            with contextlib.suppress(OSError):  # it has gone meanwhile
                ears.register(closing.enter_context(_socket(link)), selectors.EVENT_READ, link)
        ask_at = time.monotonic()
        for _ in range(_PACKETS_MAX):
            if (now := time.monotonic()) >= until or not ears.get_map():
                return
            if now >= ask_at:
                ask_at = now + _AGAIN_AFTER_S
                _ask(ears, question)
            for key, _events in ears.select(max(0.0, min(ask_at, until) - time.monotonic())):
                with contextlib.suppress(OSError):  # an ICMP error, or nothing after all
                    packet, (source, _port) = key.fileobj.recvfrom(_PACKET_MAX)  # type: ignore[union-attr]
                    if ipaddress.ip_address(source) in key.data.network:
                        yield source, packet


def _ask(ears: selectors.BaseSelector, question: bytes) -> None:
    for key in ears.get_map().values():
        with contextlib.suppress(OSError):  # no route for now
            key.fileobj.sendto(question, _ASKED)  # type: ignore[union-attr]


def _socket(link: Link) -> socket.socket:
    """Asks on this link alone. Raises OSError."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(link.address))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _HOPS)
        made.setblocking(False)
        made.bind((link.address, 0))
    except OSError:
        made.close()
        raise
    return made
