"""What a client has sent so far: gathered without waiting, read by a thread once a request is whole."""

from __future__ import annotations

import os
import re
import socket

HEADERS_MAX = 16 * 1024  # bytes; an Api-Key header and a pairing path need 500
PART = 64 * 1024  # bytes taken at once; a body is waited for up to this, the scan API refuses it from 16 KiB on
_BLANKS = rb"[ \t\x0b\x0c]*"  # what cheroot takes for such
_WAITS = re.compile(rb"\r\n(?:transfer-encoding|expect)%b:" % _BLANKS, re.IGNORECASE)  # what is read only by waiting
_LENGTH = re.compile(rb"\r\ncontent-length%b:%b(\d{1,9})%b\r\n" % (_BLANKS, _BLANKS, _BLANKS), re.IGNORECASE)


class Inbox:
    """The reading side of one connection, as cheroot wants it (``rfile``). The socket has a timeout."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._bytes = bytearray()
        self.is_hurried = False  # nothing may wait for this client: what is not here never comes
        self.closed = False
        self.awaited = 0  # bytes that came while a thread waited for them; a request sets it to 0

    def __len__(self) -> int:
        return len(self._bytes)

    @property
    def awaits_more(self) -> bool:
        """True when the client has begun something that it has not ended."""
        return bool(self._bytes)

    def gather(self) -> bool:
        """Take what has arrived, without waiting; False when the client is gone or has ended its side."""
        try:
            part = os.read(self._socket.fileno(), PART)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._bytes += part
        return bool(part)

    def say_goodbye(self) -> None:
        """Nothing to say: an end of TCP is an end."""

    def forget(self) -> None:
        """Drop what was gathered."""
        self._bytes.clear()

    def holds_request(self) -> bool:
        """True when a thread can serve, or refuse, what is here without waiting for this client."""
        end = self._bytes.find(b"\r\n\r\n", 0, HEADERS_MAX)
        if end < 0:
            return len(self._bytes) > HEADERS_MAX
        length = _LENGTH.search(self._bytes, 0, end + 2)
        return len(self._bytes) - end - 4 >= (min(int(length[1]), PART) if length else 0)

    def lines_of_head(self) -> int:
        """How many lines the headers have that are here."""
        end = self._bytes.find(b"\r\n\r\n", 0, HEADERS_MAX)
        return self._bytes.count(b"\n", 0, end if end >= 0 else HEADERS_MAX)

    def holds_call(self, targets: frozenset[bytes]) -> bool:
        """True for a request to one of these (``POST /path``) that is here to its last byte, in the plainest form."""
        first = self._bytes.find(b" HTTP/1.", 0, HEADERS_MAX)
        if first < 0 or bytes(self._bytes[:first]) not in targets:
            return False
        end = self._bytes.find(b"\r\n\r\n", 0, HEADERS_MAX)
        length = _LENGTH.search(self._bytes, 0, end + 2) if end >= 0 else None
        is_here = length is not None and len(self._bytes) - end - 4 >= int(length[1])
        return is_here and _WAITS.search(self._bytes, 0, end + 2) is None

    def readline(self, size: int | None = None) -> bytes:
        """One line with its end, at most ``size`` bytes; waits for what is missing. Raises OSError."""
        while (found := self._bytes.find(b"\n")) < 0 and (size is None or len(self._bytes) < size) and self._wait():
            pass
        wanted = found + 1 if found >= 0 else len(self._bytes)
        return self._take(wanted if size is None else min(wanted, size))

    def read(self, size: int) -> bytes:
        """This many bytes, fewer only when the client ended its side; waits for what is missing. Raises OSError."""
        while len(self._bytes) < size and self._wait():
            pass
        return self._take(size)

    def has_data(self) -> bool:
        """Never, for cheroot: the listener itself asks ``holds_request``."""
        return False

    def close(self) -> None:
        """Nothing is read any more."""
        self.closed = True

    def _wait(self) -> bool:
        if self.is_hurried:
            return False
        part = self._socket.recv(PART)
        self._bytes += part
        self.awaited += len(part)
        return bool(part)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._bytes[:size])
        del self._bytes[:size]
        return taken
