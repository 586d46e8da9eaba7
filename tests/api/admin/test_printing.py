"""Tickets printed from the web pages: PDFs made by a process of their own, pictures, and who may have them."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import pytest
import zxingcpp
from PIL import Image

from api.admin import printing
from api.tickets import events, keys


def test_an_event_is_printed_in_files_that_hold_every_ticket_once(house, browser, monkeypatch):
    monkeypatch.setattr(printing, "A_FILE", 3)
    browser.post("/admin/tickets", {"event": house.event.uuid, "count": "7"})
    page = browser.get(f"/admin/print?event={house.event.uuid}").text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/admin/print/sheets[^"]+)"', page)]
    assert [re.search(r"first=(\d+)", link)[1] for link in links if "format=phone" in link] == ["1", "4", "7"]
    answers = [browser.get(link) for link in links]
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/pdf"}
    pages = [len(re.findall(rb"/Type /Page\b", answer.content)) for answer in answers]
    assert pages == [1, 3, 1, 3, 1, 1]  # three tickets: one A4 sheet, three phones


def test_a_tickets_picture_is_its_code(house, browser):
    ticket = house.ticket()
    answer = browser.get(f"/admin/tickets/{ticket.uuid}/code.png")
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)))
    assert found.text == ticket.qrcode_data
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_selection_can_be_printed(house, browser):
    house.ticket(first_name="Ana")
    house.ticket(first_name="Bob")
    page = browser.get("/admin/tickets", params={"event": house.event.uuid, "search": "ana"}).text
    (link,) = re.findall(r'href="(/admin/print/sheets[^"]+ticket=[^"]+)"', page)
    answer = browser.get(link.replace("&amp;", "&"))
    assert answer.content.startswith(b"%PDF-")


NOBODY = "ticket=8b1b6f1e-0000-4000-8000-0000000000ff"


@pytest.mark.parametrize("query", ["format=docx", "first=0", "first=2", "first=x", NOBODY, "ticket=x"])
def test_what_is_not_there_is_not_printed(house, browser, query):
    house.ticket()
    answer = browser.get(f"/admin/print/sheets?event={house.event.uuid}&{query}")
    assert answer.status_code in (400, 404)


def test_a_cancelled_ticket_has_no_picture(house, browser):
    ticket = house.ticket()
    browser.post(f"/admin/tickets/{ticket.uuid}/cancel", {"reason": "paid back"})
    assert browser.get(f"/admin/tickets/{ticket.uuid}/code.png").status_code == 400


def test_an_imported_event_says_where_its_tickets_are_printed(store, browser):
    imported = events.add_event(store, "Imported", public_key_pem=keys.new_pair()[1])
    answer = browser.get(f"/admin/print?event={imported.uuid}")
    assert answer.status_code == 400
    assert "print them there" in answer.text


def test_a_stranger_gets_no_ticket(house, stranger):
    ticket = house.ticket()
    for path in (f"/admin/print/sheets?event={house.event.uuid}", f"/admin/tickets/{ticket.uuid}/code.png"):
        answer = stranger.get(path)
        assert b"%PDF" not in answer.content
        assert "/admin/sign-in" in answer.url


def test_the_printing_process_ends_with_an_error_on_nonsense():
    done = subprocess.run(
        [sys.executable, "-m", "api.tickets.printing.child"], input=b"{}", capture_output=True, check=False
    )
    assert done.returncode != 0
    assert done.stdout == b""


def test_the_server_itself_loads_nothing_that_only_printing_needs():
    loaded = "import sys, api.__main__; print([name for name in ('fpdf', 'fontTools', 'PIL') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
