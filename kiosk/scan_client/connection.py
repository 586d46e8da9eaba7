"""Sockets to the ticket server on which nothing outlasts a deadline: not the name, the connecting, nor the answer.

A timeout of ``requests`` bounds each wait, not their sum: a server that sends a byte a second, or a name server that
is silent, holds it for as long as it likes. Here every wait gets what is left of the same budget.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

_Addresses = list[tuple[Any, ...]]


@dataclass(slots=True)
class Budget:
    """The time one exchange has, and how far it came."""

    deadline: float  # monotonic seconds: the end of everything
    patience: float  # seconds to wait for an answer once the request is out
    is_connected: bool = False
    may_have_arrived: bool = False  # some byte of the request was handed to the system

    def left(self) -> float:
        """Seconds until the deadline; raises TimeoutError when there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the time for this question is over")
        return seconds


_current = threading.local()


@contextlib.contextmanager
def within(budget: Budget) -> Iterator[None]:
    """Every connection used by this thread inside the block keeps to this budget."""
    _current.budget = budget
    try:
        yield
    finally:
        del _current.budget


def _budget() -> Budget:
    budget: Budget = _current.budget
    return budget


class _TimedReader(io.RawIOBase):
    """The bytes of one answer, each read with what is left of the time."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        budget = _budget()
        self._until = min(budget.deadline, time.monotonic() + budget.patience)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds = self._until - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the answer did not arrive in time")
        self._sock.settimeout(seconds)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(sock, self.fp.detach()))


class _Timed(HTTPConnection):
    """What both kinds of connection share."""

    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:  # the hook that urllib3's own SOCKS support uses
        budget = _budget()
        try:
            addresses = _resolve(self.host, int(self.port or self.default_port), budget.left())
            sock = _dial(addresses, budget)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"no connection to {self.host} in time") from error
        except OSError as error:
            raise NewConnectionError(self, f"no connection to {self.host}: {error}") from error
        budget.is_connected = True
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(budget.left())  # for the TLS handshake, which OpenSSL's binding bounds as a whole
        return sock

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        budget = _budget()
        budget.is_connected = True
        self.sock.settimeout(budget.left())
        budget.may_have_arrived = True
        super().send(data)


class TimedHttps(_Timed, HTTPSConnection):
    """HTTPS within the budget."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Timed


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = TimedHttps


class TimedAdapter(HTTPAdapter):
    """Gives a ``requests.Session`` these connections. Use it inside ``within(budget)`` only."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """Called by HTTPAdapter's constructor."""
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _HttpsPool}


def _dial(addresses: _Addresses, budget: Budget) -> socket.socket:
    """The first address that answers; one that does not may use half of what is left, the last one all of it."""
    error: OSError = OSError("the name has no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses, start=1):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(budget.left() / (1 if number == len(addresses) else 2))
            sock.connect(address)
        except OSError as failure:
            sock.close()
            error = failure
        else:
            return sock
    raise error


def _resolve(host: str, port: int, seconds: float) -> _Addresses:
    """The addresses of a host. ``getaddrinfo`` can't be interrupted, so a name is looked up beside this thread."""
    bare = host.strip("[]")
    if bare == "localhost" or bare.endswith(".localhost"):
        # Loopback by definition (RFC 6761), which a resolver need not know; plain HTTP is allowed because of it.
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(bare.partition("%")[0])
        return list(socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))
    return _beside(lambda: list(socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM)), seconds)


def _beside(lookup: Callable[[], _Addresses], seconds: float) -> _Addresses:
    found: SimpleQueue[_Addresses | OSError] = SimpleQueue()

    def run() -> None:
        try:
            found.put(lookup())
        except OSError as error:
            found.put(error)

    threading.Thread(target=run, name="name-lookup", daemon=True).start()
    try:
        result = found.get(timeout=seconds)
    except Empty:
        raise TimeoutError("the name server does not answer") from None
    if isinstance(result, OSError):
        raise result
    return result
