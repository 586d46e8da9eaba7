"""The HTTP listener: cheroot, but no client's slowness holds a thread, and refusals are JSON. Knows no ticket.

A connection gets a thread when a whole request has arrived. Cheroot by itself gives it one on connecting: as many
silent strangers as there are threads would stop every gate (measured: benchmarks/wsgi.py).
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

from cheroot import wsgi
from cheroot.makefile import MakeFile
from cheroot.server import HeaderReader, HTTPConnection, HTTPRequest

from api.inbox import HEADERS_MAX, Inbox
from api.outbox import Outbox
from api.settings import Server
from api.tls.identity import Identity
from api.tls.wire import Tls, TlsInbox

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_log = logging.getLogger("api.http")
_BODY_MAX = 1024 * 1024  # bytes; the scan API itself refuses more than 16 KiB
_PAGE_BODY_MAX = 64 * 1024 * 1024  # bytes under /admin, where a person is told on a page what is too large
_SLOWEST = 16 * 1024  # bytes a second that buy an upload more time than request_timeout_s: a poor mobile network
_QUIET_MAX = 512  # connections kept without a request; the unit's LimitNOFILE is above it


class _Headers(HeaderReader):
    """Drops names with an underscore: X_Forwarded_For and X-Forwarded-For are one name in WSGI.

    Cheroot's own DropUnderscoreHeaderReader raises TypeError: it looks for a str in bytes.
    """

    def _allow_header(self, key_name: bytes) -> bool:
        return b"_" not in key_name


class _Request(HTTPRequest):
    """One request; what cheroot itself refuses is answered as the scan API answers."""

    header_reader = _Headers()

    def read_request_headers(self) -> bool:
        """Read them; a length that is no plain number is refused (cheroot takes -1 for "until the end")."""
        if not super().read_request_headers():  # type: ignore[no-untyped-call]
            return False
        length = self.inheaders.get(b"Content-Length", b"0")
        if length.isdigit() and (int(length) <= _BODY_MAX or bytes(self.path).startswith(b"/admin/")):
            return True
        if length.isdigit():
            self.simple_response("413 Request Entity Too Large", "The request is larger than any call takes")
            return False
        self.simple_response("400 Bad Request", "Malformed Content-Length header")
        return False

    def simple_response(self, status: str, msg: str = "") -> None:
        """Refuse in JSON, and close."""
        if self.conn.is_late:
            status, msg = "408 Request Timeout", "The request took too long to arrive"
        text = msg or str(status)[4:]
        code = "bad_request" if str(status) < "500" else "server_error"
        body = json.dumps({"success": False, "error": text, "message": text, "code": code}).encode()
        head = (
            f"{self.server.protocol} {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n"
        )
        head += "Retry-After: 5\r\n\r\n" if str(status).startswith("503") else "\r\n"
        self.close_connection = self.sent_headers = self.conn.is_leaving = True
        with contextlib.suppress(OSError):  # the client is gone
            self.conn.wfile.write(head.encode("latin-1") + body)

    def send_headers(self) -> None:
        """Send them. What is left of a body is skipped when it is here; else no thread waits for it: good-bye."""
        missing = getattr(self.rfile, "remaining", 0) - len(self.conn.rfile)
        if missing > 0 or self.chunked_read or int(self.status[:3]) == 413:
            self.close_connection = self.conn.is_leaving = True
        self.conn.wfile.expect_head()
        super().send_headers()


class _Connection(HTTPConnection):
    """One connection: gathering a request, being served by a thread, or leaving (its bytes are dropped)."""

    RequestHandlerClass = _Request
    is_late = False  # its time to send is over
    is_leaving = False  # answered for the last time; closing at once would reset it and lose the answer

    def __init__(self, server: Listener, sock: socket.socket, makefile: Any = MakeFile) -> None:
        super().__init__(server, sock, makefile)
        self.rfile = TlsInbox(sock) if isinstance(sock, ssl.SSLSocket) else Inbox(sock)
        self.wfile = Outbox(sock)

    def communicate(self) -> bool:
        """Serve one request; True: the connection stays for a while."""
        with self.server.serving(self):
            keep = bool(super().communicate())  # type: ignore[no-untyped-call]
            with contextlib.suppress(OSError):  # the client is gone: the next reading will find out
                self.wfile.flush()
        if not self.is_leaving:
            return keep
        self.rfile.say_goodbye()
        _shut(self.socket, socket.SHUT_WR)
        return True

    def cut(self) -> None:
        """Stop listening to this client; an answer under way still goes out."""
        self.is_late = True
        _shut(self.socket, socket.SHUT_RD)

    def close(self) -> None:
        """Hang up."""
        self.server.is_over(self)
        self.rfile.say_goodbye()
        super().close()


def _shut(connection: socket.socket, side: int) -> None:
    """End one side of TCP. SSLSocket's own ``shutdown`` would drop the encryption, and what follows goes out bare."""
    with contextlib.suppress(OSError):  # gone already
        socket.socket.shutdown(connection, side)


