"""What the pages of this house share: a thread for each reader and never too many, and answers that load nothing else.

Who is answered, and what, is each page's own.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

LOOPBACK = "127.0.0.1"
_WAITING = 8192  # bytes of events that may wait for a reader, besides what its own side takes in without reading

log = logging.getLogger(__name__)


class Listener(ThreadingHTTPServer):
    """Serves in threads; a reader beyond ``readers``, or whatever goes wrong with one, is that reader's trouble."""

    daemon_threads = True
    block_on_close = False
    readers: ClassVar[int] = 8  # a page needs one, and for a moment one for each of its files

    def __init__(self, address: tuple[str, int], handler: type[Answering], name: str) -> None:
        """Listen; OSError when the port is taken. ``name``: of the thread that ``start`` makes."""
        super().__init__(address, handler)
        self._room = threading.Semaphore(self.readers)
        self._thread = threading.Thread(target=self.serve_forever, name=name, daemon=True)

    def start(self) -> None:
        """Serve from now on, in a thread. RuntimeError when there can be none."""
        self._thread.start()

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
        """A reader that went away, or whatever it was."""
        log.debug("a reader was dropped", exc_info=True)


class Answering(BaseHTTPRequestHandler):
    """One answer. ``policy``: the Content-Security-Policy of its page."""

    server_version, sys_version = "portillon", ""
    timeout = 3.0  # seconds that a reader may keep its thread waiting, at either end
    policy: ClassVar[str]

    def begin(self, kind: str, status: int = 200, **more: str) -> None:
        """The answer's head. ``kind``: its media type; ``more``: headers, with _ for -."""
        self.send_response(status)
        is_text = kind.startswith("text/") or kind == "application/json"
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if is_text else kind)
        self.send_header("Content-Security-Policy", self.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def answer(self, kind: str, content: bytes, status: int = 200, **more: str) -> None:
        """The whole answer."""
        self.begin(kind, status, **more)
        self.wfile.write(content)

    def stream(self, events: Iterable[bytes]) -> None:
        """Each event as it comes, until they end or the browser is closed, or has not read for long."""
        self.begin("text/event-stream")
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _WAITING)
            for event in events:
                self.wfile.write(event)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (http.server's name)
        """Say nothing: a gate's log is for what happens at the gate, and a terminal is for the tech."""
