"""An organiser's evening in a real browser: set up, sell, pair three gates, open the doors, watch, cancel, export."""

import csv
import io
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from .conftest import BIN, PATIENCE_S

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += ["--disable-sync", "--no-first-run", "--disable-quic"]
PASSWORD = "quatre petits chats"
GUESTS = 50
PICTURES = os.environ.get("PORTILLON_PICTURES")  # a folder: the pages are photographed into it, for the docs


class House:
    """A ticket server as `portillon-api serve` starts it, on one database."""

    def __init__(self, database, folder):
        words = ["serve", "--database", database, "--host", "127.0.0.1", "--port", "0", "--json"]
        self.database = database
        environment = {**os.environ, "PORTILLON_API__ORGANISATION__NAME": "La Raffinerie"}
        self.log = (folder / "server.log").open("wb")
        self.process = subprocess.Popen(
            [BIN / "portillon-api", *words], stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment
        )
        told = json.loads(self.process.stdout.readline())
        self.url, self.setup_url = told["url"], told["setup_url"]

    def stop(self):
        self.process.terminate()
        assert self.process.wait(PATIENCE_S) == 0
        self.log.close()


@pytest.fixture
def house(database_url, tmp_path):
    it = House(database_url, tmp_path)
    yield it
    it.stop()


@pytest.fixture
def browser():
    with sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, house):
    """A tab of an English-speaking organiser; the test fails when the page complains or asks another host."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE_S * 1000)
    expect.set_options(timeout=PATIENCE_S * 1000)
    tab, complaints = context.new_page(), []
    # (The browser itself remarks on the one page that refuses a file: that answer is meant.)
    tab.on("console", lambda said: complaints.append(said.text) if _is_odd(said) else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("request", lambda asked: asked.url.startswith((house.url, "data:")) or complaints.append(asked.url))
    yield tab
    context.close()
    expect.set_options(timeout=5_000)  # playwright's own
    assert complaints == []


def _is_odd(said):
    return said.type in ("error", "warning") and "400 (Bad Request)" not in said.text


def _photograph(page, name):
    """The page from its top, as far as anybody looks: the audit log of an evening is long."""
    if PICTURES:
        height = min(1600, page.evaluate("document.documentElement.scrollHeight"))
        part = {"x": 0, "y": 0, "width": 1280, "height": height}
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True, clip=part)


def _read_code(locator, file):
    """What a camera would read from this picture on the screen."""
    locator.screenshot(path=file)
    with Image.open(file) as picture:
        (found,) = zxingcpp.read_barcodes(picture)
    return found.text


def _sign_up(page, house):
    page.goto(house.setup_url)
    page.get_by_label("Name").fill("Camille")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Hello Camille")).to_be_visible()
    _photograph(page, "home")


def _make_event(page):
    page.get_by_role("link", name="Make an event").click()
    page.get_by_label("Name").fill("Concert de la République")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The event is made.")).to_be_visible()
    page.get_by_label("Product").fill("Place")
    page.get_by_label("Amount").fill("12.50")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("cell", name="12.50")).to_be_visible()
    _photograph(page, "event")
    return page.url.partition("?")[0].rpartition("/")[2]


def _see_that_it_takes_time(page, sheet):
    """What is shown while a file is checked; this browser waits for the next page, so here the form is not sent."""
    page.evaluate("document.querySelector('form[data-busy]').addEventListener('submit', (e) => e.preventDefault())")
    page.get_by_label("File", exact=True).set_input_files(sheet)
    checking = page.get_by_role("progressbar", name="checked line by line")
    expect(checking).to_be_hidden()
    page.get_by_role("button", name="Check").click()
    expect(checking).to_be_visible()
    page.reload()
    expect(checking).to_be_hidden()


def _import_tickets(page, tmp_path):
    """A spreadsheet as Excel saves it in France; while one line is wrong, nothing is taken in."""
    people = [f"Prénom{n};Nom{n};p{n}@example.org;Place;valide" for n in range(GUESTS)]
    sheet, head = tmp_path / "guests.csv", "prénom;nom;e-mail;produit;statut"
    for state, wrong in (("peut-être", True), ("valide", False)):
        lines = [head, *people[:-1], people[-1].replace("valide", state)]
        sheet.write_bytes("\r\n".join(lines).encode("cp1252"))
        page.get_by_role("link", name="Tickets", exact=True).first.click()
        page.get_by_role("link", name="Import", exact=False).first.click()
        if wrong:
            _see_that_it_takes_time(page, sheet)
        page.get_by_label("File", exact=True).set_input_files(sheet)
        page.get_by_role("button", name="Check").click()
        if wrong:
            expect(page.get_by_text("nothing was imported")).to_be_visible()
            expect(page.get_by_role("rowheader", name=str(GUESTS + 1))).to_be_visible()
            _photograph(page, "import")
    page.get_by_role("button", name=f"Import {GUESTS} row(s)").click()
    expect(page.get_by_text("imported", exact=True)).to_be_visible()  # the page asks anew by itself


def _pair_gates(page, make_kiosk, tmp_path):
    """Three gates made at once; each kiosk reads its own code from the organiser's screen."""
    page.get_by_role("link", name="Gates", exact=True).click()
    page.get_by_label("Name").fill("Gate")
    page.get_by_label("How many").fill("3")
    page.get_by_role("button", name="Make").click()
    _photograph(page, "sheet")
    gates = []
    for number in (1, 2, 3):
        code = _read_code(page.get_by_alt_text(f"Pairing code of Gate {number}"), tmp_path / "code.png")
        gate = make_kiosk(f"gate{number}")
        gate.start()
        gate.wait_for("unpaired")
        gate.hold_up(code)
        gates.append(gate)
    for gate in gates:
        gate.wait_for("ready")
    page.get_by_role("link", name="Gates", exact=True).click()
    expect(page.get_by_text("paired", exact=True)).to_have_count(3)
    _photograph(page, "devices")
    return gates


