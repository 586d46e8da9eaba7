"""What a client is sent: an answer's head waits for its body, so that both are one call of the kernel."""

from __future__ import annotations

import socket


class Outbox:
    """The writing side of one connection, as cheroot wants it (``wfile``). The socket has a timeout, for each part."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._is_head = False
        self._held = b""
        self.is_hurried = False  # nothing may wait for this client: who does not take it all at once gets an OSError
        self.closed = False

    def expect_head(self) -> None:
        """What is written next is a head: it is kept until more is written, or until ``flush``."""
        self._is_head = True

    def write(self, data: bytes) -> int:
        """Send this, after what was kept; all of it on return. Raises OSError, with the rest unsent."""
        if self._is_head:
            self._is_head, self._held = False, bytes(data)
        else:
            self._send(self._take() + data)
        return len(data)

    def flush(self) -> None:
        """The answer is over: send a head that no body came after. Raises OSError."""
        self._is_head = False
        if self._held:
            self._send(self._take())

    def close(self) -> None:
        """Nothing is written any more."""
        self.closed = True

    def _take(self) -> bytes:
        held, self._held = self._held, b""
        return held

    def _send(self, data: bytes) -> None:
        if self.is_hurried:
            self._send_at_once(data)
            return
        rest = memoryview(data)
        while rest:
            rest = rest[self._socket.send(rest) :]

    def _send_at_once(self, data: bytes) -> None:
        patience = self._socket.gettimeout()
        self._socket.settimeout(0)
        try:
            sent = self._socket.send(data)
        finally:
            self._socket.settimeout(patience)
        if sent < len(data):
            raise BlockingIOError("the client leaves its answers unread")
