"""The sheet of pairing codes: rendered by poppler and read again, one code a gate, with its name and its end."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import zxingcpp
from PIL import Image

from api.devices import organising, sheet
from api.devices.devices import Admits
from api.devices.pairing import InvalidTokenError, Pairing
from api.store import moments
from api.tickets.events import NotPossibleError, add_event
from api.tickets.printing.wanted import Style
from tests import needs

PIN = "#spki-sha256=" + "A" * 43
BASE = f"https://192.168.100.200:8443{PIN}"
DAY_US = 24 * 3600 * 1_000_000
FRENCH = Style("fr", UTC)


def rendered(content: bytes, folder: Path, dpi: int) -> list[Image.Image]:
    """The pages of this PDF as pictures."""
    needs.program("pdftoppm", "poppler-utils")
    (folder / "sheet.pdf").write_bytes(content)
    subprocess.run(["pdftoppm", "-gray", "-r", str(dpi), folder / "sheet.pdf", folder / "sheet"], check=True)
    return [Image.open(page) for page in sorted(folder.glob("sheet-*.pgm"))]


def codes(pages: list[Image.Image]) -> list[str]:
    formats = zxingcpp.BarcodeFormat.QRCodeModel2
    return sorted(code.text for page in pages for code in zxingcpp.read_barcodes(page, formats=formats))


def text(file: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("dpi", [75, 300])
def test_fifty_gates_are_fifty_codes_on_nine_sheets_that_a_camera_reads(store, tmp_path, dpi):
    organising.add_devices(store, [f"Gate {number}" for number in range(1, 51)], BASE, Admits())
    printed = sheet.of_waiting(store, BASE)
    pages = rendered(sheet.print_apart(printed, FRENCH), tmp_path, dpi)
    assert len(pages) == 9
    assert codes(pages) == sorted(gate.pairing_url for gate in printed.gates)
    assert all(url.endswith(PIN) for url in codes(pages))


def test_beside_each_code_stands_whose_it_is_what_to_do_and_until_when(store, tmp_path):
    event = add_event(store, "Concert")
    organising.add_devices(store, ["Entrée « Nord »"], BASE, Admits((event.uuid,), (), "out"))
    printed = sheet.of_waiting(store, BASE)
    printed = sheet.Sheet("La Raffinerie", 1_800_000_000_000_000, printed.gates)
    rendered(sheet.print_apart(printed, FRENCH), tmp_path, 75)
    told = text(tmp_path / "sheet.pdf")
    for each in ("Entrée « Nord »", "sortie · Concert · La Raffinerie", "à 20 cm", "15 janvier 2027, 8 h 00"):
        assert each in told
    rendered(sheet.print_apart(printed, Style("en", UTC)), tmp_path, 75)
    told = text(tmp_path / "sheet.pdf")
    for each in ("exit · Concert", "until it signals", "Once, until 15 January 2027, 08:00"):
        assert each in told


def test_only_gates_that_wait_are_on_it_and_of_an_event_only_those_that_admit_it(store, house):
    concert, play = (add_event(house.store, name) for name in ("Concert", "Play"))
    house.gate("Paired")
    for name, events in (("Concert's", (concert.uuid,)), ("Play's", (play.uuid,)), ("Everybody's", ())):
        organising.add_devices(store, [name], BASE, Admits(events))
    names = [gate.name for gate in sheet.of_waiting(store, BASE).gates]
    assert names == ["Concert's", "Play's", "Everybody's"]
    now = moments.now()
    of_concert = sheet.of_waiting(store, BASE, event=UUID(concert.uuid))
    assert [gate.name for gate in of_concert.gates] == ["Concert's", "Everybody's"]
    assert now <= of_concert.until - 2 * DAY_US <= moments.now()


def test_a_sheet_that_was_printed_on_the_eve_pairs_its_gates_until_the_time_that_stands_on_it_and_no_longer(store):
    organising.add_devices(store, ["Gate 1"], BASE)
    printed = sheet.of_waiting(store, BASE, 3)
    token = printed.gates[0].pairing_url.split("/")[-2]
    until = printed.until / 1_000_000
    assert Pairing(store, clock=lambda: until - 60).read(token).device_name == "Gate 1"
    with pytest.raises(InvalidTokenError):
        Pairing(store, clock=lambda: until + 60).read(token)


def test_where_none_waits_or_the_event_is_not_there_it_says_so(store):
    with pytest.raises(NotPossibleError, match="device add"):
        sheet.of_waiting(store, BASE)
    with pytest.raises(NotPossibleError, match="event list"):
        sheet.of_waiting(store, BASE, event=uuid4())


def test_the_server_loads_nothing_that_only_drawing_needs():
    loaded = "import sys, api.__main__; print([name for name in ('fpdf', 'numpy', 'PIL') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "[]\n"
