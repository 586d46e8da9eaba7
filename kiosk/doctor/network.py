"""What doctor reads of the network: links, Wi-Fi, the way to the ticket server. Asks nothing of it."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from kiosk.credentials import Credentials
from kiosk.doctor.asking import ask, text_of
from kiosk.doctor.finding import Finding
from kiosk.doctor.words import tell
from kiosk.scan_client.pinned import pin_of
from kiosk.screen.words import Language

WEAK_DBM = -75  # below it Wi-Fi goes down to its slowest rates and sends again and again
_ROUNDED_TO_DBM = 5  # so that a report is news only when something is
_TRIES = 3  # the median of three connections: one that met a lost packet says nothing
_WITHIN_S = 3.0
SLOW_MS = 100  # a scan has 250 ms for all of its exchange (facts: Gates)
_SOON = timedelta(days=14)
_EVERYWHERE = "00000000"  # as a destination in /proc/net/route


def links(language: Language, is_server_here: bool, root: Path = Path("/")) -> Iterator[Finding]:
    """What is plugged in or joined, and whether there is a way out. ``is_server_here``: it needs neither."""
    cards = [card for card in sorted((root / "sys/class/net").glob("*")) if (card / "device").exists()]
    up = [card.name for card in cards if text_of(card / "operstate") == "up"]
    if up:
        yield tell("network.up", language, links=", ".join(up))
        if not is_server_here and not _has_route(root):
            yield tell("network.no_route", language)
    elif cards:  # a container has no card of its own
        yield tell("network.alone" if is_server_here else "network.down", language)


def wifi(language: Language, root: Path = Path("/")) -> Iterator[Finding]:
    """Signal and power saving of every joined Wi-Fi link."""
    for line in text_of(root / "proc/net/wireless").splitlines()[2:]:
        link, _, figures = line.strip().partition(":")
        try:
            signal = float(figures.split()[2])
        except (ValueError, IndexError):
            continue
        rounded = _ROUNDED_TO_DBM * round(signal / _ROUNDED_TO_DBM)
        key = "wifi.weak" if signal < WEAK_DBM else "wifi.good"
        yield tell(key, language, link=link, signal=rounded)
        if "Power save: on" in (ask("iw", "dev", link, "get", "power_save") or ""):
            yield tell("wifi.saves", language, link=link)


def way_to(credentials: Credentials, language: Language) -> Iterator[Finding]:
    """Name, connection and certificate of the ticket server; ends at the first that fails. Up to 15 s."""
    url = urlsplit(credentials.base_url)
    host, is_tls = url.hostname or "", url.scheme == "https"
    port = url.port or (443 if is_tls else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        yield tell("name.unknown", language, host=host, why=error.strerror or error)
        return
    addresses = sorted({str(each[4][0]) for each in found})
    yield tell("name.good", language, host=host, addresses=", ".join(addresses[:4]))
    try:
        ms = 1000 * sorted(_connected_in(host, port) for _ in range(_TRIES))[_TRIES // 2]
    except OSError as error:
        yield tell("latency.refused", language, host=host, port=port, why=error.strerror or error)
        return
    slow = SLOW_MS * int(ms / SLOW_MS)
    yield tell("latency.slow" if slow else "latency.good", language, ms=slow)
    yield from (_certificate(host, port, credentials.pin, language) if is_tls else [tell("tls.none", language)])


def is_here(credentials: Credentials | None) -> bool:
    """True when the ticket server is on this very machine."""
    host = urlsplit(credentials.base_url).hostname if credentials else None
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _certificate(host: str, port: int, pin: str, language: Language) -> Iterator[Finding]:
    """Until when it is good. Whether it is believed is found by the scan client itself, with its own rules."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only looked at: nothing is sent
    try:
        with (
            socket.create_connection((host, port), _WITHIN_S) as raw,
            context.wrap_socket(raw, server_hostname=host) as tls,
        ):
            version, seen = tls.version(), tls.getpeercert(binary_form=True)
        if pin:
            if pin_of(seen or b"") == pin:  # another key is a fault that the scan client tells
                yield tell("tls.pinned", language, version=version)
            return
        until = x509.load_der_x509_certificate(seen or b"").not_valid_after_utc
    except (OSError, ValueError) as error:  # ValueError: OpenSSL takes certificates that make no sense to others
        yield tell("tls.broken", language, host=host, port=port, why=getattr(error, "strerror", None) or error)
        return
    key = "tls.ends" if until - datetime.now(UTC) < _SOON else "tls.good"
    yield tell(key, language, version=version, until=f"{until:%Y-%m-%d}")


def _connected_in(host: str, port: int) -> float:
    """Seconds that one connection takes. Raises OSError."""
    began = time.monotonic()
    with socket.create_connection((host, port), _WITHIN_S):
        return time.monotonic() - began


def _has_route(root: Path) -> bool:
    by_v4 = [line.split() for line in text_of(root / "proc/net/route").splitlines()[1:]]
    by_v6 = [line.split() for line in text_of(root / "proc/net/ipv6_route").splitlines()]
    # Of IPv6 the last column names the link: the kernel keeps one such route that leads nowhere, on lo.
    return any(row[1] == _EVERYWHERE for row in by_v4 if len(row) > 1) or any(
        row[1] == "00" and row[-1] != "lo" for row in by_v6 if len(row) > 1
    )
