"""Says by mDNS where the server is, so that a gate that knows its key finds it again when its address has changed.

What is announced is known to everybody who can reach the server: where it listens, and the hash of its public key. An
announcement proves nothing. A gate believes the key alone, which whoever answers must prove to have.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import ifaddr

from api.settings import Settings
from api.tls.identity import Identity

if TYPE_CHECKING:
    from zeroconf import Zeroconf

SERVICE = "_portillon._tcp.local."
_PATH = "/api/scan"
_LOOKED_AT_EVERY_S = 10.0
_LABEL_MAX = 63  # bytes of one part of a name (RFC 1035, 2.3.4)
_LEAVES_WITHIN_S = 5.0

_log = logging.getLogger("api.announcing")


class Announcer:
    """Announces one server from a thread of its own; what goes wrong there is told in the log and stops nothing."""

    def __init__(self, host: str, pin: str) -> None:
        """``host``: what the server listens on. ``pin``: by which gates know it."""
        self._host = host
        self._pin = pin
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        self._responder: Zeroconf | None = None
        self._last_trouble = ""

    def begin(self, port: int) -> None:
        """Announce that port, wherever this machine is reached; goes on until ``close``."""
        self._thread = threading.Thread(target=self._work, args=(port,), name="announcer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take the announcement back. Returns within seconds, also when the network does not take it."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join(_LEAVES_WITHIN_S)

    def _work(self, port: int) -> None:
        announced: tuple[str, ...] = ()
        try:
            while not self._is_over.is_set():
                if (addresses := own_addresses(self._host)) != announced:
                    announced = addresses if self._announce(addresses, port) else ()
                self._is_over.wait(_LOOKED_AT_EVERY_S)
        finally:
            self._withdraw()

    def _announce(self, addresses: tuple[str, ...], port: int) -> bool:
        """Anew on these addresses and no others, since the sockets belong to them; False when that failed."""
        self._withdraw()
        if not addresses:
            return True
        # Here and not above: a server that announces nothing is spared its 3 MB.
        from zeroconf import Error, ServiceInfo, Zeroconf  # noqa: PLC0415

        logging.getLogger("zeroconf").setLevel(logging.CRITICAL)  # it warns with raw bytes from the network
        about = {"pin": self._pin, "path": _PATH, "tls": "1"}
        packed = [socket.inet_aton(each) for each in addresses]
        try:
            self._responder = Zeroconf(interfaces=list(addresses))
            service = ServiceInfo(SERVICE, _name(port), port, addresses=packed, properties=about)
            self._responder.register_service(service, allow_name_change=True)
        except (OSError, Error) as error:
            self._withdraw()
            why = str(error) or type(error).__name__
            self._tell(f"not announced by mDNS ({why}): gates know no other address of it than before")
            return False
        self._tell(f"announced by mDNS as {service.name} at {', '.join(addresses)}")
        return True

    def _withdraw(self) -> None:
        responder, self._responder = self._responder, None
        if responder is not None:
            from zeroconf import Error  # noqa: PLC0415  # as above; here it is loaded already

            # The network went first, and nobody is there to be told; or it stalls, and its threads are left to it.
            with contextlib.suppress(OSError, Error):
                responder.close()

    def _tell(self, what: str) -> None:
        if what != self._last_trouble:
            _log.info("%s", what)
        self._last_trouble = what


def own_addresses(host: str) -> tuple[str, ...]:
    """The IPv4 addresses at which other machines reach a server that listens on ``host``, in order."""
    found: set[str] = set()
    with contextlib.suppress(OSError):  # a machine without a network has none
        found = {ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)}
    is_everywhere = host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    heard = {each for each in found if not ipaddress.ip_address(each).is_loopback and (is_everywhere or each == host)}
    return tuple(sorted(heard))


@contextlib.contextmanager
def announced(settings: Settings, identity: Identity | None) -> Iterator[Announcer | None]:
    """An announcer to ``begin`` once the port is known; None: unwanted, or gates hold no key to know the server by."""
    pin = identity.pin if identity is not None else ""
    if not settings.server.announce or not pin:
        yield None
        return
    announcer = Announcer(settings.server.host, pin)
    try:
        yield announcer
    finally:
        announcer.close()


def port_of(url: str) -> int:
    """The port in a URL that the listener told, which always names one."""
    return urlsplit(url).port or 443


def _name(port: int) -> str:
    """What this server is called among others on the network."""
    host = socket.gethostname().partition(".")[0].encode("ascii", "ignore").decode() or "server"
    return f"{host[: _LABEL_MAX - 20]}-{port}.{SERVICE}"
