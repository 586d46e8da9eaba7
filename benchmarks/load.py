"""A crowd of gates: keep-alive clients on raw sockets, as cheap as clients can be. Shared by the server benches."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence

_TIMEOUT_S = 60.0


def request(path: str, key: str, body: bytes) -> bytes:
    """One POST with a gate's key, ready to send."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Api-Key {key}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body


class Gate:
    """One keep-alive connection; it connects anew when the server closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, raw: bytes, timeout_s: float = _TIMEOUT_S) -> bytes:
        """Send one request and read its whole answer. Raises OSError."""
        if self._socket is None:
            self._socket = _connect(self._port, timeout_s)
        self._socket.settimeout(timeout_s)
        self._socket.sendall(raw)
        answer = bytearray()
        while (whole := _body(answer)) is None:
            answer += self._receive()
        if b"connection: close" in bytes(answer).partition(b"\r\n\r\n")[0].lower():
            self.close()
        return whole

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _receive(self) -> bytes:
        part = self._socket.recv(65536) if self._socket else b""
        if not part:
            raise ConnectionError("the server hung up")
        return part


def crowd(port: int, requests: Sequence[bytes], gates: int) -> tuple[float, list[float], list[bytes]]:
    """All requests, from ``gates`` clients at once: seconds it took, seconds of each, answers.

    One thread plays them all, so that the crowd costs a fraction of the server: what is measured is the server. Each
    client has one request under way, and sends the next as soon as it is answered. Raises OSError.
    """
    rest = deque(requests)
    times: list[float] = []
    answers: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        clients = [_Client(_connect(port, _TIMEOUT_S)) for _ in range(min(gates, len(rest)))]
        began = time.perf_counter()
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.ask(rest.popleft())
        while len(answers) < len(requests):
            ready = selector.select(_TIMEOUT_S)
            if not ready:
                raise TimeoutError(f"no answer for {_TIMEOUT_S:.0f} s: {len(answers)} of {len(requests)} were given")
            for key, _ in ready:
                answer = key.data.hear()
                if answer is None:
                    continue
                times.append(time.perf_counter() - key.data.asked_at)
                answers.append(answer)
                if rest:
                    key.data.ask(rest.popleft())
        seconds = time.perf_counter() - began
        for client in clients:
            client.socket.close()
    return seconds, times, answers


class _Client:
    """One of a crowd."""

    __slots__ = ("_heard", "asked_at", "socket")

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.asked_at = 0.0
        self._heard = bytearray()

    def ask(self, raw: bytes) -> None:
        self.asked_at = time.perf_counter()
        self.socket.sendall(raw)

    def hear(self) -> bytes | None:
        """The answer's body once it is whole."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("the server hung up")
        self._heard += part
        body = _body(self._heard)
        if body is not None:
            self._heard.clear()
        return body


def _connect(port: int, timeout_s: float) -> socket.socket:
    connected = socket.create_connection(("127.0.0.1", port), timeout_s)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def _body(answer: bytearray) -> bytes | None:
    """The body of this answer, None while it is not whole."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = int(bytes(answer[:end]).lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    return bytes(answer[end + 4 :]) if len(answer) - end - 4 >= length else None
