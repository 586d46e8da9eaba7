"""An event's tickets: searched, added, cancelled, made valid again; and all that happened to one."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import bottle

from api import qr
from api.admin import audit_words
from api.admin.audit_lines import FIRST, Filter, page
from api.admin.visit import RefusedError, Route, Visit
from api.scan.words import language_of
from api.store import models, moments
from api.store.folding import folded
from api.store.models import TicketStatus
from api.tickets import issue
from api.tickets.events import NotPossibleError, find_event, list_events
from api.tickets.issue import Order
from api.tickets.unscan import unscan
from api.watch.doors import event_of_now

_PAGE = 50
_ALL = dict.fromkeys(("event", "search", "status", "product"), "")  # no filter
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_MOST = 500  # tickets of one reservation, as the shell has it
_ROWS = """SELECT t.id, t.uuid, t.first_name, t.last_name, r.email, q.name, p.name, t.status, t.scanned_at, d.name
    FROM ticket t JOIN reservation r ON r.id = t.reservation_id LEFT JOIN price p ON p.id = t.price_id
    LEFT JOIN product q ON q.id = p.product_id LEFT JOIN device d ON d.id = t.scanned_by WHERE """
_ONE = """SELECT t.uuid, t.first_name, t.last_name, r.email, q.name, p.name, t.status, t.scanned_at, d.name, e.uuid,
    e.name, e.private_key_pem, r.tickets_count FROM ticket t JOIN reservation r ON r.id = t.reservation_id
    JOIN event e ON e.id = t.event_id LEFT JOIN price p ON p.id = t.price_id LEFT JOIN product q ON q.id = p.product_id
    LEFT JOIN device d ON d.id = t.scanned_by WHERE t.uuid = ?"""
_PRODUCTS = """SELECT q.name FROM event_product x JOIN product q ON q.id = x.product_id WHERE x.event_id = ?
    ORDER BY q.name"""
# A person as people say it, either way round: each holds the first and the last name alone, too.
_WHOLE_NAMES = tuple(
    f"COALESCE(t.{one}_name, '') || ' ' || COALESCE(t.{other}_name, '')"
    for one, other in (("first", "last"), ("last", "first"))
)
_LOOKS = {"scanned": "good", "cancelled": "bad", "created": "warn", "inactive": "warn"}


def show_all(visit: Visit) -> bottle.HTTPResponse:
    """``GET tickets?event=UUID&search=…&status=…``: a page of them, oldest first; ``after`` says where it begins.

    Without an event, of the one whose doors are open or open next, as the door page.
    """
    now = event_of_now(visit.store, moments.now())
    if not now:
        return visit.redirect("/admin/events/new")
    asked = {name: str(visit.query.get(name, "")).strip()[:200] for name in _ALL}
    return _list(visit, _event(visit, asked["event"] or now), asked)


def _list(
    visit: Visit, event: models.Event, asked: dict[str, str], sentence: str = "", form: Any = None
) -> bottle.HTTPResponse:
    """``sentence``: why no ticket could be added, with what was typed (``form``)."""
    rows = _rows(visit, event, asked)
    more = {**{name: value for name, value in asked.items() if value}, "event": event.uuid}
    return visit.render(
        "tickets_list.html",
        400 if sentence else 200,
        event=event,
        events=list_events(visit.store),
        sentence=sentence,
        form=form or {},
        asked=asked,
        statuses=[status.value for status in TicketStatus],
        products=[row[0] for row in visit.store.db.run(_PRODUCTS, (event.id,))],
        selected=_selected(event, asked, rows[:_PAGE]),
        rows=rows[:_PAGE],
        look=_looks,
        more=f"/admin/tickets?{urlencode({**more, 'after': rows[_PAGE - 1][0]})}" if len(rows) > _PAGE else "",
    )


def add(visit: Visit) -> bottle.HTTPResponse:
    """``POST tickets``: one reservation. What can't be is said above the form, which keeps what was typed."""
    event = _event(visit, str(visit.form.get("event", "")))
    told = str(visit.form.get("count", "1")).strip() or "1"
    if not (told.isascii() and told.isdigit() and len(told) < 4 and 1 <= int(told) <= _MOST):
        return _list(visit, event, _ALL, visit.say("tickets_count_odd", most=_MOST), visit.form)
    if event.private_key_pem is None:
        return visit.refuse("tickets_imported")
    first, last, email, product, price = (
        str(visit.form.get(name, "")).strip()[:200] or None
        for name in ("first_name", "last_name", "email", "product", "price")
    )
    told_language = str(visit.form.get("language", ""))
    language = language_of(told_language, visit.house.language) if told_language else None
    order = Order(first, last, email, product, price, language=language)
    try:
        added = issue.add_tickets(visit.store, UUID(event.uuid), order, count=int(told), admin_id=visit.admin.id)
    except NotPossibleError as error:
        return _list(visit, event, _ALL, visit.told(error), visit.form)
    return visit.redirect(f"/admin/tickets/{added[0].uuid}", "done_tickets_added", count=len(added))


