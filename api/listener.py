"""The HTTP listener: cheroot, with deadlines for slow clients and JSON for its own refusals. Knows no ticket."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from cheroot import wsgi
from cheroot.server import HeaderReader, HTTPConnection, HTTPRequest

from api.settings import Server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_log = logging.getLogger("api.http")
_HEADERS_MAX = 16 * 1024  # bytes; an Api-Key header and a pairing path need 500
_BODY_MAX = 1024 * 1024  # bytes; the scan API refuses more than 16 KiB itself
_LINGER_MAX = 256 * 1024  # bytes of a refused body read, so that the client gets to see the refusal
_LINGER_S = 1.0  # longest wait for the next part of a refused body
_QUIET_MAX = 512  # connections kept without a request; the unit's LimitNOFILE is above it
_STUCK_S = 30.0  # every thread busy for longer: nobody is being answered; a kiosk gives up after 5 s


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
        if self.inheaders.get(b"Content-Length", b"0").isdigit():
            return True
        self.simple_response("400 Bad Request", "Malformed Content-Length header")
        return False

    def simple_response(self, status: str, msg: str = "") -> None:
        """Refuse in JSON and close."""
        if self.conn.is_late:
            status, msg = "408 Request Timeout", "The request took too long to arrive"
        text = msg or str(status)[4:]
        code = "bad_request" if str(status) < "500" else "server_error"
        body = json.dumps({"success": False, "error": text, "message": text, "code": code}).encode()
        head = (
            f"{self.server.protocol} {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.close_connection = self.sent_headers = self.conn.has_unread = True
        with contextlib.suppress(OSError):  # the client is gone
            self.conn.wfile.write(head.encode("latin-1") + body)

    def send_headers(self) -> None:
        """Send them; after a body that was refused or is not read to its end, the connection is closed."""
        is_refused = int(self.status[:3]) == 413 or getattr(self.rfile, "remaining", 0) > _LINGER_MAX
        if is_refused or self.chunked_read:
            self.close_connection = self.conn.has_unread = True
        super().send_headers()


class _Connection(HTTPConnection):
    """One connection, known to the listener while a thread serves it."""

    RequestHandlerClass = _Request
    is_late = False  # its time to send is over
    has_unread = False  # the client may be sending still

    def communicate(self) -> bool:
        """Serve one request; True: keep the connection."""
        with self.server.serving(self):
            keep = bool(super().communicate())  # type: ignore[no-untyped-call]
            if self.has_unread:
                self._linger()
            return keep and not self.has_unread

    def cut(self) -> None:
        """Stop listening to this client; an answer under way still goes out."""
        self.is_late = True
        with contextlib.suppress(OSError):  # closed meanwhile
            self.socket.shutdown(socket.SHUT_RD)

    def _linger(self) -> None:
        """Read what the client still sends: closing on unread bytes resets the connection and loses the answer."""
        left = _LINGER_MAX
        with contextlib.suppress(OSError):  # gone, or silent for too long
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(_LINGER_S)
            while left > 0 and (part := self.socket.recv(65536)):
                left -= len(part)


class Listener(wsgi.Server):
    """A WSGI server on one address. ``prepare`` binds, ``serve`` runs until ``stop`` is called by another thread."""

    ConnectionClass = _Connection
    max_request_header_size = _HEADERS_MAX
    max_request_body_size = _BODY_MAX
    keep_alive_conn_limit = _QUIET_MAX
    expiration_interval = 0.25  # seconds; also the longest wait before a stop begins
    _connections: Any  # cheroot's; its stubs leave it out

    def __init__(self, app: WSGIApplication, settings: Server) -> None:
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
        self._threads_max = settings.threads
        self._request_timeout_s = settings.request_timeout_s
        self._busy: dict[_Connection, float] = {}  # connection → when a thread began to serve it
        self._busy_lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens, with the real port."""
        host, port = self.bind_addr
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @contextlib.contextmanager
    def serving(self, connection: _Connection) -> Any:
        """Count the connection as busy."""
        with self._busy_lock:
            self._busy[connection] = time.monotonic()
        try:
            yield
        finally:
            with self._busy_lock:
                del self._busy[connection]

    def cut_slow_clients(self) -> None:
        """Free the threads that wait for a client which sends too slowly. Called about once a second."""
        limit = time.monotonic() - self._request_timeout_s
        with self._busy_lock:
            late = [c for c, since in self._busy.items() if since < limit and not c.is_late]
        for connection in late:
            connection.cut()

    def is_stuck(self) -> bool:
        """True when every thread has been busy for so long that nobody is being answered."""
        limit = time.monotonic() - _STUCK_S
        with self._busy_lock:
            return len(self._busy) >= self._threads_max and all(since < limit for since in self._busy.values())

    def process_conn(self, conn: _Connection) -> None:
        """Give a thread to a connection that has something to say; a new one waits until then.

        Cheroot gives it one at once, so that as many silent connections as threads stop every gate.
        """
        if conn.last_used is not None:
            super().process_conn(conn)
        elif self.can_add_keepalive_connection:
            conn.socket.settimeout(self._request_timeout_s)
            self._connections.put(conn)
        else:
            conn.close()

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Cheroot's own words, into our log."""
        _log.log(level, msg, exc_info=traceback)
