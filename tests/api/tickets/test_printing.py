"""Printed tickets: rendered by poppler, read by both decoders, and what stands on them."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import zxingcpp
from fpdf import FPDF
from PIL import Image
from pyzbar import pyzbar
from pyzbar.pyzbar import ZBarSymbol

from api.store import moments
from api.tickets import events, issue, keys
from api.tickets.events import NotPossibleError
from api.tickets.printing import words
from api.tickets.printing.fonts import Letters
from api.tickets.printing.sheets import Sheets
from api.tickets.printing.wanted import Style, Wanted
from tests import needs

FRENCH = Style("fr", UTC)
NOBODY = Path("/nowhere/font.ttf")


@pytest.fixture
def event(store):
    made = events.add_event(store, "Concert de la République")
    store.db.run(
        "UPDATE event SET starts_at = ?, opens_at = ? WHERE uuid = ?",
        (
            moments.from_datetime(datetime(2026, 7, 14, 20, 30, tzinfo=UTC)),
            moments.from_datetime(datetime(2026, 7, 14, 18, 0, tzinfo=UTC)),
            made.uuid,
        ),
    )
    return made


def printed(store, event, kind, folder, **chosen):
    wanted = Wanted(store, UUID(event.uuid), **chosen)
    sheets = Sheets(wanted.happening, kind, FRENCH)
    for ticket in wanted.part(0, len(wanted)):
        sheets.add(ticket)
    file = folder / f"{kind}.pdf"
    sheets.write(file)
    return file


def pages(file, dpi):
    needs.program("pdftoppm", "poppler-utils")
    subprocess.run(["pdftoppm", "-gray", "-r", str(dpi), file, file.with_suffix("")], check=True)
    return [Image.open(page) for page in sorted(file.parent.glob(f"{file.stem}-*.pgm"))]


def read(page):
    return [code.text for code in zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCodeModel2)]


def text(file):
    return subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(("kind", "a_page", "dpi"), [("a4", 4, 75), ("a4", 4, 300), ("phone", 1, 100)])
def test_every_code_on_every_page_is_read_by_both_decoders(store, event, tmp_path, kind, a_page, dpi):
    tickets = issue.add_tickets(store, UUID(event.uuid), count=6)
    rendered = pages(printed(store, event, kind, tmp_path), dpi)
    assert len(rendered) == -(-6 // a_page)
    wanted = sorted(ticket.qrcode_data for ticket in tickets)
    assert sorted(code for page in rendered for code in read(page)) == wanted
    assert (
        sorted(code.data.decode() for page in rendered for code in pyzbar.decode(page, [ZBarSymbol.QRCODE])) == wanted
    )


def test_a_ticket_says_what_when_who_and_its_number(store, event, tmp_path):
    order = issue.Order("Zoé", "Ωμέγα", None, "Billet", "Plein tarif")
    (ticket,) = issue.add_tickets(store, UUID(event.uuid), order)
    store.db.run("UPDATE price SET amount = 1250")
    file = printed(store, event, "a4", tmp_path)
    pages(file, 72)
    told = text(file)
    for part in (
        "Concert de la République",
        "14 juillet 2026, 20 h 30",
        "Ouverture des portes : 18 h 00",
        "Zoé Ωμέγα",
        "Billet · Plein tarif · 12,50",
        f"Billet n° {ticket.uuid[:8].upper()}",
        ticket.uuid,
    ):
        assert part in told, (part, told)


def test_a_guest_is_told_in_their_own_language_where_it_is_known(store, event, tmp_path):
    issue.add_tickets(store, UUID(event.uuid))
    store.db.run("UPDATE reservation SET language = 'en'")
    file = printed(store, event, "phone", tmp_path)
    pages(file, 72)
    assert "14 July 2026, 20:30" in text(file)


def test_a_name_too_long_is_cut_and_the_code_beside_it_is_read(store, event, tmp_path):
    (ticket,) = issue.add_tickets(store, UUID(event.uuid), issue.Order("Anne" * 40, "Long" * 40))
    file = printed(store, event, "a4", tmp_path)
    (page,) = pages(file, 100)
    assert read(page) == [ticket.qrcode_data]
    assert "…" in text(file)


def test_a_document_is_readable_by_its_owner_only_also_where_one_was_that_others_read(store, event, tmp_path):
    issue.add_tickets(store, UUID(event.uuid))
    (tmp_path / "a4.pdf").touch(0o644)
    assert printed(store, event, "a4", tmp_path).stat().st_mode & 0o777 == 0o600


def test_cancelled_tickets_are_not_printed(store, event):
    kept, gone = issue.add_tickets(store, UUID(event.uuid), count=2)
    issue.cancel_ticket(store, UUID(gone.uuid))
    wanted = Wanted(store, UUID(event.uuid))
    assert [ticket.uuid for ticket in wanted.part(0, 9)] == [kept.uuid]
    with pytest.raises(NotPossibleError, match="cancelled"):
        Wanted(store, UUID(event.uuid), [UUID(gone.uuid)])


def test_tickets_come_by_name_or_by_number(store, event):
    for name in ("Curie", "ampère", "Bell"):
        issue.add_tickets(store, UUID(event.uuid), issue.Order(last_name=name))

    def names(order):
        return [ticket.name for ticket in Wanted(store, UUID(event.uuid), order=order).part(0, 3)]

    assert names("number") == ["Curie", "ampère", "Bell"]
    assert names("name") == ["ampère", "Bell", "Curie"]


def test_a_ticket_of_another_event_is_not_printed(store, event):
    other = events.add_event(store, "Other")
    (ticket,) = issue.add_tickets(store, UUID(other.uuid))
    with pytest.raises(NotPossibleError, match=ticket.uuid):
        Wanted(store, UUID(event.uuid), [UUID(ticket.uuid)])


def test_an_imported_event_is_printed_where_its_key_is(store):
    imported = events.add_event(store, "Imported", public_key_pem=keys.new_pair()[1])
    issue.add_tickets(store, UUID(imported.uuid), uuid=uuid4())
    with pytest.raises(NotPossibleError, match="print them there"):
        Wanted(store, UUID(imported.uuid))


def test_an_event_without_tickets_has_nothing_to_print(store, event):
    with pytest.raises(NotPossibleError, match="no ticket to print"):
        Wanted(store, UUID(event.uuid))


def test_what_no_font_shows_is_replaced_and_counted():
    letters = Letters(FPDF(), plain=NOBODY, bold=NOBODY, wider=())
    assert letters.show("Zoé Ωμέγα\x07") == "Zoé ????? "
    assert letters.replaced == 1
    assert letters.show("Zoé") == "Zoé"
    assert letters.replaced == 1


def test_doors_on_another_day_are_told_with_their_day():
    evening = moments.from_datetime(datetime(2026, 7, 14, 23, 0, tzinfo=UTC))
    assert words.doors("en", evening, evening + 3 * 3_600_000_000, UTC) == "Doors open: 14 July 2026, 23:00"
    assert words.doors("en", evening, evening + 1_000_000, UTC) == "Doors open: 23:00"