def show(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``GET tickets/UUID``: the ticket, its code, and all that happened to it."""
    row = visit.store.db.run(_ONE, (str(visit.uuid(uuid)),)).fetchone()
    if row is None:
        return visit.refuse("error_404", 404)
    code = issue.code_of(row[11], row[0])
    return visit.render(
        "tickets_one.html",
        ticket=row,
        picture=_picture(code) if code else "",
        history=page(visit.store, Filter(subject=row[0]), FIRST, 100),
        look=_looks,
        log=audit_words,
    )


def cancel(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST tickets/UUID/cancel``: with a reason that stays in the log."""
    ticket, reason = visit.uuid(uuid), _reason(visit)
    issue.cancel_ticket(visit.store, ticket, reason=reason, admin_id=visit.admin.id)
    return visit.redirect(f"/admin/tickets/{ticket}", "done_ticket_cancelled")


def give_back(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST tickets/UUID/unscan``: valid again; the admission that used it can't be repeated."""
    ticket, reason = visit.uuid(uuid), _reason(visit)
    unscan(visit.store, ticket, reason, admin_id=visit.admin.id)
    return visit.redirect(f"/admin/tickets/{ticket}", "done_ticket_unscanned")


def _rows(visit: Visit, event: models.Event, asked: dict[str, str]) -> list[tuple[object, ...]]:
    conditions = ["t.event_id = ?", "t.id > ?"]
    after = str(visit.query.get("after", ""))
    is_number = after.isascii() and after.isdigit() and len(after) < 18
    values: list[object] = [event.id, int(after) if is_number else 0]
    if asked["status"]:
        conditions.append("t.status = ?")
        values.append(asked["status"])
    if asked["product"]:
        conditions.append("q.name = ?")
        values.append(asked["product"])
    if _UUID.fullmatch(asked["search"]):
        conditions.append("t.uuid = ?")
        values.append(asked["search"].lower())
    elif asked["search"]:
        finds, more = _finds(visit, asked["search"])
        conditions.append(finds)
        values += more
    sql = f"{_ROWS} {' AND '.join(conditions)} ORDER BY t.id LIMIT ?"
    return visit.store.db.run(sql, (*values, _PAGE + 1)).fetchall()


def _finds(visit: Visit, search: str) -> tuple[str, list[str]]:
    """The condition, and its values: the text in a name, whatever the marks on either side, in the mail or the uuid."""
    columns = [*map(visit.store.db.folded, _WHOLE_NAMES), "LOWER(r.email)", "LOWER(t.uuid)"]
    conditions = " OR ".join(f"{column} LIKE ? ESCAPE '!'" for column in columns)
    return f"({conditions})", [_pattern(" ".join(folded(search).split()))] * len(columns)


def _pattern(text: str) -> str:
    """What LIKE finds it by; a letter beyond ASCII is any one: « œ » finds « Œ », whose small one not all know."""
    escaped = (f"!{c}" if c in "!%_" else c if c.isascii() else "_" for c in text)
    return f"%{''.join(escaped)}%"


def _selected(event: models.Event, asked: dict[str, str], rows: list[tuple[object, ...]]) -> str:
    """Where those on this page are printed, when the page is a selection of this server's own tickets."""
    is_one = asked["search"] or asked["status"] or asked["product"]
    chosen = [("ticket", str(row[1])) for row in rows if row[7] != TicketStatus.CANCELLED]
    if event.private_key_pem is None or not is_one or not chosen:
        return ""
    return f"/admin/print/sheets?{urlencode([('event', event.uuid), *chosen])}"


def _reason(visit: Visit) -> str:
    reason = str(visit.form.get("reason", "")).strip()
    if not 1 <= len(reason) <= 200:
        raise RefusedError(visit.say("tickets_reason_wanted"))
    return reason


def _looks(visit: Visit, status: str) -> tuple[str, str]:
    """The status in words, and how it looks."""
    return visit.say(f"status_{status}"), _LOOKS.get(status, "")


def _picture(code: str) -> str:
    return str(qr.make(code).svg_data_uri(scale=4, border=qr.BORDER, dark="#000000", light="#ffffff"))


def _event(visit: Visit, text: str) -> models.Event:
    return find_event(visit.store, visit.uuid(text))


ROUTES = (
    Route("GET", "/admin/tickets", show_all),
    Route("POST", "/admin/tickets", add),
    Route("GET", "/admin/tickets/<uuid>", show),
    Route("POST", "/admin/tickets/<uuid>/cancel", cancel),
    Route("POST", "/admin/tickets/<uuid>/unscan", give_back),
)
