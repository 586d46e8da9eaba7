"""Text from a camera → a ticket code, a pairing code, a card for a tech, or Unreadable. Strict, pure; never raises.

Whatever a camera sees is hostile: everything here is decided before anything is sent, stored or shown.
Every step is linear in the text, and nothing but the digest looks past the length cap.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from kiosk.wifi_code import PREFIX as WIFI
from kiosk.wifi_code import Trouble as WifiTrouble
from kiosk.wifi_code import WifiCode, parse_wifi

Dialect = Literal["documented", "deployed"]

# The longest code there is: 64 characters of data and an RSA-4096 signature make 749; TiBillet prints 409,
# a pairing code has about 200 and never more than 700 with the longest host name and token, a Wi-Fi card about 200.
MAX_LENGTH = 1024
TEST_CARD = "PORTILLON-TEST"
_ED25519 = 64  # bytes of a signature
_RSA = range(256, 513)  # RSA-2048 (TiBillet's) to RSA-4096

# Python's json.dumps writes a space after the colon; compact JSON has none. Nothing else is a ticket.
_UUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_PAYLOAD = re.compile(rf'\{{"uuid": ?"({_UUID})"\}}'.encode())
_TICKET = re.compile(r"(?P<data>[A-Za-z0-9_-]+={0,2}):(?P<signature>[A-Za-z0-9_-]+={0,2})")
# No user name, no query; a token never starts with a dot, since HTTP clients fold "/../" away.
_PAIRING = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?P<port>:[1-9][0-9]{0,4})?"
    r"(?P<prefix>/api/scan|/scan)/(?P<token>[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,399}={0,2})/pair/?(?:#(?P<fragment>[!-~]*))?"
)
# SHA-256 of the server's public key (SubjectPublicKeyInfo, RFC 7469), base64url of 32 bytes without padding.
_PIN = re.compile(r"spki-sha256=(?P<pin>[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")  # a last label like this makes a resolver see an IPv4 address
_PRIVATE = tuple(
    ipaddress.ip_network(block)
    for block in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)

_Why = Literal[
    "empty", "too_long", "not_ascii", "not_a_code", "bad_data", "bad_signature", "bad_host", "bad_pin", "plain_http"
]
Why = _Why | WifiTrouble


@dataclass(frozen=True, slots=True)
class TicketCode:
    """The text in a ticket's QR, ``DATA:SIGNATURE``. A ticket is known by its uuid, never by its text."""

    text: str
    uuid: str  # canonical: lower case, with dashes
    data: bytes  # the base64 part as signed, ASCII
    signature: bytes  # decoded

    @property
    def digest(self) -> str:
        """To know this very text again without keeping it: 32 hex digits of its SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class PairingCode:
    """The URL in the admin's QR, taken apart."""

    base_url: str  # scheme://host[:port], no slash at the end
    prefix: Literal["/api/scan", "/scan"]
    token: str
    pin: str = ""  # of the server's public key, 43 characters; "": the server is known by its certificate's authority

    @property
    def dialect(self) -> Dialect:
        """``documented`` for /api/scan, ``deployed`` for /scan."""
        return "documented" if self.prefix == "/api/scan" else "deployed"


@dataclass(frozen=True, slots=True)
class TestCard:
    """The printed card that leads a tech through lamps, relay and passage."""

    __test__ = False  # no test of pytest's


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is none of these. Never carries the text itself: only a word of why, and a digest to know it by.

    ``plain_http``: a pairing code in every other way, but it would send the gate's key unencrypted over the internet.
    ``bad_wifi``: it begins as a Wi-Fi card. ``wifi_unsupported``: WEP, or a network of accounts.
    """

    why: Why
    digest: str  # the first 16 hexadecimal digits of the text's SHA-256


Code = TicketCode | PairingCode | WifiCode | TestCard | Unreadable


def parse(text: str) -> Code:
    """The code that this text is, by the grammar of the scan API.

    One line break at the end is dropped (``echo CODE | qrencode`` puts it there); every other character outside
    the grammar makes the whole text Unreadable. Only a Wi-Fi card's name may hold letters beyond ASCII.
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    if len(text) > MAX_LENGTH:
        return Unreadable("too_long", digest)
    line = text.removesuffix("\n").removesuffix("\r")
    found: Code | Why
    if not line:
        found = "empty"
    elif line.startswith(WIFI):
        found = parse_wifi(line)
    elif not line.isascii():
        found = "not_ascii"
    elif ticket := _TICKET.fullmatch(line):
        found = _ticket(ticket)
    elif pairing := _PAIRING.fullmatch(line):
        found = _pairing(pairing)
    elif line == TEST_CARD:
        found = TestCard()
    else:
        found = "not_a_code"
    return Unreadable(found, digest) if isinstance(found, str) else found


def _ticket(match: re.Match[str]) -> TicketCode | Why:
    payload, signature = _base64(match["data"]), _base64(match["signature"])
    uuid = payload and _PAYLOAD.fullmatch(payload)
    if not uuid:
        return "bad_data"
    if signature is None or not (len(signature) == _ED25519 or len(signature) in _RSA):
        return "bad_signature"
    return TicketCode(match[0], uuid[1].decode().lower(), match["data"].encode(), signature)


def _base64(part: str) -> bytes | None:
    """The bytes, when ``part`` is the one way to write them: padded, and no stray bits at the end."""
    try:
        decoded = base64.urlsafe_b64decode(part)
    except binascii.Error:
        return None
    return decoded if base64.urlsafe_b64encode(decoded).decode() == part else None


def _pairing(match: re.Match[str]) -> PairingCode | Why:
    host, port = match["host"].lower(), match["port"] or ""
    if port and int(port[1:]) > 65535:
        return "bad_host"
    address = _address(host)
    if address is None and not _is_name(host):
        return "bad_host"
    if match["scheme"] == "http" and not _is_near(host, address):
        return "plain_http"
    pin = _pin(match["fragment"] or "")
    if pin is None or (pin and match["scheme"] == "http"):
        return "bad_pin"
    prefix: Literal["/api/scan", "/scan"] = "/api/scan" if match["prefix"] == "/api/scan" else "/scan"
    return PairingCode(f"{match['scheme']}://{host}{port}", prefix, match["token"], pin)


def _pin(fragment: str) -> str | None:
    """The pin in a fragment, "" without one. None for anything that might have been meant as one: never trust less."""
    found = _PIN.fullmatch(fragment)
    if found:
        return found["pin"]
    return None if "spki" in unquote(fragment).lower() else ""


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.IPv6Address(host[1:-1]) if host.startswith("[") else ipaddress.IPv4Address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    labels = host.split(".")
    return all(_LABEL.fullmatch(label) for label in labels) and not _NUMBER.fullmatch(labels[-1])


def _is_near(host: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    """True for loopback and private addresses, where a key may travel without TLS (issue 2, pairing)."""
    if address is None:
        return host == "localhost" or host.endswith(".localhost")
    return any(address.version == block.version and address in block for block in _PRIVATE)
