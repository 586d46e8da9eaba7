"""What a client is sent: an answer's head waits for its body, so that both are one call of the kernel."""

from __future__ import annotations

import fcntl
import socket
import sys
import termios

# Bytes that the kernel keeps of answers for who does not read them: on an Ethernet it begins with 46 KB, and a thread
# would wait with the rest of a page. Linux gives twice what it is told, for its own part of it.
_KEPT = 192 * 1024
_UNREAD_MAX = 64 * 1024  # bytes of earlier answers, beside which the next one still fits


class Outbox:
    """The writing side of one connection, as cheroot wants it (``wfile``). The socket has a timeout, for each part."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._is_head = False
        self._held = b""
        self.is_hurried = False  # nothing may wait for this client: who does not take it all at once gets an OSError
        self.closed = False
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KEPT)

    def is_left_unread(self) -> bool:
        """True for a client that asks on and takes nothing: the next answer would be waited for. Raises OSError."""
        unread = fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, bytes(4))
        return int.from_bytes(unread, sys.byteorder) > _UNREAD_MAX

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
