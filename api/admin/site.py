"""The web site: every page's way in. Strangers are sent to sign in; a form that is not from here is refused."""

from __future__ import annotations

import contextlib
import logging
import time
import traceback
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

import bottle
import peewee

from api.admin import (
    admins,
    audit,
    backups,
    devices,
    door,
    events,
    forget,
    gate_page,
    home,
    imports,
    printing,
    signin,
    static,
    tickets,
    uploads,
)
from api.admin.once import Once
from api.admin.passwords import BusyError
from api.admin.sessions import COOKIE, is_token
from api.admin.visit import House, RefusedError, Route, Visit
from api.operations.counters import Counters, RouteCounter
from api.store.trouble import is_away
from api.tickets.events import NotPossibleError

_log = logging.getLogger(__name__)
SIGN_IN = "/admin/sign-in"
SECTIONS = (
    *(home, signin, door, events, forget, tickets, printing, imports),
    *(devices, gate_page, audit, admins, backups, static),
)
# Only what this server itself ships: no inline script or style, no frame around it, no form that leads elsewhere.
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
_POLICY += "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_YEAR_S = 365 * 24 * 3600


def routes() -> tuple[Route, ...]:
    """Every page there is."""
    return tuple(route for section in SECTIONS for route in section.ROUTES)


def add_to(app: bottle.Bottle, house: House, counters: Counters) -> None:
    """Put the pages on this application; its root leads to them."""
    once = Once()
    for route in routes():
        app.route(route.path, route.method, _page(house, route, once, counters.route(route.method, route.path)))
    for root in ("/", "/admin"):
        app.route(root, "ANY", lambda root=root: _root(root))


def _root(root: str) -> bottle.HTTPResponse:
    """On to the pages. Bottle drops what is no UTF-8 from a path: only the root itself is meant."""
    environ = bottle.request.environ
    if environ.get("bottle.raw_path", root) != root or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return bottle.HTTPError(404)
    return bottle.HTTPResponse("", 303, {"Location": "/admin/"})


def error_page(house: House, environ: Mapping[str, Any], status: int) -> bottle.HTTPResponse:
    """The page for an address that leads nowhere, or a request that is too large; the signed-in keep their bar."""
    visit = Visit(house, environ, None)
    if status < 500:
        with contextlib.suppress(peewee.DatabaseError, peewee.InterfaceError):
            visit.session = house.sessions.find(visit.cookie(COOKIE))
    key = f"error_{status}" if status in (404, 405, 413) else "error_400" if status < 500 else "error_500"
    return _dressed(visit, visit.refuse(key, status))


def _page(house: House, route: Route, once: Once, counter: RouteCounter) -> Any:
    def answer(**arguments: str) -> bottle.HTTPResponse:
        began = time.perf_counter()
        visit = Visit(house, bottle.request.environ, None)
        try:
            visit.session = house.sessions.find(visit.cookie(COOKIE))
            with house.uploads.room(uploads.announced(visit.environ)) as is_free:
                act = partial(route.handler, visit, **arguments)
                turned_away = _turned_away(visit, route, is_free)
                given = turned_away or (once.answer(visit, act) if route.acts_once else act())
        except RefusedError as error:
            given = visit.refusal(error.sentence, error.status)
        except BusyError:
            given = visit.refuse("error_sign_in_busy", 503)
        except NotPossibleError as error:
            given = visit.refusal(visit.told(error))
        except bottle.HTTPError as error:  # a form that is larger than any of ours
            given = visit.refuse("error_413" if error.status_code == 413 else "error_400", error.status_code)
        except Exception as error:  # whatever went wrong, a person is told so on a page
            frames = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s %s failed with %s\n%s", route.method, route.path, type(error).__name__, frames)
            given = visit.refuse("error_database", 503) if is_away(error) else visit.refuse("error_500", 500)
        counter.add(given.status_code, time.perf_counter() - began)
        return _dressed(visit, given)

    return answer


def _turned_away(visit: Visit, route: Route, is_free: bool) -> bottle.HTTPResponse | None:
    """The answer to who may not have this page, None for all others. A stranger's body is not read."""
    if visit.session is None and not route.is_open:
        if route.method == "POST":
            return visit.refuse("error_signed_out", 403)
        query = str(visit.environ.get("QUERY_STRING", ""))
        here = visit.path + (f"?{query}" if query else "")
        return bottle.HTTPResponse("", 303, {"Location": f"{SIGN_IN}?next={quote(here, safe='')}"})
    if uploads.announced(visit.environ) > (uploads.LARGEST if route.takes_files else uploads.SMALL):
        return visit.refuse("error_413", 413)
    if not is_free:
        return visit.refuse("error_upload_busy", 503)
    if route.method == "POST" and not _is_from_here(visit, route):
        return visit.refuse("error_foreign", 403)
    return None


def _is_from_here(visit: Visit, route: Route) -> bool:
    """True when the form that was sent is one of this site's own: by its origin, and by the session's token."""
    origin = str(visit.environ.get("HTTP_ORIGIN") or visit.environ.get("HTTP_REFERER") or "")
    try:
        if origin and urlsplit(origin).netloc != visit.environ.get("HTTP_HOST"):
            return False
    except ValueError:  # no address at all
        return False
    return route.is_open or visit.session is None or is_token(visit.session, str(visit.form.get("csrf", "")))


def _dressed(visit: Visit, answer: bottle.HTTPResponse) -> bottle.HTTPResponse:
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "no-store")
    if answer.status_code == 503:
        answer.headers.setdefault("Retry-After", "10")
    if visit.is_https:
        answer.headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_S}")
    return answer
