"""One request for a page: who asks, in which language, what was sent; and how it is answered."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from importlib import resources
from typing import Any, Literal
from urllib.parse import quote, urlencode
from uuid import UUID

import bottle

from api.admin import refusals, words
from api.admin.sessions import Admin, Session, Sessions
from api.admin.uploads import Request, Uploads, as_text
from api.clock import Clock
from api.devices.limiter import Limiter
from api.operations.shelf import Shelf
from api.scan.words import Language, language_of
from api.store import acts
from api.store.models import Event
from api.store.store import Store
from api.tickets.events import NotPossibleError, find_event
from api.tickets.importing.worker import Worker
from api.watch.outlook import Outlook
from api.watch.tally import Tally

_TEMPLATES = str(resources.files("api.admin").joinpath("templates"))
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_SECTIONS = (
    ("/admin/", "home"),
    ("/admin/door", "door"),
    ("/admin/events", "events"),
    ("/admin/tickets", "tickets"),
    ("/admin/devices", "devices"),
    ("/admin/audit", "audit"),
    ("/admin/admins", "admins"),
)


@dataclass(frozen=True, slots=True)
class House:
    """What every page knows of the server that it belongs to. ``public_url`` "": as the browser calls it.

    ``by_address`` and ``by_name`` count failed sign-ins: of one address, and of one name from anywhere.
    """

    store: Store
    sessions: Sessions
    organisation: str
    language: Language
    zone: tzinfo | None  # None: this machine's
    public_url: str
    tally: Tally
    outlook: Outlook
    worker: Worker  # goes on with imports
    shelf: Shelf
    clock: Clock
    pin: str = ""  # the fragment of pairing codes by which gates know this server's key, "" without
    by_address: Limiter = field(default_factory=Limiter)
    by_name: Limiter = field(default_factory=Limiter)
    uploads: Uploads = field(default_factory=Uploads)


class RefusedError(Exception):
    """What was asked can't be done; ``sentence`` says so to a person."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class Visit:
    """One request. ``session`` is None on the few pages that are open to everybody."""

    def __init__(self, house: House, environ: Mapping[str, Any], session: Session | None) -> None:
        self.house = house
        self.store = house.store
        self.organisation = house.organisation
        self.session = session
        self.environ = environ
        self._request = Request(environ)
        self._number = secrets.token_urlsafe(12)

    @property
    def admin(self) -> Admin:
        """Who is signed in. Only on pages that ask for it."""
        if self.session is None:
            raise RuntimeError("this page is open to everybody")
        return self.session.admin

    @property
    def language(self) -> Language:
        """The admin's own, else what the browser likes best, else the organisation's."""
        if self.session is not None:
            return self.session.admin.language
        return language_of(str(self.environ.get("HTTP_ACCEPT_LANGUAGE", "")), self.house.language)

    @property
    def form(self) -> Any:
        """The fields of a POST, as text."""
        return as_text(self._request.forms)

    @property
    def files(self) -> Any:
        """The files of a POST, by field."""
        return self._request.files

    @property
    def query(self) -> Any:
        """What follows the question mark, as text."""
        return as_text(self._request.query)

    @property
    def path(self) -> str:
        """The path of this page."""
        return str(self.environ.get("PATH_INFO", ""))

    @property
    def address(self) -> str:
        """Where the request came from."""
        return str(self.environ.get("REMOTE_ADDR", ""))

    @property
    def is_https(self) -> bool:
        """True when the browser's own connection is encrypted, here or at a trusted proxy (see api/access.py)."""
        told = str(self.environ.get("HTTP_X_FORWARDED_PROTO", "")).rpartition(",")[2].strip()
        return (told or self.environ.get("wsgi.url_scheme")) == "https"

    @property
    def base_url(self) -> str:
        """How gates reach this server: as set, else as this browser does."""
        host = self.environ.get("HTTP_HOST") or self.environ.get("SERVER_NAME", "")
        return self.house.public_url or f"{'https' if self.is_https else 'http'}://{host}"

    @property
    def pairing_base(self) -> str:
        """What pairing codes begin with, and end with where gates are to pin this server's key."""
        return f"{self.base_url}#{self.house.pin}" if self.house.pin else self.base_url

    def cookie(self, name: str) -> str | None:
        """The browser's cookie of this name."""
        value = self._request.get_cookie(name)
        return value if isinstance(value, str) else None

    def say(self, key: str, /, **values: object) -> str:
        """The sentence with this key in the visitor's language."""
        return words.say(self.language, key, **values)

    def uuid(self, text: str) -> UUID:
        """What stands in an address or a form. Raises RefusedError: what is no uuid leads nowhere."""
        try:
            return UUID(text)
        except ValueError as error:
            raise RefusedError(self.say("error_404"), 404) from error

    def event(self, text: str) -> Event:
        """The event with this uuid. Raises RefusedError: one that is not there leads nowhere either."""
        try:
            return find_event(self.store, UUID(text))
        except ValueError as error:
            raise RefusedError(self.say("error_404"), 404) from error

    def moment(self, micros: int | None) -> str:
        """Microseconds since 1970 → the local date and time; "" for None."""
        if micros is None:
            return ""
        local = datetime.fromtimestamp(micros // 1_000_000, self.house.zone)
        return local.strftime("%d/%m/%Y %H:%M" if self.language == "fr" else "%Y-%m-%d %H:%M")

    @property
    def templates(self) -> list[str]:
        """Where templates are."""
        return [_TEMPLATES]

    @property
    def sections(self) -> tuple[tuple[str, str], ...]:
        """The paths in the bar, each with the key of its name."""
        return _SECTIONS

    def is_in(self, path: str) -> bool:
        """True on this section's pages."""
        return self.path.startswith(path) if path != "/admin/" else self.path == path

    @property
    def zone_name(self) -> str:
        """The zone that times are shown in, as people know it."""
        return str(self.house.zone) if self.house.zone is not None else time.tzname[0]

    def csrf_field(self) -> str:
        """The hidden fields that every form of a signed-in admin carries; put them into a template with ``{{!…}}``.

        The session's token, and a number of this page's own, by which a form that is sent twice is known (``once``).
        """
        token = self.session.csrf if self.session is not None else ""
        return (
            f'<input type="hidden" name="csrf" value="{token}"><input type="hidden" name="once" value="{self._number}">'
        )

    def audit(
        self,
        act: str,
        *,
        event_id: int | None = None,
        subject: str | None = None,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """A line of the audit log about what this admin does; inside ``store.writing()``, with the change itself."""
        acts.note(self.store, act, admin_id=self.admin.id, event_id=event_id, subject=subject, detail=detail)

    def render(self, template: str, status: int = 200, **values: Any) -> bottle.HTTPResponse:
        """A page of this template. It knows ``visit`` and ``say`` beside the values."""
        page = bottle.template(
            template, template_lookup=[_TEMPLATES], visit=self, say=self.say, notice=self._notice(), **values
        )
        return bottle.HTTPResponse(page, status, _HTML)

    def redirect(self, path: str, notice_key: str | None = None, **values: object) -> bottle.HTTPResponse:
        """Go on to this page of ours, where the sentence ``notice_key`` is shown once."""
        if notice_key is not None:
            told = {"notice": notice_key, **{f"n_{name}": str(value)[:200] for name, value in values.items()}}
            path += ("&" if "?" in path else "?") + urlencode(told)
        return bottle.HTTPResponse("", 303, {"Location": quote(path, safe="/?&=%#:+-_.~")})

    def told(self, error: RefusedError | NotPossibleError) -> str:
        """Why not, in the visitor's language."""
        return error.sentence if isinstance(error, RefusedError) else refusals.told(error, self.language)

    def refuse(self, key: str, status: int = 400, **values: object) -> bottle.HTTPResponse:
        """A page with the sentence of why not, and the way back."""
        return self.refusal(self.say(key, **values), status)

    def refusal(self, sentence: str, status: int = 400) -> bottle.HTTPResponse:
        """A page with this sentence."""
        return self.render("refused.html", status, sentence=sentence)

    def _notice(self) -> str:
        """The sentence that a redirect asked for; whatever else stands in the address is nothing of ours."""
        key = str(self.query.get("notice", ""))
        if not key.startswith("done_") or key not in words.sentences():
            return ""
        values = {name[2:]: value for name, value in self.query.items() if name.startswith("n_")}
        try:
            return self.say(key, **values)
        except (KeyError, IndexError, ValueError):
            return ""


Handler = Callable[..., bottle.HTTPResponse]


@dataclass(frozen=True, slots=True)
class Route:
    """One path under ``/admin`` with who answers it: ``handler(visit, **path_arguments)``."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    is_open: bool = False  # to everybody, signed in or not
    takes_files: bool = False  # of up to uploads.LARGEST bytes
    acts_once: bool = True  # of a form sent twice, the second waits; False: strangers may send it, and it takes long