def _let_in(gates, codes, page):
    """Every guest at one of the gates, while the door page is watched."""
    page.get_by_role("link", name="At the door").first.click()
    expect(page.locator(".doors .figure")).to_have_text(f"0 / {GUESTS}")
    for number, code in enumerate(codes):
        gates[number % len(gates)].hold_up(code, empty=10)
    for number in range(len(codes)):
        gates[number % len(gates)].wait_for_verdicts(number // len(gates) + 1)
    expect(page.locator(".doors .figure")).to_have_text(f"{len(codes)} / {GUESTS}")  # no reload: the page is told
    assert page.locator(".curve .bar-in").count() >= 1
    _photograph(page, "door")


def _cancel(page, codes, uuid):
    page.get_by_role("link", name="Tickets", exact=True).first.click()
    page.get_by_label("Name, address or identifier").fill(uuid)
    page.get_by_role("button", name="Show").click()
    page.get_by_role("rowheader").get_by_role("link").click()
    page.get_by_label("Why cancel it?").fill("paid back")
    page.get_by_role("button", name="Cancel this ticket").click()
    expect(page.get_by_text("The ticket is cancelled.")).to_be_visible()
    _photograph(page, "ticket")


def _archive(page, name):
    page.get_by_role("link", name="Gates", exact=True).click()
    page.get_by_role("link", name=name).click()
    archive = page.get_by_role("button", name="Archive")
    expect(archive).to_be_hidden()  # a slip of the thumb stops no gate
    page.get_by_text("Archive…").click()
    archive.click()
    expect(page.get_by_text(f"“{name}” is archived.")).to_be_visible()


def _export(page):
    page.get_by_role("link", name="Audit log").click()
    _photograph(page, "audit")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    text = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def test_an_organisers_evening_from_the_set_up_link_to_the_export(house, page, make_kiosk, tmp_path, eventually):
    _sign_up(page, house)
    event = _make_event(page)
    _import_tickets(page, tmp_path)
    gates = _pair_gates(page, make_kiosk, tmp_path)
    words = ["ticket", "list", "--event", event, "--database", house.database, "--json"]
    tickets = json.loads(subprocess.run([BIN / "portillon-api", *words], capture_output=True, check=True).stdout)
    late, *others = tickets
    _let_in(gates, [ticket["qrcode_data"] for ticket in others], page)
    assert all(verdict == ("admitted", None) for gate in gates for verdict in gate.verdicts())
    _cancel(page, others, late["uuid"])
    gates[0].hold_up(late["qrcode_data"])
    eventually("the cancelled ticket is refused", lambda: gates[0].verdicts()[-1:] == [("refused", "cancelled")])
    _archive(page, "Gate 1")
    lines = _export(page)
    assert sum(1 for line in lines if (line[2], line[3]) == ("scan", "ok")) == GUESTS - 1
    assert {"event.add", "ticket.cancel", "device.archive"} <= {line[2] for line in lines}
    assert re.search(r"paid back", str(lines))


def test_pages_fit_a_phone_however_long_a_name_is_and_can_be_read_there(house, page):
    page.set_viewport_size({"width": 360, "height": 740})
    _sign_up(page, house)
    long = "W" * 200
    page.goto(f"{house.url}/admin/events/new")
    page.get_by_label("Name").fill(long)
    page.get_by_role("button", name="Save").click()
    event = page.url.partition("?")[0].rpartition("/")[2]
    for label in ("Product", "Price"):
        page.get_by_label(label).fill(long)
    page.get_by_role("button", name="Add").click()
    page.goto(f"{house.url}/admin/tickets?event={event}")
    for label in ("First name", "Last name"):
        page.get_by_label(label).fill(long)
    page.locator("#product").fill(long)
    page.get_by_role("button", name="Add").click()
    ticket = page.url.partition("?")[0].rpartition("/")[2]
    page.goto(f"{house.url}/admin/devices")
    page.get_by_label("Name").fill(long)
    page.get_by_role("button", name="Make").click()
    gate = page.url.partition("?")[0].rpartition("/")[2]
    about = f"?event={event}"
    paths = ["", "events", f"events/{event}", f"events/{event}/forget", f"tickets{about}", f"tickets/{ticket}"]
    paths += ["devices", f"devices/{gate}", "devices/sheet", "audit", f"print{about}", f"door{about}"]
    for path in paths:
        page.goto(f"{house.url}/admin/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        wide = "e => e.scrollWidth > e.clientWidth && !e.querySelector('a, button, input') && e.tabIndex < 0"
        assert not page.evaluate(f"[...document.querySelectorAll('.scroll')].some({wide})"), path  # by keyboard too
    assert page.locator(".curve text").first.bounding_box()["height"] > 9  # CSS pixels; 11 px letters are about 12 high
