"""The audit log on the web: whole, filtered, and safe in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from api.admin import audit_lines
from api.admin.audit_lines import FIRST, Filter
from api.devices import reach
from api.store import acts
from api.tickets.events import add_event


@pytest.fixture
def busy(store, house, gate, browser):
    """A server where a gate has admitted one ticket and refused it once, and an admin has made an event."""
    ticket = house.ticket()
    for _ in range(2):
        gate.scan(ticket.qrcode_data)
    browser.post("/admin/events/new", {"name": "=SUM(A1)"})
    return ticket


def _rows(browser, query=""):
    text = browser.get(f"/admin/audit.csv{query}").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def _written(store):
    """The log and id of every line that there is."""
    scans = store.db.run("SELECT id FROM scan_line").fetchall()
    done = store.db.run("SELECT id FROM admin_line").fetchall()
    return sorted([*((0, row[0]) for row in scans), *((1, row[0]) for row in done)])


def test_what_gates_asked_and_what_admins_did_is_one_list_newest_first(browser, busy):
    page = browser.page("/admin/audit").text
    page = page[page.index("Detail") :]
    assert page.index("event made") < page.index("in → already used") < page.index("in → accepted")


def test_the_log_and_a_tickets_history_are_told_in_the_words_and_times_of_the_page(store, house, gate, browser):
    ticket = house.ticket()
    gate.scan(ticket.qrcode_data)
    browser.post(f"/admin/tickets/{ticket.uuid}/unscan", {"reason": "scanned by mistake"})
    browser.post(f"/admin/events/{house.event.uuid}", {"name": "Bal", "opens_at": "2026-07-14T18:00"})
    browser.post(f"/admin/devices/{gate.uuid}", {"name": "Nord", "event": house.event.uuid, "direction": "out"})
    page = browser.page("/admin/audit").text
    assert "Name: Bal · Doors open: 2026-07-14 18:00" in page
    assert "Name: Nord · Direction: exit · Events: Bal" in page
    assert "{" not in page
    browser.post("/admin/account/language", {"language": "fr"})
    for path in ("/admin/audit", f"/admin/tickets/{ticket.uuid}"):
        page = browser.page(path).text
        assert "entrée → accepté" in page
        assert "Raison: scanned by mistake" in page
        assert not re.search(r"ticket\.|event\.|→ ok", page)


def test_every_act_that_is_logged_has_its_words_and_can_be_asked_for(browser):
    sources = "\n".join(file.read_text("utf-8") for file in Path(acts.__file__).parents[1].rglob("*.py"))
    kinds = "admin|backup|device|event|ticket"
    logged = {*re.findall(rf'"((?:{kinds})(?:\.[a-z]+)+)"', sources), reach.ACT} - {"tickets.csv"}
    assert {"event.add", "ticket.import.undo"} <= logged
    offered = {option.get("value") for option in browser.page("/admin/audit").all("option")}
    assert logged | {"already_scanned", "scan"} <= offered


def test_the_filters_leave_what_was_asked_for(browser, house, busy):
    assert [row[3] for row in _rows(browser, "?what=ok")] == ["ok"]
    assert len(_rows(browser, f"?log=scans&event={house.event.uuid}")) == 2
    assert {"event.add", "admin.accept", "admin.invite"} <= {row[2] for row in _rows(browser, "?log=acts")}
    assert {row[2] for row in _rows(browser, "?log=scans")} == {"scan"}
    assert len(_rows(browser, f"?log=scans&subject={busy.uuid[:8]}")) == 2
    assert _rows(browser, "?subject=%25") == []
    assert len(_rows(browser, "?who=gate%201")) == 2
    assert _rows(browser, "?since=2099-01-01T00:00") == []
    assert browser.get("/admin/audit?since=tomorrow").status_code == 400


def test_a_cell_that_a_spreadsheet_would_run_is_text(store, browser):
    add_event(store, "=1+1")
    with store.writing():
        acts.note(store, "event.add", event_id=1, subject="-1")
    row = _rows(browser, "?what=event.add")[0]
    assert (row[4], row[5]) == ("'-1", "'=1+1")


def test_pages_hold_every_line_once_whichever_log_it_is_from(store, house, gate):
    for number in range(7):
        gate.scan(house.ticket().qrcode_data)
        with store.writing():
            acts.note(store, f"test.{number}")
    seen, before = [], FIRST
    while shown := audit_lines.page(store, Filter(), before, 3):
        seen += shown
        before = audit_lines.below(shown, before)
    assert sorted((line.log, line.id) for line in seen) == _written(store)
    assert [line.at for line in seen] == sorted((line.at for line in seen), reverse=True)


def test_a_clock_that_was_set_back_loses_no_line(store, house, gate):
    for number, at in enumerate((500, 100, 900, 50, 400)):
        gate.scan(house.ticket().qrcode_data)
        with store.writing():
            acts.note(store, f"test.{number}")
            store.db.run("UPDATE scan_line SET arrived_at = ? WHERE id = (SELECT MAX(id) FROM scan_line)", (at,))
            store.db.run("UPDATE admin_line SET at = ? WHERE id = (SELECT MAX(id) FROM admin_line)", (at + 20,))
    seen, before = [], FIRST
    while shown := audit_lines.page(store, Filter(), before, 2):
        seen += shown
        before = audit_lines.below(shown, before)
    assert sorted((line.log, line.id) for line in seen) == _written(store)


def test_nobody_reads_the_log_without_signing_in(stranger):
    for path in ("/admin/audit", "/admin/audit.csv", "/admin/admins"):
        assert stranger.get(path, allow_redirects=False).status_code == 303


def test_an_invitation_of_the_team_is_shown_once_and_makes_a_colleague(browser):
    page = browser.post("/admin/admins/invite").text
    assert f"{browser.base}/admin/set-up/" in page
    assert "/admin/set-up/" not in browser.get("/admin/admins").text
    assert browser.post("/admin/admins/disable", {"name": "Camille"}).status_code == 400
