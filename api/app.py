"""The WSGI application: paths → calls or pages, exceptions → JSON. Logs hold no secret."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any

import bottle

from api import access
from api.admin import site
from api.admin.sessions import Sessions
from api.admin.visit import House
from api.answering import HEADERS, encode, told
from api.clock import Clock
from api.devices.pairing import DEFAULT_MAX_AGE_S, Pairing
from api.lane import Together
from api.operations.counters import RouteCounter
from api.operations.exposition import CONTENT_TYPE
from api.operations.monitoring import Monitoring
from api.operations.near import Readers
from api.operations.shelf import Shelf
from api.scan.endpoints import Call, Endpoints
from api.scan.errors import Refusal, error_body
from api.scan.words import Language
from api.scanning import Scanning
from api.store.store import Store
from api.tickets.importing.worker import Worker
from api.watch.outlook import Outlook
from api.watch.silence import PATIENCE, Patience
from api.watch.tally import Tally

_PREFIXES = {"/api/scan": False, "/scan": True}
_CODES = {400: Refusal.BAD_REQUEST, 404: Refusal.NOT_FOUND, 405: Refusal.METHOD_NOT_ALLOWED}
_RETRY_S = 10


class Application(bottle.Bottle):  # type: ignore[misc]  # bottle ships no types
    """Bottle, but its own error pages are JSON too; under /admin they are pages of ours."""

    house: House
    monitoring: Monitoring
    together: Together | None = None  # the calls that are cheaper together, where they are
    _words: frozenset[str] | None = None

    def default_error_handler(self, error: bottle.HTTPError) -> bytes | str:
        """What leads nowhere, in JSON or as a page."""
        status = int(error.status_code)
        self.monitoring.counters.stray(status)
        bottle.request.environ[access.PATH] = self._known_part(bottle.request.path)
        if bottle.request.path.startswith("/admin"):
            page = site.error_page(self.house, bottle.request.environ, status)
            for name, value in page.headerlist:
                bottle.response.set_header(name, value)
            return str(page.body)
        for name, value in HEADERS.items():
            bottle.response.set_header(name, value)
        allowed = error.get_header("Allow", "").split(",")
        if "GET" in allowed and "HEAD" not in allowed:  # bottle answers HEAD wherever it answers GET
            bottle.response.set_header("Allow", ", ".join(["GET", "HEAD", *(m for m in allowed if m != "GET")]))
        text = str(error.status_line).partition(" ")[2]
        return encode(error_body(_CODES.get(status, Refusal.SERVER_ERROR), text))

    def _known_part(self, path: str) -> str:
        """A path that leads nowhere, for the log: what is no word of any route may be a name, a key, a ticket."""
        if self._words is None:
            self._words = frozenset(word for route in self.routes for word in route.rule.split("/"))
        return "/".join(word if word in self._words else "***" for word in path.split("/"))


SHELF = Shelf(Path("/var/lib/portillon/backups"), 48 * 3600)


@dataclass(frozen=True, slots=True)
class Pages:
    """How the web pages behave: the zone of their times, where gates reach the server, how long one is signed in."""

    zone: tzinfo | None = None  # None: this machine's
    public_url: str = ""  # "": as the browser calls it
    idle_s: float = 12 * 3600
    longest_s: float = 7 * 24 * 3600
    pin: str = ""  # the fragment of pairing codes by which gates know this server's key
    shelf: Shelf = SHELF
    patience: Patience = PATIENCE  # until the door page calls a gate silent, and open doors idle
    clock: Clock = field(default_factory=Clock)  # by which doors open and close


DEFAULT_PAGES = Pages()
NEAR = Readers()


def make_app(
    store: Store,
    *,
    organisation: str | None = None,
    language: Language = "fr",
    pairing_max_age_s: float = DEFAULT_MAX_AGE_S,
    pages: Pages = DEFAULT_PAGES,
    readers: Readers = NEAR,
) -> Application:
    """The application on this store. Safe with any number of threads; it starts none and opens nothing.

    ``organisation`` names the tenant from now on; ``language`` is for callers who don't say theirs; a pairing token
    that does not say itself how long is good for ``pairing_max_age_s`` seconds; ``readers`` may read /metrics. Failures
    are counted by ``REMOTE_ADDR``: a server behind a trusted proxy puts the real address there.
    """
    if organisation is not None:
        store.rename_organisation(organisation)
    endpoints = Endpoints(store, Pairing(store, pairing_max_age_s), language, pages.clock, pages.zone)
    app = Application()
    app.config["json.enable"] = False  # answers are bytes already
    app.monitoring = Monitoring(store, readers, pages.shelf)
    counters = app.monitoring.counters
    scanning = Scanning(endpoints, counters)
    for prefix, deployed in _PREFIXES.items():
        _add_scans(app, scanning, prefix, deployed)
        for method, path, call in _routes(endpoints):
            counter = counters.route(method, f"{prefix}{path}/", "check" if path == "/check_ticket" else None)
            _add(app, method, f"{prefix}{path}", call, deployed, counter)
    _add(app, "GET", "/api/events", endpoints.events, False, counters.route("GET", "/api/events/"))
    if store.db.has_one_writer:
        app.together = scanning.together(store.rest)
    _add_monitoring(app, app.monitoring)
    app.house = _house(store, pages, language)
    site.add_to(app, app.house, counters)
    return app


def _house(store: Store, pages: Pages, language: Language) -> House:
    """What the web pages know of the server that they belong to."""
    return House(
        store=store,
        sessions=Sessions(store, pages.idle_s, pages.longest_s),
        organisation=store.organisation().name,
        language=language,
        zone=pages.zone,
        public_url=pages.public_url,
        pin=pages.pin,
        tally=Tally(store),
        outlook=Outlook(store, pages.patience),
        worker=Worker(store),
        shelf=pages.shelf,
        clock=pages.clock,
    )


def _routes(endpoints: Endpoints) -> list[tuple[str, str, Callable[..., Any]]]:
    return [
        ("GET", "/<token>/pair", endpoints.pair),
        ("HEAD", "/<token>/pair", endpoints.look_at_token),
        ("GET", "/test_api", endpoints.test_api),
        ("POST", "/check_ticket", endpoints.check_ticket),
        ("POST", "/annul", endpoints.annul),
        ("POST", "/heartbeat", endpoints.heartbeat),
        ("GET", "/openapi.json", endpoints.openapi),
        ("GET", "/check_api_scan", endpoints.check_api_scan),
        ("GET", "/check_allow_any", endpoints.check_allow_any),
        ("POST", "/list_tickets", endpoints.list_tickets),
        ("POST", "/search_ticket", endpoints.search_ticket),
    ]


def _add(
    app: bottle.Bottle, method: str, path: str, call: Callable[..., Any], deployed: bool, counter: RouteCounter
) -> None:
    """With and without the slash, both directly: a redirect would turn a POST into a GET."""
    is_judged = counter.action is not None

    def answer(**arguments: str) -> bottle.HTTPResponse:
        began = time.perf_counter()
        status, value, headers = told(path, lambda: call(Call(bottle.request.environ, deployed), **arguments))
        content = encode(value)
        counter.add(status, time.perf_counter() - began, value["code"] if is_judged else None)
        return bottle.HTTPResponse(content, status, headers)

    app.route([path, f"{path}/"], method, answer)


def _add_scans(app: bottle.Bottle, scanning: Scanning, prefix: str, deployed: bool) -> None:
    """Scans by bottle too: those that no lane takes."""

    def answer() -> bottle.HTTPResponse:
        (each,) = scanning.answer([bottle.request.environ])
        return bottle.HTTPResponse(each.body, each.status, each.headers)

    app.route(list(scanning.add(prefix, deployed)), "POST", answer)


def _add_monitoring(app: bottle.Bottle, monitoring: Monitoring) -> None:
    """What is asked of this process by those who run it; to who may not read the metrics, they are not there."""

    def healthz() -> bottle.HTTPResponse:
        status, value = monitoring.health()
        headers = HEADERS if status == 200 else HEADERS | {"Retry-After": str(_RETRY_S)}
        return bottle.HTTPResponse(encode(value), status, headers)

    def metrics() -> bottle.HTTPResponse:
        if not monitoring.readers.admit(bottle.request.environ):
            raise bottle.HTTPError(404)
        return bottle.HTTPResponse(monitoring.metrics(), 200, HEADERS | {"Content-Type": CONTENT_TYPE})

    app.route("/healthz", "GET", healthz)
    app.route("/metrics", "GET", metrics)
