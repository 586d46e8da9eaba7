"""`make play` as a newcomer meets it: a real browser, the whole appliance behind the page."""

import json
import subprocess

import pytest
from playwright.sync_api import sync_playwright

from kiosk.demo.play import REST_S

from .conftest import BIN, PATIENCE_S
from .test_evening import CHROMIUM, QUIET

# All that was shown: the kind of verdict, its words, which lamps were lit. A busy machine may look past a moment of it.
SHOWN = """window.shown = [];
addEventListener("DOMContentLoaded", () => {
    const verdict = document.querySelector("#verdict"), turnstile = document.querySelector("#turnstile");
    if (verdict === null) return; // the empty page before the first
    const lit = () => [...turnstile.querySelectorAll("[data-pin].on")].map((lamp) => `${lamp.dataset.pin} lamp`);
    const look = new MutationObserver(() => shown.push([verdict.className, verdict.textContent, ...lit()].join(" ")));
    for (const each of [verdict, turnstile]) look.observe(each, { attributeFilter: ["class"], subtree: true });
});"""


@pytest.fixture
def url():
    play = subprocess.Popen(
        [BIN / "portillon-kiosk", "play", "--port", "0", "--no-browser"], stdout=subprocess.PIPE, text=True
    )
    found = next(line.strip() for line in play.stdout if "http://" in line)
    yield found
    play.terminate()
    assert play.wait(PATIENCE_S) == 0


@pytest.fixture
def page(url):
    said, asked = [], []
    with sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        it = chromium.new_page(viewport={"width": 1280, "height": 960})
        it.set_default_timeout(PATIENCE_S * 1000)
        it.add_init_script(SHOWN)
        it.on("console", lambda message: said.append(message.text))
        it.on("pageerror", lambda error: said.append(str(error)))
        it.on("request", lambda request: asked.append(request.url))
        it.goto(url)
        yield it
        chromium.close()
    assert said == []
    assert all(one.startswith(("http://127.0.0.1:", "data:")) for one in asked)


def _verdict(page, kind, *more):
    """What was shown since the last was taken away: this kind, and with it all of these words."""
    all_of_it = "words => shown.some((each) => words.every((word) => each.includes(word)))"
    page.wait_for_function(all_of_it, arg=[kind, *more])


def _take_away(page):
    page.keyboard.press("Escape")
    page.wait_for_selector("#verdict.waiting")
    page.wait_for_timeout(REST_S * 1000)  # the same ticket sooner is the same presentation
    page.evaluate("shown.length = 0")


def test_a_newcomer_pairs_the_gate_holds_up_tickets_and_sees_what_the_gate_does(page):
    page.click("[data-thing=pairing]")
    page.wait_for_selector("#step-pair.done")
    _take_away(page)

    table, view = page.locator("[data-thing=first]").bounding_box(), page.locator("#view").bounding_box()
    page.mouse.move(table["x"] + 40, table["y"] + 40)
    page.mouse.down()
    page.mouse.move(view["x"] + view["width"] * 0.55, view["y"] + view["height"] * 0.55, steps=12)
    _verdict(page, "admitted")
    page.wait_for_selector("#log >> text=/relay pulse: \\d+ ms/")
    page.wait_for_selector("#log >> text=somebody went through")
    page.mouse.move(view["x"] + view["width"] / 2, view["y"] + view["height"] + 300, steps=4)
    page.mouse.up()
    _take_away(page)

    page.focus("[data-thing=copy]")
    page.keyboard.press("Enter")
    _verdict(page, "refused", "already_scanned", "red lamp")
    _take_away(page)

    page.uncheck("#server")
    page.wait_for_selector("#server:enabled")  # it has stopped
    page.click("[data-thing=second]")
    _verdict(page, "unknown")
    page.check("#server")
    _verdict(page, "admitted")  # it is still held up, and asked for again
    _take_away(page)

    page.check("#emergency")
    page.wait_for_selector("#verdict.emergency")
    page.uncheck("#emergency")
    page.wait_for_selector("#verdict.waiting")


def test_a_blurred_ticket_in_the_dark_is_not_read_until_it_is_held_better(page):
    page.click("[data-thing=pairing]")
    page.wait_for_selector("#step-pair.done")
    _take_away(page)
    page.fill("#blur", "6")
    page.fill("#share", "0.2")
    before = page.locator("#picture").get_attribute("src")
    page.click("[data-thing=first]")
    for _ in range(20):  # it stays before the camera for twenty pictures, and nothing is read
        page.wait_for_selector(f'#picture:not([src="{before}"])')
        before = page.locator("#picture").get_attribute("src")
    assert page.locator("#verdict").get_attribute("class") == "waiting"
    page.fill("#blur", "0.8")
    page.fill("#share", "0.5")
    _verdict(page, "admitted")


def test_a_page_that_asks_twice_gets_the_same_world(url):
    with sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        one, two = chromium.new_page(), chromium.new_page()
        for page in (one, two):
            page.set_default_timeout(PATIENCE_S * 1000)
            page.goto(url)
        one.click("[data-thing=pairing]")
        for page in (one, two):
            page.wait_for_selector("#step-pair.done")
        two.reload()
        two.wait_for_selector("#step-pair.done")
        assert json.loads(two.locator("body").get_attribute("data-words"))["relay"] == "relay"
        chromium.close()
