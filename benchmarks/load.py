"""A crowd of gates: keep-alive clients on raw sockets, as cheap as clients can be. Shared by the server benches."""

from __future__ import annotations

import socket
import threading
import time
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
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(timeout_s)
        self._socket.sendall(raw)
        answer = bytearray()
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        head, _, body = bytes(answer).partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._receive()
        if b"connection: close" in head.lower():
            self.close()
        return body

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
    """All requests, shared out to ``gates`` clients at once: seconds it took, seconds of each, answers."""
    start = threading.Barrier(gates + 1)
    times: list[float] = []
    answers: list[bytes] = []
    failures: list[Exception] = []

    def work(mine: Sequence[bytes]) -> None:
        gate = Gate(port)
        start.wait()
        try:
            for raw in mine:
                began = time.perf_counter()
                answers.append(gate.ask(raw))
                times.append(time.perf_counter() - began)
        except OSError as error:
            failures.append(error)
        finally:
            gate.close()

    threads = [threading.Thread(target=work, args=(requests[n::gates],)) for n in range(gates)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - began, times, answers
