"""Guests from a file on the web: every problem first, then a preview, then tickets; and back again."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from api.tickets import issue
from api.tickets.importing import imports

EVIL = '"><script>alert(1)</script>'


@pytest.fixture
def upload(house, browser):
    """Sends a file of guests; gives the answer."""

    def send(text, name="guests.csv", encoding="utf-8-sig"):
        content = text if isinstance(text, bytes) else text.encode(encoding)
        return browser.post("/admin/imports", {"event": house.event.uuid}, files={"file": (name, content)})

    return send


def _path(answer):
    """Where the import that a page is about is confirmed and undone."""
    return re.search(r'action="(/admin/imports/[0-9a-f-]{36})/', answer.text)[1]


def _until(browser, path, state):
    """Ask for the page, as its reader would, until the import is in this state."""
    while f">{state}</span>" not in (page := browser.get(path)).text:
        assert page.headers["Refresh"] == "2", page.text
    assert "Refresh" not in page.headers
    return page


def _statuses(house):
    return [ticket.status for ticket in issue.list_tickets(house.store, UUID(house.event.uuid))]


def test_a_file_becomes_a_preview_then_tickets_then_nothing_again(house, browser, upload):
    preview = upload("Prénom;Nom;Mail;Nombre;État\nZoé;Roy;z@example.org;2;\nAna;Lys;a@example.org;;annulé\n")
    assert preview.status_code == 200
    assert all(told in preview.text for told in ("Zoé", "Lys", "2 valid", "1 cancelled", "Import 2 row(s)"))
    assert _statuses(house) == []
    path = _path(preview)
    assert "Zoé" in browser.get(path).text
    browser.post(f"{path}/confirm")
    done = _until(browser, path, "imported")
    assert "2 / 2" in done.text
    assert _statuses(house) == ["valid", "valid", "cancelled"]
    browser.post(f"{path}/undo")
    _until(browser, path, "taken back")
    assert _statuses(house) == []
    acts = house.store.db.run("SELECT act, admin_id FROM admin_line WHERE act LIKE 'ticket.import%' ORDER BY id")
    assert acts.fetchall() == [("ticket.import", 1), ("ticket.import.undo", 1)]


def test_a_file_without_tickets_is_not_told_to_have_no_mistakes(upload):
    page = upload("nom;mail\n").text
    assert "below its headings this file has no ticket" in page
    assert "0 mistake(s)" not in page


def test_every_problem_is_listed_with_its_line_and_nothing_is_kept(house, upload):
    page = upload(f"nom;mail\nRoy;nonsense\nLys;l@example.org\nSand;{EVIL}\n")
    assert page.status_code == 400
    assert "2 mistake(s)" in page.text
    assert re.findall(r'<th scope="row" class="number">(\d+)</th>', page.text) == ["2", "4"]
    assert EVIL not in page.text
    assert imports.newest(house.store, 10) == []


def test_what_is_only_odd_is_shown_beside_the_preview(upload):
    page = upload("nom;mail;pointure\nRoy;r@example.org;44\nRoy;r@example.org;44\n")
    assert page.status_code == 200
    assert page.text.count("to check") >= 2
    assert "/confirm" in page.text


def test_the_name_of_a_file_and_what_is_in_it_never_become_markup(browser, upload):
    page = upload(f'nom\n"{EVIL.replace(chr(34), chr(34) * 2)}"\n', name="a<script>.csv")
    assert "/confirm" in page.text
    for text in (page.text, browser.get("/admin/imports").text):
        assert EVIL not in text
        assert "a<script>" not in text


def test_a_file_is_shown_with_the_accents_of_its_name(upload):
    assert "invités.csv" in upload("nom\nRoy\n", "invités.csv").text


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"", b"nom\nR\x81y\n", b"nom\n"])
def test_a_file_that_holds_no_guests_is_refused_on_a_page(house, upload, content):
    page = upload(content)
    assert page.status_code == 400
    assert "/confirm" not in page.text
    assert _statuses(house) == []


def test_without_a_file_nothing_happens(house, browser):
    assert browser.post("/admin/imports", {"event": house.event.uuid}).status_code == 400


def test_a_preview_is_thrown_away_and_can_not_be_confirmed_any_more(house, browser, upload):
    path = _path(upload("nom\nRoy\n"))
    browser.post(f"{path}/undo")
    _until(browser, path, "taken back")
    assert browser.post(f"{path}/confirm").status_code == 400
    assert _statuses(house) == []


def test_tickets_of_an_undone_import_whose_holders_are_inside_stay_and_are_told(house, gate, browser, upload):
    path = _path(upload("nom\nRoy\nLys\n"))
    browser.post(f"{path}/confirm")
    _until(browser, path, "imported")
    inside = issue.list_tickets(house.store, UUID(house.event.uuid))[0]
    assert gate.scan(inside.qrcode_data).json()["code"] == "ok"
    browser.post(f"{path}/undo")
    assert "1 ticket(s) stay" in _until(browser, path, "taken back").text
    assert _statuses(house) == ["scanned"]


def test_an_import_that_a_stopped_server_left_is_gone_on_with_when_its_page_is_looked_at(house, browser, upload):
    path = _path(upload("nom\nRoy\n"))
    imports.begin(house.store, UUID(path.rpartition("/")[2]))
    _until(browser, path, "imported")
    assert _statuses(house) == ["valid"]


def test_the_template_is_downloaded_and_can_be_sent_back(house, browser, upload):
    template = browser.get("/admin/imports/template.csv")
    assert template.headers["Content-Type"].startswith("text/csv")
    assert template.content.startswith(b"\xef\xbb\xbf")
    browser.post(f"{_path(upload(template.content))}/confirm")
    path = browser.get("/admin/imports").text
    _until(browser, re.search(r"/admin/imports/[0-9a-f-]{36}", path)[0], "imported")
    assert _statuses(house) == ["valid"] * 3


def test_a_stranger_imports_nothing(house, base, stranger):
    answer = stranger.post("/admin/imports", {"event": house.event.uuid}, files={"file": ("a.csv", b"nom\nRoy\n")})
    assert answer.status_code == 403
    assert imports.newest(house.store, 10) == []


def test_an_import_nobody_knows_is_told_on_a_page(browser):
    browser.post("/admin/events/new", {"name": "A"})
    assert browser.get(f"/admin/imports/{UUID(int=0)}").status_code == 400
    assert browser.get("/admin/imports/nonsense").status_code == 404
