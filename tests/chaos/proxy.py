"""The bad network: a TCP proxy between gates and server that does to requests what networks do, and counts it."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

LOCAL = "127.0.0.1"
_SERVER_WITHIN_S = 10.0  # a server that was just killed refuses at once; this is for one that is stopped
_QUIET_S = 120.0  # a kept connection on which nobody asks any more
_LOOK_S = 0.05
_LARGEST = 1 << 20  # bytes of one message; real ones are below 3 KiB


class Fault(StrEnum):
    """What happens to one request."""

    NONE = "none"
    DELAY = "delay"  # 0.1 to 3 s, there or back; the server acts also when nobody waits any more
    DROP_BEFORE = "drop_before"  # the connection closes, the server hears nothing
    DROP_AFTER = "drop_after"  # the server has acted, its answer is lost
    LATE = "late"  # the connection closes, the request arrives 1 to 8 s later
    RESET = "reset"  # the connection is reset, before the server acted or after
    HALF = "half"  # half an answer, then the end
    GARBAGE = "garbage"  # bytes that are no HTTP
    PAGE = "page"  # 200 and HTML, as captive portals answer
    REDIRECT = "redirect"  # 302 to a login page, from somebody who passes nothing on
    BAD_GATEWAY = "bad_gateway"  # 502 and HTML
    TWICE = "twice"  # the server gets the request twice at once


_ALL = tuple(fault for fault in Fault if fault is not Fault.NONE)
_INSTEAD = {  # of the server's answer
    Fault.PAGE: b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 22\r\n\r\n<html>Wi-Fi!</html>\r\n",
    Fault.REDIRECT: b"HTTP/1.1 302 Found\r\nLocation: http://login.invalid/\r\nContent-Length: 0\r\n\r\n",
    Fault.BAD_GATEWAY: b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nBad gateway",
}
_KEEPS_OPEN = (Fault.NONE, Fault.DELAY, Fault.TWICE, *_INSTEAD)


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad the network is: ``rate`` of the requests meet one of ``faults``; in an outage nobody connects."""

    name: str
    rate: float
    faults: tuple[Fault, ...] = _ALL
    is_outage: bool = False


FAIR = Weather("fair", 0.0)
BREEZE = Weather("breeze", 0.15)
RAIN = Weather("rain", 0.5)
STORM = Weather("storm", 0.95)
LOST_ANSWERS = Weather("lost answers", 0.97, (Fault.DROP_AFTER, Fault.RESET, Fault.HALF))
LATECOMERS = Weather("latecomers", 0.97, (Fault.LATE, Fault.DELAY, Fault.TWICE))
PORTAL = Weather("captive portal", 1.0, tuple(_INSTEAD))
OUTAGE = Weather("outage", 1.0, is_outage=True)
WEATHERS = (BREEZE, RAIN, RAIN, STORM, STORM, LOST_ANSWERS, LOST_ANSWERS, LATECOMERS, PORTAL, OUTAGE)


class Proxy:
    """Listens on ``port`` and passes requests to the server's port, as the weather allows. Close it at the end."""

    def __init__(self, server_port: int, seed: str) -> None:
        self.weather = FAIR
        self.counts: Counter[str] = Counter()
        self._server_port = server_port
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closing = threading.Event()
        # Holds the port without listening, so that connections are refused in an outage, and nobody else takes it.
        self._holder = _bound(0)
        self.port = int(self._holder.getsockname()[1])
        threading.Thread(target=self._listen, name="proxy", daemon=True).start()

    def close(self) -> None:
        """No more connections; those that are open end."""
        self._closing.set()
        self._hang_up()
        self._holder.close()

    def _listen(self) -> None:
        while not self._closing.is_set():
            if self.weather.is_outage:
                self._closing.wait(_LOOK_S)
                continue
            with contextlib.closing(_bound(self.port)) as listener:
                listener.listen(64)
                listener.settimeout(_LOOK_S)
                while not (self._closing.is_set() or self.weather.is_outage):
                    with contextlib.suppress(TimeoutError):
                        client, _ = listener.accept()
                        threading.Thread(target=self._serve, args=(client,), daemon=True).start()
            self.counts["outages"] += self.weather.is_outage
            self._hang_up()

    def _hang_up(self) -> None:
        with self._lock:
            for client in self._open:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self._open.add(client)
        try:
            client.settimeout(_QUIET_S)
            while request := _message(client):
                if not self._pass_on(client, request):
                    return
        except OSError:
            return  # the client has given up, as clients do
        finally:
            with self._lock:
                self._open.discard(client)
            client.close()

    def _pass_on(self, client: socket.socket, request: bytes) -> bool:
        """One request with its fault; False when the connection ends with it."""
        weather = self.weather
        with self._lock:
            dice = random.Random(self._random.random())
            fault = dice.choice(weather.faults) if dice.random() < weather.rate else Fault.NONE
            self.counts[fault] += 1
            self.counts["requests"] += 1
        answer = self._answer(fault, request, dice)
        if fault is Fault.RESET:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(answer)
        return bool(answer) and fault in _KEEPS_OPEN

    def _answer(self, fault: Fault, request: bytes, dice: random.Random) -> bytes:
        """What the client is sent; ``b""``: nothing. Takes as long as the fault says."""
        match fault:
            case Fault.NONE:
                return self._ask(request)
            case Fault.DELAY:
                there, back = dice.choice([(1, 0), (0, 1)])
                seconds = dice.uniform(0.1, dice.choice([0.5, 3.0]))
                time.sleep(there * seconds)
                answer = self._ask(request)
                time.sleep(back * seconds)
                return answer
            case Fault.TWICE:
                again = threading.Thread(target=self._ask, args=(request,), daemon=True)
                again.start()
                answer = self._ask(request)
                again.join()
                return answer
            case Fault.LATE:
                threading.Thread(target=self._ask, args=(request, dice.uniform(1, 8)), daemon=True).start()
                return b""
        surely, never = (Fault.DROP_AFTER, Fault.HALF), (Fault.DROP_BEFORE, Fault.REDIRECT)
        acts = fault in surely or (fault not in never and dice.random() < 0.5)
        answer = self._ask(request) if acts else b""
        if fault is Fault.HALF:
            return answer[: dice.randrange(1, len(answer))] if answer else b""
        return dice.randbytes(dice.randrange(1, 400)) if fault is Fault.GARBAGE else _INSTEAD.get(fault, b"")

    def _ask(self, request: bytes, after_s: float = 0.0) -> bytes:
        """The server's whole answer; ``b""`` when there is no server."""
        time.sleep(after_s)
        try:
            with socket.create_connection((LOCAL, self._server_port), _SERVER_WITHIN_S) as server:
                server.sendall(request)
                return _message(server)
        except OSError:
            self.counts["server away"] += 1
            return b""


def _bound(port: int) -> socket.socket:
    it = socket.socket()
    it.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    it.bind((LOCAL, port))
    return it


def _message(source: socket.socket) -> bytes:
    """One HTTP message that says its length, whole; ``b""`` when the other side ended before that."""
    message = b""
    while len(message) < _LARGEST:
        head, end, body = message.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            return message
        more = source.recv(65536)
        if not more:
            return b""
        message += more
    return b""


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0
