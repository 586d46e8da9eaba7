"""Serves the guest page and its stream, to this machine only: GET, a few readers, and a slow one is dropped."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kiosk.guest.board import Board
from kiosk.guest.branding import Logo

LOOPBACK = "127.0.0.1"
READERS = 8  # a page needs one, and for a moment one for each of its files
PAGE = Path(__file__).with_name("page")
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# Nothing of another address is loaded and no script but ours runs. A page of this machine may frame it (make play).
_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors http://127.0.0.1:* http://localhost:*"
)

log = logging.getLogger(__name__)


class Stand(ThreadingHTTPServer):
    """The page at ``/``, its files beside it, and what the gate says at ``/live``."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, board: Board, logo: Logo | None) -> None:
        """Listen on ``port`` of loopback (0: any free one); OSError when it is taken."""
        super().__init__((LOOPBACK, port), _Handler)
        self.board = board
        self.files = {f"/{file.name}": (_KINDS[file.suffix], file.read_bytes()) for file in _files()}
        self.files["/"] = self.files["/index.html"]
        if logo is not None:
            self.files["/logo"] = (logo.kind, logo.content)
        self._room = threading.Semaphore(READERS)
        self._thread = threading.Thread(target=self.serve_forever, name="guest screen", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    @property
    def names(self) -> set[str]:
        """How a browser of this machine calls us; another name that points here is a stranger's page."""
        return {f"{host}:{self.server_port}" for host in (LOOPBACK, "localhost")}

    def is_alive(self) -> bool:
        """False when its thread has ended."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop listening. Waits half a second at most."""
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for this reader, or none at all when there are enough."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be started
            self._room.release()
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """In the thread of this reader."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  (socketserver's names)
        """A reader that went away, or whatever it was: this reader's trouble alone."""
        log.debug("a reader of the guest screen was dropped", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: Stand
    server_version, sys_version = "portillon", ""
    timeout = 3.0  # seconds that a reader may keep its thread waiting, at either end

    def do_GET(self) -> None:
        """Answer; only to those who know this machine as itself."""
        origin = self.headers.get("Origin")
        is_ours = origin is None or origin.partition("://")[2] in self.server.names
        if self.headers.get("Host", "") not in self.server.names or not is_ours:
            self.send_error(403)
        elif self.path == "/live":
            self._begin("text/event-stream")
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError):  # the browser was closed, or does not read
                for event in self.server.board.events():
                    self.wfile.write(event)
        elif (found := self.server.files.get(self.path)) is not None:
            self._begin(found[0])
            self.wfile.write(found[1])
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (http.server's name)
        """Say nothing: a gate's log is for what happens at the gate."""

    def _begin(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind if kind.startswith("image/") else f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()


def _files() -> list[Path]:
    return [file for file in PAGE.iterdir() if file.suffix in _KINDS]
