"""One client's connection: gathering a request, being served by a thread or in the lane, leaving. Refusals are JSON."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from cheroot.makefile import MakeFile
from cheroot.server import HeaderReader, HTTPConnection, HTTPRequest, KnownLengthRFile

from api.inbox import PART, Inbox
from api.lane import Answer
from api.outbox import Outbox
from api.scan.bodies import LIMIT
from api.tls.wire import TlsInbox

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from api.listener import Listener

_log = logging.getLogger("api.http")
_LINES_MAX = 100  # of a head; a gate sends under ten, browsers behind proxies under fifty
_BODY_MAX = 1024 * 1024  # bytes; up to here the scan API itself refuses it, in the caller's words


class _Headers(HeaderReader):
    """Drops names with an underscore: X_Forwarded_For and X-Forwarded-For are one name in WSGI.

    Cheroot's own DropUnderscoreHeaderReader raises TypeError: it looks for a str in bytes.
    """

    def _allow_header(self, key_name: bytes) -> bool:
        return b"_" not in key_name

    def __call__(self, rfile: Any, hdict: Any = None) -> Any:
        """Read them. Raises ValueError for what are none."""
        try:
            return super().__call__(rfile, hdict)
        except UnboundLocalError as error:  # cheroot's, where the first header goes on a line that is not there
            raise ValueError("The first header begins with a blank") from error


class _Request(HTTPRequest):
    """One request; what cheroot itself refuses is answered as the scan API answers."""

    header_reader = _Headers()

    def parse_request(self) -> None:
        """Read the head, all of which is here, or never comes: nobody waits for it.

        One of very many lines is refused unread: 2,650 in 16 KiB took 230 times a scan's reading.
        """
        was_hurried, self.conn.rfile.is_hurried = self.conn.rfile.is_hurried, True
        try:
            self._parse_request()
        finally:
            self.conn.rfile.is_hurried = was_hurried

    def _parse_request(self) -> None:
        if self.conn.rfile.lines_of_head() > _LINES_MAX:
            self.simple_response(
                "431 Request Header Fields Too Large", "The request has more headers than any call takes"
            )
        else:
            super().parse_request()

    def read_request_headers(self) -> bool:
        """Read them; a length that is no plain number is refused (cheroot takes -1 for "until the end").

        So is one that the listener did not wait for, having read another in this head: a thread would.
        """
        if not super().read_request_headers():  # type: ignore[no-untyped-call]
            return False
        length = self.inheaders.get(b"Content-Length", b"0")
        if not length.isdigit():
            self.simple_response("400 Bad Request", "Malformed Content-Length header")
            return False
        is_short = len(self.conn.rfile) < int(length) <= PART and not self.chunked_read
        is_page = bytes(self.path).startswith(b"/admin/")
        if int(length) > (LIMIT if is_short else _BODY_MAX) and not is_page:
            self.simple_response("413 Request Entity Too Large", "The request is larger than any call takes")
            return False
        if is_short:
            self.simple_response("400 Bad Request", "The body is shorter than its Content-Length")
        return not is_short

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


class Connection(HTTPConnection):
    """One connection: gathering a request, being served by a thread, or leaving (its bytes are dropped)."""

    RequestHandlerClass = _Request
    is_late = False  # its time to send is over
    is_leaving = False  # answered for the last time; closing at once would reset it and lose the answer

    def __init__(self, server: Listener, sock: socket.socket, makefile: Any = MakeFile) -> None:
        super().__init__(server, sock, makefile)
        self.rfile = TlsInbox(sock) if isinstance(sock, ssl.SSLSocket) else Inbox(sock)
        self.wfile = Outbox(sock)

    def communicate(self) -> bool:
        """Serve one request; True: the connection stays for a while. Who leaves answers unread is hung up on."""
        keep = False
        with self.server.serving(self), contextlib.suppress(OSError):  # the client is gone: reading will find out
            if not self.wfile.is_left_unread():
                keep = bool(super().communicate())  # type: ignore[no-untyped-call]
                self.wfile.flush()
        return self._stays(keep)

    def hear(self) -> WSGIEnvironment | None:
        """In the lane: the request, which is here; None when it was refused, and that is over."""
        self.rfile.is_hurried = self.wfile.is_hurried = True
        self._request = request = _Request(self.server, self)
        try:
            request.parse_request()
            if request.ready:
                length = int(request.inheaders.get(b"Content-Length", 0))
                request.rfile = KnownLengthRFile(self.rfile, length)
                self._gateway = self.server.gateway(request)
                return cast("WSGIEnvironment", self._gateway.env)
        except Exception:
            _log.exception("a request could not be read")
            request.simple_response("500 Internal Server Error")
        self._go_on(keep=False)
        return None

    def tell(self, answer: Answer | None) -> None:
        """In the lane: send it. Who does not take it now, while it has left earlier answers unread, is hung up on."""
        keep = False
        try:
            if answer is None:
                self._request.simple_response("500 Internal Server Error")
            else:
                status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
                length = ("Content-Length", str(len(answer.body)))
                self._gateway.start_response(status, [*answer.headers.items(), length])
                self._gateway.write(answer.body)
                self.wfile.flush()
                keep = not self._request.close_connection
        except OSError:  # gone, or takes nothing
            pass
        except Exception:
            _log.exception("an answer could not be sent")
        self._go_on(keep)

    def cut(self) -> None:
        """Stop listening to this client; an answer under way still goes out."""
        self.is_late = True
        _shut(self.socket, socket.SHUT_RD)

    def close(self) -> None:
        """Hang up."""
        self.server.is_over(self)
        self.rfile.say_goodbye()
        super().close()

    def _go_on(self, keep: bool) -> None:
        """Out of the lane."""
        self.rfile.is_hurried = self.wfile.is_hurried = False
        self.server.put_conn(self) if self._stays(keep) else self.close()

    def _stays(self, keep: bool) -> bool:
        """Whether the connection stays for a while: also when it is leaving."""
        if not self.is_leaving:
            return keep
        self.rfile.say_goodbye()
        _shut(self.socket, socket.SHUT_WR)
        return True


def _shut(connection: socket.socket, side: int) -> None:
    """End one side of TCP. SSLSocket's own ``shutdown`` would drop the encryption, and what follows goes out bare."""
    with contextlib.suppress(OSError):  # gone already
        socket.socket.shutdown(connection, side)
