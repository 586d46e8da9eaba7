"""The HTTP listener: cheroot, but no client's slowness holds a thread. Knows no ticket.

A connection gets a thread when a whole request has arrived. Cheroot by itself gives it one on connecting: as many
silent strangers as there are threads would stop every gate (measured: benchmarks/wsgi.py).
Whole calls that are cheaper together go to the lane.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from cheroot import wsgi

from api.connection import Connection
from api.inbox import HEADERS_MAX
from api.lane import Lane
from api.settings import Server
from api.tls.identity import Identity
from api.tls.wire import Tls

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_log = logging.getLogger("api.http")
_PAGE_BODY_MAX = 64 * 1024 * 1024  # bytes under /admin, where a person is told on a page what is too large
_SLOWEST = 16 * 1024  # bytes a second that buy an upload more time than request_timeout_s: a poor mobile network
_QUIET_MAX = 512  # connections kept without a request; the unit's LimitNOFILE is above it


def _granted(connection: Connection) -> float:
    """Seconds that a connection has earned by what it sent while a thread waited for it."""
    return float(connection.rfile.awaited) / _SLOWEST


class Listener(wsgi.Server):
    """A WSGI server on one address. ``prepare`` binds, ``serve`` runs until ``stop`` is called by another thread."""

    ConnectionClass = Connection
    max_request_header_size = HEADERS_MAX
    max_request_body_size = _PAGE_BODY_MAX
    keep_alive_conn_limit = _QUIET_MAX
    expiration_interval = 0.25  # seconds; also the longest wait before a stop begins
    _connections: Any  # cheroot's; its stubs leave it out

    def __init__(
        self, app: WSGIApplication, settings: Server, identity: Identity | None = None, lane: Lane | None = None
    ) -> None:
        """``identity``: who the server is by TLS; None: it speaks plain HTTP. ``lane``: takes its own calls."""
        super().__init__(
            (settings.host, settings.port),
            app,
            numthreads=settings.threads,
            max=settings.threads,
            server_name="portillon-api",
            request_queue_size=128,
            timeout=settings.idle_timeout_s,  # type: ignore[arg-type]  # any number will do
            shutdown_timeout=settings.stop_within_s,  # type: ignore[arg-type]
        )
        self._scheme = "http"
        if identity is not None:
            self.ssl_adapter = Tls(identity)
            self._scheme = "https"
        self._lane = lane
        self._threads_max = settings.threads
        self._request_timeout_s = settings.request_timeout_s
        self._lock = threading.Lock()
        self._sending: dict[Connection, float] = {}  # since when it sends a request, or leaves
        self._busy: dict[Connection, float] = {}  # since when a thread serves it

    @property
    def url(self) -> str:
        """Where it listens, with the real port."""
        host, port = self.bind_addr
        return f"{self._scheme}://[{host}]:{port}" if ":" in host else f"{self._scheme}://{host}:{port}"

    def prepare(self) -> None:
        """Bind, and start the threads. Raises OSError."""
        super().prepare()
        if self._lane is not None:
            self._lane.start()

    def stop(self) -> None:
        """Take no new request; returns when those under way are answered."""
        super().stop()
        if self._lane is not None:
            self._lane.stop()

    def cut_slow_clients(self) -> None:
        """Give up on those who take too long to send. Called about once a second."""
        limit = time.monotonic() - self._request_timeout_s
        with self._lock:
            known = [*self._sending.items(), *((one, since + _granted(one)) for one, since in self._busy.items())]
        for connection, since in known:
            if since < limit and not connection.is_late:
                connection.cut()

    def is_stuck(self, after_s: float) -> bool:
        """True when every thread, or the lane, has been busy with the same for that long: nobody is being answered."""
        if self._lane is not None and self._lane.is_stuck(after_s):
            return True
        limit = time.monotonic() - after_s
        with self._lock:
            are_late = (since + _granted(one) < limit for one, since in self._busy.items())
            return len(self._busy) >= self._threads_max and all(are_late)

    def is_maimed(self) -> bool:
        """True when the lane has died: no scan would be answered any more."""
        return self._lane is not None and self._lane.is_dead()

    @contextlib.contextmanager
    def serving(self, connection: Connection) -> Any:
        """Count the connection as busy."""
        connection.rfile.awaited = 0
        with self._lock:
            self._busy[connection] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._busy[connection]

    def is_over(self, connection: Connection) -> None:
        """The connection no longer sends anything that is waited for."""
        with self._lock:
            self._sending.pop(connection, None)

    def process_conn(self, conn: Connection) -> None:
        """In the listener's thread: a connection is new, or has something to say."""
        if conn.last_used is None:
            conn.socket.settimeout(self._request_timeout_s)
            self._make_room()
            self._await(conn)
            return
        is_open = conn.rfile.gather()
        if conn.is_leaving:
            conn.rfile.forget()
            self._await(conn) if is_open else conn.close()
        elif conn.rfile.holds_request() or (not is_open and conn.rfile):
            self._give_a_thread(conn)
        elif is_open:
            self._await(conn)
        else:
            conn.close()

    def put_conn(self, conn: Connection) -> None:
        """In a worker's thread: it has answered; the next request may be here already."""
        if self.ready and conn.rfile.holds_request() and not conn.is_leaving:
            self._give_a_thread(conn)
        elif self.ready:
            try:
                self._await(conn)
            except (KeyError, ValueError, OSError):  # stopped meanwhile: no selector any more; or it takes no more
                conn.close()
        else:
            conn.close()

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Cheroot's own words, into our log."""
        _log.log(level, msg, exc_info=traceback)

    def _await(self, conn: Connection) -> None:
        """Until there is more to read. Time runs while a request is half here, or while the client ought to leave."""
        if conn.rfile.awaits_more or conn.is_leaving:
            with self._lock:
                self._sending.setdefault(conn, time.monotonic())
        self._connections.put(conn)

    def _make_room(self) -> None:
        """When full, hang up on the half that was quiet longest: a gate that connects gets in, whoever is here."""
        if self._connections._num_connections < self.keep_alive_conn_limit:
            return
        quiet = sorted(conn.last_used for _, conn in self._connections._selector.connections if conn is not self)
        if quiet:
            self._connections._expire(threshold=quiet[len(quiet) // 2])

    def _give_a_thread(self, conn: Connection) -> None:
        self.is_over(conn)
        if self._lane is not None and conn.rfile.holds_call(self._lane.targets):
            self._lane.put(conn)
        else:
            super().process_conn(conn)
