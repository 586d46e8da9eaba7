"""The tech page over TLS: for the local network, for one browser that had the code, few readers, none for long.

Strangers get the page that asks for the code, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import ifaddr
from pydantic import BaseModel, ConfigDict, ValidationError

from kiosk.screen.words import Language
from kiosk.serving import Answering, Listener
from kiosk.settings import SettingsError
from kiosk.tech.channel import Press
from kiosk.tech.desk import Desk
from kiosk.tech.door import Refused
from kiosk.tech.form import Mistakes
from kiosk.tech.words import in_words

_PAGE = Path(__file__).with_name("page")
_FILES = {"/tech.css": "text/css", **dict.fromkeys(("/enter.js", "/tech.js", "/form.js"), "text/javascript")}
_COOKIE = "__Host-portillon-tech"
_BODY_MAX = 8192  # bytes
_WITHIN_S = 10.0  # from the connection to the end of the answer; but for a stream, and doctor
_EACH = 8  # connections of one address: a browser makes six


class _Code(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: str


class _Press(BaseModel):
    model_config = ConfigDict(extra="forbid")
    what: Press


class _Changes(BaseModel):
    model_config = ConfigDict(extra="forbid")
    changes: dict[str, str]


class Stand(Listener):
    """Listens as soon as it is made, answers after ``start``. ``entered``: told when the code was used."""

    readers = 16

    def __init__(self, port: int, context: ssl.SSLContext, desk: Desk, entered: Callable[[], object]) -> None:
        """``port`` 0: any free one. Raises OSError when it is taken."""
        super().__init__(("0.0.0.0", port), _Handler, "tech page")  # noqa: S104  (that is what it is for)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.desk = desk
        self.entered = entered
        self.names = own_names()
        self._ends: dict[socket.socket, tuple[str, float]] = {}  # by connection: whose, and until when
        self._lock = threading.Lock()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Only this machine and private addresses, and not too many of one."""
        peer = ip_address(client_address[0])
        with self._lock:
            has = Counter(who for who, _ in self._ends.values())[client_address[0]]
            if not (peer.is_private or peer.is_loopback or peer.is_link_local) or has >= _EACH:
                return False
            self._ends[request] = client_address[0], time.monotonic() + _WITHIN_S
        return True

    def service_actions(self) -> None:
        """Twice a second: whoever is slower than that is cut off, whatever they do meanwhile."""
        now = time.monotonic()
        with self._lock:
            late = [connection for connection, (_, end) in self._ends.items() if now > end]
        for connection in late:
            with contextlib.suppress(OSError):  # below TLS, whose state is its thread's
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def shutdown_request(self, request: Any) -> None:
        """It is over with this one."""
        with self._lock:
            self._ends.pop(request, None)
        super().shutdown_request(request)

    def may_stay(self, connection: socket.socket, seconds: float) -> None:
        """An answer that takes longer, to the browser that was let in."""
        with self._lock:
            if connection in self._ends:
                self._ends[connection] = self._ends[connection][0], time.monotonic() + seconds

    def stop_listening(self) -> None:
        """No new connection; those there are may end by themselves."""
        self.close()


class _Handler(Answering):
    server: Stand
    policy = (
        "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

    def do_GET(self) -> None:  # noqa: N802  (http.server's name)
        """The page that asks, or the one that shows."""
        path, _, asked = self.path.partition("?")
        if not self._is_to_us():
            self.send_error(403)
        elif path == "/":
            name = "tech.html" if self._is_known() else "enter.html"
            self.answer("text/html", in_words((_PAGE / name).read_text("utf-8"), self._language(asked)).encode())
        elif path in _FILES:
            self.answer(_FILES[path], (_PAGE / path[1:]).read_bytes())
        elif not self._is_known():
            self.send_error(403)
        elif path == "/live":
            self.server.may_stay(self.connection, self.server.desk.start.lasts_s)
            self.stream(self.server.desk.events())
        elif path == "/settings":
            self._json(*self._settings())
        else:
            self.send_error(404)

    def do_POST(self) -> None:  # noqa: N802  (http.server's name)
        """JSON, of our own page: another site's can neither send this kind of body nor this origin."""
        length = self.headers.get("Content-Length", "")
        is_ours = self._is_to_us() and self.headers.get("Origin") == f"https://{self.headers.get('Host')}"
        is_json = self.headers.get("Content-Type") == "application/json"
        if not (is_ours and is_json and length.isdecimal() and int(length) <= _BODY_MAX):
            self.send_error(403)
            return
        body = self.rfile.read(int(length))
        try:
            if self.path == "/enter":
                self._enter(_Code.model_validate_json(body).code)
            elif not self._is_known():
                self.send_error(403)
            else:
                self._act(body)
        except ValidationError:
            self.send_error(400)

    def _act(self, body: bytes) -> None:
        desk = self.server.desk
        if self.path == "/press":
            self._json(desk.press(_Press.model_validate_json(body).what))
        elif self.path == "/doctor":
            self.server.may_stay(self.connection, 150.0)
            self._json(desk.doctor())
        elif self.path == "/settings":
            self._json(*self._changed(_Changes.model_validate_json(body).changes))
        elif self.path == "/close":
            desk.close()
            self._json("closed")
        else:
            self.send_error(404)

    def _enter(self, code: str) -> None:
        try:
            session = self.server.desk.door.enter(code, time.monotonic())
        except Refused as refused:
            self._json({"why": refused.why}, 403)
            return
        self.server.entered()
        cookie = f"{_COOKIE}={session}; Path=/; Secure; HttpOnly; SameSite=Strict"
        self.answer("application/json", b"null", Set_Cookie=cookie)

    def _settings(self) -> tuple[Any, int]:
        try:
            return self.server.desk.settings(), 200
        except SettingsError as error:
            return {"mistakes": {"": error.mistakes}}, 409

    def _changed(self, changes: dict[str, str]) -> tuple[Any, int]:
        try:
            return self.server.desk.change(changes), 200
        except Mistakes as error:
            return {"mistakes": error.by_key}, 409
        except OSError as error:
            return {"mistakes": {"": [str(error)]}}, 409

    def _json(self, content: Any, status: int = 200) -> None:
        self.answer("application/json", json.dumps(content).encode(), status)

    def _is_to_us(self) -> bool:
        """Not by a stranger's name that points here."""
        host, _, port = self.headers.get("Host", "").lower().rpartition(":")
        return host in {*self.server.names, self.connection.getsockname()[0]} and port == str(self.server.server_port)

    def _is_known(self) -> bool:
        try:
            session = SimpleCookie(self.headers.get("Cookie", "")).get(_COOKIE)
        except CookieError:
            return False
        return session is not None and self.server.desk.door.knows(session.value, time.monotonic())

    def _language(self, asked: str) -> Language:
        wished = asked.partition("lang=")[2] or self.headers.get("Accept-Language", "")
        return "fr" if wished.lower().startswith("fr") else "en"


def own_names() -> list[str]:
    """What browsers may call this machine by: its names on its network, in small letters, and its IPv4 addresses."""
    bare = socket.gethostname().partition(".")[0].lower()
    found = {"localhost", "127.0.0.1", *((bare, f"{bare}.local") if bare.isascii() and bare else ())}
    return sorted(found | {str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4})