def _granted(connection: _Connection) -> float:
    """Seconds that a connection has earned by what it sent while a thread waited for it."""
    return float(connection.rfile.awaited) / _SLOWEST


class Listener(wsgi.Server):
    """A WSGI server on one address. ``prepare`` binds, ``serve`` runs until ``stop`` is called by another thread."""

    ConnectionClass = _Connection
    max_request_header_size = HEADERS_MAX
    max_request_body_size = _PAGE_BODY_MAX
    keep_alive_conn_limit = _QUIET_MAX
    expiration_interval = 0.25  # seconds; also the longest wait before a stop begins
    _connections: Any  # cheroot's; its stubs leave it out

    def __init__(self, app: WSGIApplication, settings: Server, identity: Identity | None = None) -> None:
        """``identity``: who the server is by TLS; None: it speaks plain HTTP."""
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
        self._threads_max = settings.threads
        self._request_timeout_s = settings.request_timeout_s
        self._lock = threading.Lock()
        self._sending: dict[_Connection, float] = {}  # since when it sends a request, or leaves
        self._busy: dict[_Connection, float] = {}  # since when a thread serves it

    @property
    def url(self) -> str:
        """Where it listens, with the real port."""
        host, port = self.bind_addr
        return f"{self._scheme}://[{host}]:{port}" if ":" in host else f"{self._scheme}://{host}:{port}"

    def cut_slow_clients(self) -> None:
        """Give up on those who take too long to send. Called about once a second."""
        limit = time.monotonic() - self._request_timeout_s
        with self._lock:
            known = [*self._sending.items(), *((one, since + _granted(one)) for one, since in self._busy.items())]
        for connection, since in known:
            if since < limit and not connection.is_late:
                connection.cut()

    def is_stuck(self, after_s: float) -> bool:
        """True when every thread has been busy with one request for that long: nobody is being answered."""
        limit = time.monotonic() - after_s
        with self._lock:
            are_late = (since + _granted(one) < limit for one, since in self._busy.items())
            return len(self._busy) >= self._threads_max and all(are_late)

    @contextlib.contextmanager
    def serving(self, connection: _Connection) -> Any:
        """Count the connection as busy."""
        connection.rfile.awaited = 0
        with self._lock:
            self._busy[connection] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._busy[connection]

    def is_over(self, connection: _Connection) -> None:
        """The connection no longer sends anything that is waited for."""
        with self._lock:
            self._sending.pop(connection, None)

    def process_conn(self, conn: _Connection) -> None:
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

    def put_conn(self, conn: _Connection) -> None:
        """In a worker's thread: it has answered; the next request may be here already."""
        if self.ready and conn.rfile.holds_request() and not conn.is_leaving:
            self._give_a_thread(conn)
        elif self.ready:
            try:
                self._await(conn)
            except (KeyError, ValueError):  # stopped between the question and the answer: no selector any more
                conn.close()
        else:
            conn.close()

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Cheroot's own words, into our log."""
        _log.log(level, msg, exc_info=traceback)

    def _await(self, conn: _Connection) -> None:
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

    def _give_a_thread(self, conn: _Connection) -> None:
        self.is_over(conn)
        super().process_conn(conn)
