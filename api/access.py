"""The outermost layer around the application: who is asking, and one line of log for every request."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from api import log
from api.lane import ARRIVED, Answer, Together

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger("api.access")
Network = IPv4Network | IPv6Network
PATH = "portillon.path"  # in the environ: what may be logged of a path that no route takes
FORWARDED = "portillon.forwarded"  # in the environ: somebody who is no trusted proxy says to speak for another


class Access:
    """A WSGI application around another.

    ``REMOTE_ADDR`` becomes the client's address: the peer's own, or, when the peer is a trusted proxy, the last
    address of ``X-Forwarded-For`` that is no trusted proxy. From anybody else these headers are taken away:
    Bottle would believe them.
    """

    def __init__(self, app: WSGIApplication, trusted_proxies: Sequence[Network], write_lines: bool) -> None:
        self._app = app
        self._trusted = tuple(trusted_proxies)
        self._write_lines = write_lines

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        self._know_the_client(environ)
        if not self._write_lines:
            return self._app(environ, start_response)
        began, status = time.monotonic(), "500"

        def note(line: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, headers, *exc_info)

        try:
            return self._app(environ, note)
        finally:
            _write_line(environ, status, began)

    def around(self, together: Together) -> Together:
        """The same calls, with what is said of clients looked through and a line of log for each."""

        def answer(environs: Sequence[WSGIEnvironment]) -> list[Answer]:
            for environ in environs:
                self._know_the_client(environ)
            statuses = ["500"] * len(environs)  # what the lane says to each when no answer comes
            try:
                answers = together.answer(environs)
                statuses = [str(each.status) for each in answers]
            finally:
                if self._write_lines:
                    for environ, status in zip(environs, statuses, strict=True):
                        _write_line(environ, status, environ[ARRIVED])
            return answers

        return replace(together, answer=answer)

    def _know_the_client(self, environ: WSGIEnvironment) -> None:
        if not self._is_trusted(environ.get("REMOTE_ADDR", "")):
            for name in [n for n in environ if n.startswith("HTTP_X_FORWARDED_") or n == "HTTP_FORWARDED"]:
                del environ[name]
                environ[FORWARDED] = True
            return
        hops = [hop.strip() for hop in environ.pop("HTTP_X_FORWARDED_FOR", "").split(",")]
        for hop in reversed(hops):
            if not is_address(hop):
                return  # a proxy that passes rubbish on: its own address is all that is known
            environ["REMOTE_ADDR"] = hop
            if not self._is_trusted(hop):
                return

    def _is_trusted(self, address: str) -> bool:
        return is_within(address, self._trusted)


def _write_line(environ: WSGIEnvironment, status: str, began: float) -> None:
    _log.info(
        log.fields(
            method=environ["REQUEST_METHOD"],
            path=_told(environ),
            status=status,
            ms=f"{(time.monotonic() - began) * 1000:.1f}",
            client=environ.get("REMOTE_ADDR", ""),
        )
    )


def _told(environ: WSGIEnvironment) -> str:
    """The path without what callers put into it: the route's own, or the words of it that any route has."""
    route = environ.get("bottle.route")
    return str(route.rule if route is not None else environ.get(PATH, environ.get("PATH_INFO", "")))


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """True for an IP address in one of these networks."""
    return bool(networks) and is_address(address) and any(ip_address(address) in network for network in networks)


def is_address(text: str) -> bool:
    """True for an IP address, as text."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
