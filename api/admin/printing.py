"""Tickets to be printed or sent: the PDF of an event or of some of its tickets, and the PNG of one."""

from __future__ import annotations

import io
from typing import Literal
from uuid import UUID

import bottle

from api import qr
from api.admin.visit import Route, Visit
from api.tickets.printing.apart import print_apart
from api.tickets.printing.wanted import Format, Order, Style, Wanted

A_FILE = 200  # tickets in one download: 3 to 10 s of another process, so that nobody waits for a page in vain
_FORMATS: dict[str, Format] = {"a4": "a4", "phone": "phone"}
_ORDERS: dict[str, Order] = {"name": "name", "number": "number"}


def choose(visit: Visit) -> bottle.HTTPResponse:
    """``GET print?event=UUID``: all tickets of the event, in files of 200, by name or by number."""
    event, order = str(visit.query.get("event", "")), _order(visit)
    wanted = Wanted(visit.store, visit.uuid(event), order=order)
    parts = [(start + 1, min(start + A_FILE, len(wanted))) for start in range(0, len(wanted), A_FILE)]
    return visit.render("printing.html", event=event, happening=wanted.happening, parts=parts, order=order)


def sheets(visit: Visit) -> bottle.HTTPResponse:
    """``GET print/sheets?event=UUID&format=a4&order=name&first=1``, or of the tickets ``ticket`` alone: a PDF."""
    chosen = [visit.uuid(text) for text in visit.query.getall("ticket")[:A_FILE]]
    wanted = Wanted(visit.store, visit.uuid(str(visit.query.get("event", ""))), chosen, _order(visit))
    told = str(visit.query.get("first", "1"))
    first = int(told) - 1 if told.isascii() and told.isdigit() and len(told) < 9 else -1
    kind = _FORMATS.get(str(visit.query.get("format", "a4")))
    if kind is None or not 0 <= first < len(wanted):
        return visit.refuse("error_404", 404)
    style = Style(visit.house.language, visit.house.zone)
    content = print_apart(wanted.happening, kind, style, wanted.part(first, first + A_FILE))
    return _file(content, "application/pdf", f"tickets-{kind}-{first + 1:05}.pdf")


def picture(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``GET tickets/UUID/code.png``: the ticket's QR code, ten pixels a module."""
    ticket = visit.uuid(uuid)
    row = visit.store.db.run(
        "SELECT e.uuid FROM ticket t JOIN event e ON e.id = t.event_id WHERE t.uuid = ?", (str(ticket),)
    ).fetchone()
    if row is None:
        return visit.refuse("error_404", 404)
    (shown,) = Wanted(visit.store, UUID(row[0]), [ticket]).part(0, 1)
    out = io.BytesIO()
    qr.make(shown.code).save(out, kind="png", scale=10, border=qr.BORDER, dark="#000000", light="#ffffff")
    return _file(out.getvalue(), "image/png", f"{ticket}.png")


def _file(content: bytes, kind: Literal["application/pdf", "image/png"], name: str) -> bottle.HTTPResponse:
    headers = {"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'}
    return bottle.HTTPResponse(content, 200, headers)


def _order(visit: Visit) -> Order:
    return _ORDERS.get(str(visit.query.get("order", "")), "name")


ROUTES = (
    Route("GET", "/admin/print", choose),
    Route("GET", "/admin/print/sheets", sheets),
    Route("GET", "/admin/tickets/<uuid>/code.png", picture),
)
