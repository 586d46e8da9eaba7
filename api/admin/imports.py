"""Guests from a file: checked whole and shown first, then taken in behind the page; undone whole."""

from __future__ import annotations

import bottle

from api.admin.visit import Route, Visit
from api.tickets.events import find_event, list_events
from api.tickets.importing import columns, imports, reading, table
from api.tickets.importing.checking import check
from api.tickets.importing.problems import Report
from api.tickets.importing.row import Row

_SHOWN = 10  # rows of a preview
_LISTED = 50
_AGAIN_S = "2"  # seconds until a page with a progress bar asks anew; the Refresh header needs no script
_LOOKS = {"done": "good", "undone": "bad", "ready": "warn", "laying": "warn"}


def show_all(visit: Visit) -> bottle.HTTPResponse:
    """``GET imports``: the form, and those of before."""
    events = list_events(visit.store)
    if not events:
        return visit.redirect("/admin/events/new")
    return visit.render(
        "imports_list.html",
        events=events,
        chosen=str(visit.query.get("event", "")) or events[-1].uuid,
        imports=imports.newest(visit.store, _LISTED),
        looks=_LOOKS,
    )


def template(visit: Visit) -> bottle.HTTPResponse:
    """``GET imports/template.csv``: in the visitor's language, as spreadsheets of that language open it rightly."""
    name = "billets.csv" if visit.language == "fr" else "tickets.csv"
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}
    return bottle.HTTPResponse(columns.template(visit.language).encode("utf-8-sig"), 200, headers)


def upload(visit: Visit) -> bottle.HTTPResponse:
    """``POST imports``: every problem of the file; when nothing is wrong its rows are kept, to be confirmed."""
    event = find_event(visit.store, visit.uuid(str(visit.form.get("event", ""))))
    file = visit.files.get("file")
    if file is None or not str(file.raw_filename):
        return visit.refuse("imports_file_wanted")
    name = str(file.raw_filename)[:200]
    report = Report()
    try:
        opened = table.open_table(file.file.read())
    except table.UnreadableError as error:
        report.add(error.problem)
        return visit.render("imports_problems.html", 400, name=name, event=event, report=report)
    report = check(visit.store, event, lambda tell: reading.rows(opened, tell))
    if report.errors or not report.rows:
        return visit.render("imports_problems.html", 400, name=name, event=event, report=report)
    rows = reading.rows(opened, lambda _: None)
    it = imports.lay_down(visit.store, event, name, rows, admin_id=visit.admin.id)
    return _page(visit, it, report)


def show(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``GET imports/UUID``: the preview, how far it is, or what came of it."""
    it = imports.find(visit.store, visit.uuid(uuid))
    if it.state in ("taking", "undoing"):
        visit.house.worker.go_on()  # a server that was started anew takes it up here too
    return _page(visit, it, None)


def confirm(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST imports/UUID/confirm``: take it in."""
    it = imports.begin(visit.store, visit.uuid(uuid), visit.admin.id)
    visit.house.worker.go_on()
    return visit.redirect(f"/admin/imports/{it.uuid}")


def undo(visit: Visit, uuid: str) -> bottle.HTTPResponse:
    """``POST imports/UUID/undo``: take it back, or throw a preview away."""
    it = imports.begin_undoing(visit.store, visit.uuid(uuid), visit.admin.id)
    visit.house.worker.go_on()
    return visit.redirect(f"/admin/imports/{it.uuid}")


def _page(visit: Visit, it: imports.Import, report: Report | None) -> bottle.HTTPResponse:
    page = visit.render(
        "imports_one.html",
        it=it,
        report=report,
        rows=imports.first_rows(visit.store, it, _SHOWN) if it.state == "ready" else [],
        left=imports.left(visit.store, it) if it.state in ("done", "undone") else 0,
        look=_LOOKS.get(it.state, ""),
        title_of=lambda field: columns.title(field, visit.language),
        cells=_cells,
    )
    if it.state in ("taking", "undoing"):
        page.headers["Refresh"] = _AGAIN_S
    return page


def _cells(row: Row) -> dict[str, str]:
    """What the preview shows of a row, by the file's own fields."""
    amount = "" if row.amount is None else f"{row.amount / 100:.2f}"
    told = {field: getattr(row, field) for field in columns.NAMES if field != "status"}
    return {field: "" if value is None else str(value) for field, value in {**told, "amount": amount}.items()}


ROUTES = (
    Route("GET", "/admin/imports", show_all),
    Route("POST", "/admin/imports", upload, takes_files=True),
    Route("GET", "/admin/imports/template.csv", template),
    Route("GET", "/admin/imports/<uuid>", show),
    Route("POST", "/admin/imports/<uuid>/confirm", confirm),
    Route("POST", "/admin/imports/<uuid>/undo", undo),
)
