"""The tickets of a TiBillet server, by the calls that its scanners have. Also of another Portillon: it answers alike.

What is known of these servers (docs and recorded exchanges): ``list_tickets/`` takes pages of 200 at most, orders
stably by uuid only, needs seconds a page, answers an unknown key with an HTML page and status 500, and a redirect would
make a GET of its POST. ``/api/events/`` gives each event's public key without a key.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import requests
from urllib3.exceptions import HTTPError

from api.store.store import Store
from api.tickets.events import NotPossibleError
from api.tickets.importing.checking import MOST
from api.tickets.importing.reading import status_of
from api.tickets.importing.row import Row

PAGE = 200
_AT_ONCE = 500
_WITHIN_S = (10.0, 120.0)  # to connect; to hear the next bytes of a page that took 8 s when it was measured
PAUSES_S = (1.0, 5.0, 20.0)  # between tries; a list of an hour should outlast a server that is started anew
_LONGEST_PAUSE_S = 60.0  # whatever a server asks for
_TRIED_AGAIN = frozenset({429, 502, 503, 504})
_LARGEST = 16 * 1024 * 1024  # bytes of an answer: 200 tickets are 0.2 MB
_HERE = "SELECT t.uuid, t.status, e.uuid FROM ticket t JOIN event e ON e.id = t.event_id WHERE t.uuid IN "


@dataclass(frozen=True, slots=True)
class Page:
    """Some tickets of an event, and how many there are in all on how many pages."""

    rows: list[Row]
    total: int
    pages: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A ticket that is here with another status than there. Ours is kept: gates have answered by it."""

    uuid: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a list would bring: new tickets, those that are here already, and those of them that differ."""

    fresh: list[Row]
    known: int
    changed: list[Changed]


class Tibillet:
    """One server, asked with the API key of a device that is paired with it."""

    def __init__(self, address: str, key: str, pauses_s: tuple[float, ...] = PAUSES_S) -> None:
        """``address``: the server's, with or without ``/scan`` or a pairing path. Raises NotPossibleError."""
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise NotPossibleError(f'"{address[:100]}" is no server\'s address: it looks like "https://HOST/scan"')
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._prefix = "/api/scan" if parts.path.startswith("/api/scan") else "/scan"
        self._pauses_s = pauses_s
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Api-Key {key}", "Accept-Language": "en"})

    def close(self) -> None:
        """Let its connections go."""
        self._session.close()

    def event(self, uuid: UUID) -> tuple[str, str]:
        """(name, public key as PEM) of this event. Raises NotPossibleError when the server can't tell."""
        found = self._ask("GET", "/api/events/")
        if not isinstance(found, list):
            raise NotPossibleError(f"{self._origin} tells no list of events: is it a TiBillet server?")
        for each in found:
            if isinstance(each, dict) and str(each.get("uuid", "")).lower() == str(uuid):
                name, pem = _text(each, "name"), each.get("publicKeyPem")
                if name is not None and isinstance(pem, str):
                    return name, pem
        raise NotPossibleError(f"{self._origin} has no event {uuid} with a public key: nothing was imported")

    def page(self, event: UUID, number: int) -> Page:
        """Page ``number``, from 1, of this event's tickets. Raises NotPossibleError for whatever is no such page."""
        asked = {"event_uuid": str(event), "page": number, "page_size": PAGE, "order_by": "uuid", "order_dir": "asc"}
        told = self._ask("POST", f"{self._prefix}/list_tickets/", asked)
        told = told if isinstance(told, dict) else {}
        results, total, pages = told.get("results"), told.get("total"), told.get("total_pages")
        if not isinstance(results, list) or not isinstance(total, int) or not isinstance(pages, int):
            raise NotPossibleError(f"{self._origin} answered with something that is no list of tickets")
        if len(results) > PAGE or pages * PAGE >= MOST + PAGE:
            raise NotPossibleError(f"{self._origin} lists more tickets than the {MOST:,} that an import takes")
        rows = [_row((number - 1) * PAGE + place, result) for place, result in enumerate(results, 1)]
        return Page(rows, total, pages)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON of a good answer; what may be over in a moment is tried again, after a pause."""
        for pause in (*self._pauses_s, None):
            wanted = 0.0
            try:
                answer = self._session.request(
                    method, self._origin + path, json=body, timeout=_WITHIN_S, allow_redirects=False, stream=True
                )
                with answer:
                    if answer.status_code not in _TRIED_AGAIN or pause is None:
                        return self._read(answer)
                    wanted = _asked_pause(answer)
            except (requests.RequestException, HTTPError) as error:  # HTTPError: its body was cut off, or stands still
                if pause is None:
                    raise NotPossibleError(
                        f"{self._origin} did not answer ({type(error).__name__}): nothing was imported; try again later"
                    ) from error
            time.sleep(max(pause, wanted))
        raise AssertionError("the last try returns or raises")

    def _read(self, answer: requests.Response) -> Any:
        status = answer.status_code
        if status in (401, 403) or (status == 500 and "html" in answer.headers.get("Content-Type", "")):
            raise NotPossibleError(
                f"{self._origin} does not take this API key (status {status}), or is in trouble: nothing was imported; "
                "pair a device with that server, and use its key"
            )
        if 300 <= status < 400:
            there = answer.headers.get("Location", "elsewhere")[:200]
            raise NotPossibleError(f"{self._origin} sends on to {there}: name that server instead")
        content = answer.raw.read(_LARGEST + 1, decode_content=True)
        if status != 200 or len(content) > _LARGEST:
            raise NotPossibleError(f"{self._origin} answered with status {status}: nothing was imported")
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise NotPossibleError(f"{self._origin} answered with a page that is no JSON: is it TiBillet?") from error


def _asked_pause(answer: requests.Response) -> float:
    """The seconds for which a server that is asked too often wants to be left alone; 0.0 when it names none."""
    told = answer.headers.get("Retry-After", "")
    return min(float(told), _LONGEST_PAUSE_S) if told.isascii() and told.isdigit() else 0.0


def compare(store: Store, event: UUID, rows: list[Row]) -> Comparison:
    """Hold the list against the database. Raises NotPossibleError for a ticket that is another event's here."""
    fresh: list[Row] = []
    changed: list[Changed] = []
    unique = list({row.uuid: row for row in rows}.values())
    for start in range(0, len(unique), _AT_ONCE):
        part = unique[start : start + _AT_ONCE]
        places = ", ".join("?" * len(part))
        here = {row[0]: row[1:] for row in store.db.run(f"{_HERE}({places})", tuple(row.uuid for row in part))}
        for row in part:
            status, of_event = here.get(row.uuid, (None, str(event)))
            if of_event != str(event):
                raise NotPossibleError(f"ticket {row.uuid} belongs to event {of_event} here: nothing was imported")
            if status is None:
                fresh.append(row)
            elif status != row.status.value:
                changed.append(Changed(str(row.uuid), status, row.status.value))
    return Comparison(fresh, len(unique) - len(fresh), changed)


def _row(line: int, told: Any) -> Row:
    """A ticket as the server lists it. Raises NotPossibleError for one without uuid, or with an unknown status."""
    try:
        uuid, status = str(UUID(told["uuid"])), status_of(str(told["status"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotPossibleError(f"ticket {line} of the list has no uuid or status: nothing was imported") from error
    if status is None:
        shown = str(told["status"])[:40]
        raise NotPossibleError(
            f"ticket {uuid} is « {shown} » there, no status that is known here: nothing was imported"
        )
    product, price = _text(told, "product"), _text(told, "price")
    return Row(
        line,
        uuid,
        _text(told, "first_name"),
        _text(told, "last_name"),
        _text(told, "email", 254),
        product,
        price if product is not None else None,
        status=status,
        reservation=_uuid(told.get("reservation_uuid")),
    )


def _text(told: dict[str, Any], name: str, longest: int = 200) -> str | None:
    value = told.get(name)
    if not isinstance(value, str):
        return None
    return "".join(c for c in " ".join(value.split()) if c.isprintable())[:longest] or None


def _uuid(value: object) -> str | None:
    try:
        return str(UUID(str(value)))
    except ValueError:
        return None
