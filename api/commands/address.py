"""Where gates reach this server: told by the organiser, or guessed from how the server listens. Sends nothing.

Pairing codes carry the pin of its key wherever it has one of its own: as the settings say, or as it last started.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from api.commands.console import CommandError
from api.devices.reach import Start
from api.settings import Settings
from api.tls import identity
from api.tls.pin import with_pin

# TEST-NET-1, RFC 5737: "connecting" a datagram socket only chooses the network card, no packet leaves.
_SOMEWHERE = ("192.0.2.1", 9)
_ASK = 'say how gates reach the server: --base-url URL, or [server] public_url = "URL" in api.toml'


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """What a pairing code begins with, and what the organiser should know about it (or "")."""

    url: str
    note: str


def pinned_url(given: str | None, settings: Settings, started: Start | None) -> BaseUrl:
    """The address for pairing codes, with the pin of the server's own key where gates reach it by https.

    ``started``: how the server last started. Raises CommandError, and TlsError for a certificate that can't be used.
    """
    if settings.tls.is_on or started is None:
        known = identity.of_settings(settings)
        pin, speaks_tls, effective = known.pin if known is not None else "", settings.tls.is_on, settings
    else:
        pin, speaks_tls = started.pin, started.url.startswith("https:")
        effective = _as_started(settings, started)
    address = base_url(given, effective)
    notes = [address.note] if address.note else []
    if speaks_tls and address.url.startswith("http:"):
        notes.append(f"the server speaks TLS: gates that try {address.url} are not answered, use https://")
    return BaseUrl(with_pin(address.url, pin), "; ".join(notes))


def site_url(settings: Settings, started: Start | None) -> str:
    """Where a browser, perhaps on another machine, finds the web pages; ``started``: how the server last started."""
    effective = settings if started is None else _as_started(settings, started)
    try:
        return base_url(None, effective).url
    except CommandError:  # no network, or a port that nobody knows yet: then on this machine
        return _join("https" if effective.tls.is_on else "http", "127.0.0.1", effective.server.port)


def _as_started(settings: Settings, started: Start) -> Settings:
    """The settings with what the command line of ``serve`` made of them."""
    parts = urlsplit(started.url)
    server = settings.server.model_copy(update={"host": parts.hostname or "", "port": parts.port or 0})
    tls = settings.tls.model_copy(update={"self_made": parts.scheme == "https"})
    return settings.model_copy(update={"server": server, "tls": tls})


def base_url(given: str | None, settings: Settings) -> BaseUrl:
    """The address for pairing codes: as given, else from the settings, else guessed. Raises CommandError."""
    server, scheme = settings.server, "https" if settings.tls.is_on else "http"
    if url := given or server.public_url:
        return BaseUrl(url.rstrip("/"), _warn(url))
    if server.port == 0:
        raise CommandError("the server's port is chosen when it starts", "a pairing code needs an address", _ASK)
    if server.host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = _own_address()
        note = f"the address {host} is a guess (this machine's on the network); if gates can't reach it, {_ASK}"
        return BaseUrl(_join(scheme, host, server.port), note)
    if _is_loopback(server.host):
        note = f"this code works on this very machine only: the server listens on {server.host}; else {_ASK}"
        return BaseUrl(_join(scheme, server.host, server.port), note)
    return BaseUrl(_join(scheme, server.host, server.port), "")


def _warn(url: str) -> str:
    """Gates pair over plain HTTP with loopback and private addresses only."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise CommandError(f"{url!r} is no address of a server", "no device was added", "it looks like https://HOST")
    if parts.scheme == "https" or _is_loopback(parts.hostname) or _is_private(parts.hostname):
        return ""
    return f"gates refuse plain HTTP from {parts.hostname}, which is not a private address: use https://"


def _own_address() -> str:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_SOMEWHERE)
            return str(probe.getsockname()[0])
    except OSError as error:
        raise CommandError("this machine has no network", "its address can't be guessed", _ASK) from error


def _join(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return False
