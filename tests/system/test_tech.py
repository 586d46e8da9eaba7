"""The tech page in a real Chromium, with the whole appliance behind it; trace and journal as witness.

``PORTILLON_PICTURES=docs/pictures/tech .venv/bin/pytest tests/system/test_tech.py`` takes the docs' pictures anew.
"""

import io
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from kiosk.demo.stage import free_port
from kiosk.journal import read_lines

from .conftest import BIN, PATIENCE_S
from .test_evening import CHROMIUM, QUIET

PHONE = {"width": 390, "height": 844}
PICTURES = os.environ.get("PORTILLON_PICTURES")


@pytest.fixture
def gate(make_kiosk, server, tmp_path):
    """A paired turnstile with a tech page, a guest screen, and fingers for its inputs."""
    fingers = tmp_path / "fingers"
    fingers.mkdir()
    ports = free_port(), free_port()
    told = {
        "TECH__PORT": str(ports[0]),
        "SCREEN__GUEST_PORT": str(ports[1]),
        "SCREEN__LANGUAGES": "en,fr",
        "GATE__TAMPER": "5",
        "GATE__UNLOCK": "6",
        "GATE__MOCK_INPUTS": str(fingers),
    }
    it = make_kiosk(environment={f"PORTILLON_KIOSK__{name}": value for name, value in told.items()})
    it.fingers, it.tech_port, it.guest_port = fingers, *ports
    it.pair(server.device()["pairing_url"])
    it.start()
    it.wait_for("ready")
    return it


@pytest.fixture
def new_page():
    """``new_page()``: a tab of a browser of its own, as a phone's. A page that complains fails the test."""
    said, asked = [], []
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=CHROMIUM, args=QUIET)

        def make(viewport=PHONE):
            context = chromium.new_context(ignore_https_errors=True, locale="en-GB", viewport=viewport)
            it = context.new_page()
            it.set_default_timeout(PATIENCE_S * 1000)
            it.on("console", lambda message: said.append(message.text))
            it.on("pageerror", lambda error: said.append(str(error)))
            it.on("request", lambda request: asked.append(request.url))
            it.on("dialog", lambda dialog: dialog.accept())
            return it

        yield make
        chromium.close()
    expect.set_options(timeout=5_000)  # playwright's own
    # What the browser itself says of an answer that is a no; a page can't keep it from doing so.
    assert [each for each in said if "Failed to load resource" not in each and "ERR_" not in each] == []
    assert all(one.startswith(("https://127.0.0.1:", "http://127.0.0.1:", "data:")) for one in asked)


def open_by_command(gate):
    """What the command tells: the code."""
    command = [BIN / "portillon-kiosk", "tech", "--config", gate.config]
    done = subprocess.run(command, env=gate.environment, capture_output=True, text=True, check=True)
    return re.search(r"(\d{4}) (\d{4})$", done.stdout, re.M).expand(r"\1\2")


def keep(page, name):
    """A picture for the docs, when they are taken anew."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def enter(page, gate, code):
    page.goto(f"https://127.0.0.1:{gate.tech_port}/")
    page.fill("#code", code)
    page.click("button")


def notes(gate, what):
    return [line for line in read_lines(gate.state) if line.get("note") == what]


def pin(gate, name):
    return [line["value"] for line in gate.lines("pin") if line["pin"] == name]


SHOWN = """() => {
    window.shown = [];
    const state = document.querySelector("#state");
    const all = { childList: true, characterData: true, subtree: true };
    new MutationObserver(() => shown.push(state.textContent)).observe(state, all);
}"""


def press(page, what):
    """True when the gate took it; it does not for a moment after a guest, which no page shows, nor when it was late."""
    page.evaluate("document.querySelector('#pressed').textContent = ''")
    page.click(f"[data-press={what}]")
    expect(page.locator("#pressed")).to_have_text(re.compile("[a-z]"))  # "…" is no answer yet
    return page.locator("#pressed").inner_text().startswith("Under way")


def test_a_tech_opens_the_page_sees_the_gate_tries_it_sets_it_and_closes_the_page(gate, server, new_page, eventually):
    code = open_by_command(gate)
    page = new_page()
    enter(page, gate, "0000 0000" if code != "00000000" else "1111 1111")
    expect(page.locator("#said")).to_have_text("That is not the code.")
    keep(page, "door")
    page.wait_for_timeout(1000)
    page.fill("#code", f"{code[:4]} {code[4:]}")
    page.click("button")
    expect(page.locator("#state")).to_have_text("Show your ticket")
    other = new_page()
    enter(other, gate, code)
    expect(other.locator("#said")).to_contain_text("of no use any more")

    ticket = server.tickets(server.event())[0]["qrcode_data"]
    gate.hold_up(ticket, frames=300)  # for longer than a busy machine takes to look at it
    expect(page.locator("#found")).to_have_text("a ticket")
    expect(page.locator("#picture")).to_have_js_property("complete", True)
    assert page.locator("#picture").evaluate("picture => picture.naturalWidth") == 800
    row = page.locator("#presentations tr").first
    expect(row).to_have_attribute("data-verdict", "admitted")
    expect(row.locator("td").last).to_have_text(re.compile(r"^\d+ ms$"))
    page.set_viewport_size({**PHONE, "height": 1400})
    keep(page, "page")
    page.set_viewport_size(PHONE)
    page.click("[data-press=open]")
    expect(page.locator("#pressed")).to_contain_text("somebody is in front of the gate")
    assert pin(gate, "relay").count(1) == 1, "one opening, the guest's"
    gate.lower()

    (gate.fingers / "tamper").touch()
    expect(page.locator("#input-tamper")).to_have_text("active")
    (gate.fingers / "tamper").unlink()
    expect(page.locator("#input-tamper")).to_have_text("at rest")

    expect(page.locator("#found")).to_have_text("nothing")
    expect(page.locator("#state")).to_have_text("Show your ticket")
    page.evaluate(SHOWN)  # a test is over in a moment, which a busy machine may look past
    lit = len(pin(gate, "red"))
    eventually("the red test", lambda: press(page, "red"))
    eventually("the red lamp", lambda: pin(gate, "red")[lit:] == [1, 0])
    eventually("the page says so", lambda: "Test 1/3: red" in page.evaluate("shown"))
    expect(page.locator("#state")).to_have_text("Show your ticket")
    before = len(pin(gate, "relay"))
    eventually("the opening", lambda: press(page, "open"))
    eventually("one pulse", lambda: pin(gate, "relay")[before:] == [1, 0])
    assert [line["cause"] for line in notes(gate, "test")] == ["tech page"]

    page.fill("[name='gate.pulse_ms']", "50")
    page.click("form button >> nth=0")
    expect(page.locator("[id='mistake-gate.pulse_ms']")).to_contain_text("greater than or equal to 100")
    assert "pulse_ms = 300" in gate.config.read_text()
    keep(page, "settings")
    page.fill("[name='gate.pulse_ms']", "450")
    page.click("form button >> nth=0")
    expect(page.locator("#saved")).to_contain_text("kiosk.toml.before")
    assert "pulse_ms = 450" in gate.config.read_text()

    page.click("#look")
    expect(page.locator("#findings li").first).to_be_visible()
    expect(page.locator("#log")).to_contain_text("paired with")
    assert ticket not in page.content()
    page.click("#close")
    expect(page.locator("#over")).to_contain_text("Closed, as asked.")
    eventually("the page is in the journal", lambda: notes(gate, "tech_page")[-1]["what"] == "asked")
    assert [line["what"] for line in notes(gate, "tech_page")][:2] == ["opened", "entered"]
    assert gate.verdicts() == [("admitted", None)]


def test_the_key_switch_shows_a_qr_code_on_the_guest_screen_which_lets_one_phone_in(gate, new_page):
    screen = new_page({"width": 800, "height": 480})
    screen.goto(f"http://127.0.0.1:{gate.guest_port}/")
    screen.wait_for_function("document.documentElement.dataset.kind === 'idle'")
    assert screen.locator("aside").is_hidden()
    (gate.fingers / "unlock").touch()
    screen.wait_for_selector("aside code")
    keep(screen, "screen")
    (link,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(screen.locator("aside").screenshot())))
    address, _, code = link.text.partition("#")
    assert code == screen.locator("aside b").inner_text().replace(" ", "").replace("\u00a0", "")
    phone = new_page()
    phone.goto(f"https://127.0.0.1:{gate.tech_port}/#{code}")
    expect(phone.locator("#state")).not_to_be_empty()
    assert phone.url == f"https://127.0.0.1:{gate.tech_port}/"
    assert address.endswith(f":{gate.tech_port}/")
    expect(screen.locator("aside")).to_be_hidden()


def test_the_gate_that_stops_closes_the_page_and_the_next_one_knows_nobody(gate, new_page):
    page = new_page()
    enter(page, gate, open_by_command(gate))
    expect(page.locator("#state")).to_have_text("Show your ticket")
    assert gate.stop() == 0
    expect(page.locator("#over")).to_contain_text("Closed: the gate stops or restarts.")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", gate.tech_port)) != 0
