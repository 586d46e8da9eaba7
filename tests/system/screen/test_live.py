"""The page over time: pushed and never polled, no green that nobody vouches for, and a night without growth."""

import signal
import threading
import time

import pytest
from playwright.sync_api import Error

from kiosk import guest
from kiosk.demo.stage import free_port
from kiosk.edges import State
from kiosk.verdict import ADMITTED, Reason, refused

from .scenes import LOST

EVENTS = 10_000
DRAWN = "count => window.drawn >= count"
COUNT = """() => {
  window.drawn = 0;
  new MutationObserver(() => { window.drawn += 1; }).observe(document.querySelector(".words"), { childList: true });
}"""


@pytest.fixture
def gate(make_kiosk):
    """A real kiosk with a guest screen, not started yet; ``gate.page`` is its address."""
    port = free_port()
    it = make_kiosk(environment={"PORTILLON_KIOSK__SCREEN__GUEST_PORT": str(port)})
    it.page = f"http://127.0.0.1:{port}/"
    return it


@pytest.fixture
def open_gate(gate, server, open_page, eventually):
    """``(gate, tab, ticket)``: paired, shown, and idle."""
    ticket = server.tickets(server.event())[0]
    gate.start()
    gate.wait_for("unpaired")
    tab = open_page(gate.page)
    tab.wait_for("unpaired")
    gate.hold_up(server.device()["pairing_url"])
    tab.wait_for("idle")
    return gate, tab, ticket


def test_a_guests_evening_from_the_pairing_code_to_a_ticket_used_twice(open_gate):
    gate, tab, ticket = open_gate
    pages_before = tab.page.evaluate("history.length")
    gate.hold_up(ticket["qrcode_data"], empty=80)  # 8 s: longer than a repeat is ignored
    assert "Bienvenue" in tab.saw("admitted")
    tab.wait_for("idle")
    gate.hold_up(ticket["qrcode_data"])
    assert "Already used" in tab.saw("refused")
    tab.wait_for("idle")
    told = [kind for kind in tab.kinds() if kind != "reading"]  # which is over before it is painted, mostly
    assert told[-5:] == ["idle", "admitted", "idle", "refused", "idle"]
    for shown in (ticket["uuid"], ticket["qrcode_data"]):
        assert shown not in tab.page.content()
    left = "[localStorage.length, sessionStorage.length, document.cookie.length, history.length]"
    assert tab.page.evaluate(left) == [0, 0, 0, pages_before]
    assert tab.page.url == gate.page


def test_a_guest_is_greeted_by_the_first_name_of_their_ticket_where_the_settings_want_it(make_kiosk, server, open_page):
    port = free_port()
    greets = {"PORTILLON_KIOSK__SCREEN__GUEST_PORT": str(port), "PORTILLON_KIOSK__SCREEN__FIRST_NAME": "true"}
    gate = make_kiosk(environment=greets)
    gate.pair(server.device()["pairing_url"])
    names = ["--first-name", "Camille", "--last-name", "Durand"]
    (ticket,) = server.shell("ticket", "add", "--event", server.event(), *names)
    gate.start()
    gate.wait_for("ready")
    tab = open_page(f"http://127.0.0.1:{port}/")
    tab.wait_for("idle")
    gate.hold_up(ticket["qrcode_data"], empty=80)
    greeting = tab.saw("admitted")
    assert "Welcome, Camille" in greeting
    assert "Durand" not in greeting
    tab.wait_for("idle")
    assert not [name for name in ("Camille", "Durand") if name in tab.page.content()]
    assert gate.stop() == 0
    kept = [file for file in gate.folder.rglob("*") if file.suffix in {".json", ".jsonl"}]
    assert kept
    assert not any("Camille" in file.read_text("utf-8") for file in kept)


def test_killed_in_the_middle_of_a_green_the_page_shows_none_and_comes_back_by_itself(open_gate):
    gate, tab, ticket = open_gate
    gate.hold_up(ticket["qrcode_data"])
    tab.saw("admitted")
    gate.kill()
    tab.wait_for(LOST)
    assert "Not connected" in tab.text()
    before = len(tab.kinds())
    gate.start()
    tab.wait_for("idle")
    assert "admitted" not in tab.kinds()[before:]


def test_a_gate_that_hangs_with_its_connection_open_is_not_believed_either(open_gate):
    gate, tab, ticket = open_gate
    gate.hold_up(ticket["qrcode_data"])
    tab.saw("admitted")
    gate.process.send_signal(signal.SIGSTOP)
    try:
        tab.wait_for(LOST)
    finally:
        gate.process.send_signal(signal.SIGCONT)
    tab.wait_for("idle")


def test_asked_to_stop_the_gate_tells_the_page_at_once(open_gate):
    gate, tab, _ = open_gate
    assert gate.stop() == 0
    tab.wait_for(LOST)


def test_a_main_loop_that_hangs_in_the_middle_of_a_green_leaves_no_green_behind(make_screen, open_page):
    screen = make_screen()
    tab = open_page(screen.url)
    screen.show(State.ADMITTED, ADMITTED)
    tab.saw("admitted")
    screen.hang()
    tab.wait_for(LOST)
    assert tab.kinds().count("admitted") == 1


def test_a_verdict_that_the_gate_never_ended_ends_in_the_page(make_screen, open_page):
    screen = make_screen()  # its loop turns, and shows nothing new
    tab = open_page(screen.url)
    screen.show(State.ADMITTED, ADMITTED)
    tab.saw("admitted")
    tab.page.wait_for_function("() => document.body.innerText.includes('One moment')")
    tab.wait_for(LOST)


def test_a_page_that_is_opened_after_a_verdict_has_ended_never_shows_it(make_screen, open_page):
    screen = make_screen()
    first = open_page(screen.url)
    screen.show(State.ADMITTED, ADMITTED)
    first.saw("admitted")
    first.wait_for(LOST)
    late = open_page(screen.url)
    late.page.wait_for_function("() => document.body.innerText.includes('One moment')")
    late.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert "Bienvenue" not in late.text()


def test_a_guests_words_are_gone_from_the_page_with_the_guest(make_screen, open_page):
    screen = make_screen()
    tab = open_page(screen.url)
    screen.show(State.REFUSED, refused(Reason.TOO_EARLY, guest_message="Camille, 18:00"))
    assert "Camille" in tab.saw("refused")
    screen.show(State.READY)
    tab.wait_for("idle")
    assert "Camille" not in tab.page.content()


def test_what_a_server_says_is_text_and_never_markup(make_screen, open_page):
    screen = make_screen()
    tab = open_page(screen.url)
    hostile = "<img src=x onerror=alert(1)>\u2028</script><b>"
    screen.hold(State.REFUSED, refused(Reason.TOO_EARLY, guest_message=hostile))
    tab.wait_for("refused")
    assert tab.page.locator(".note").inner_text() == hostile
    assert tab.page.locator("main img, main b").count() == 0


def test_ten_thousand_events_leave_the_page_as_small_as_it_was(make_screen, open_page):
    screen = make_screen()
    screen.show(State.READY)
    tab = open_page(screen.url)
    tab.wait_for("idle")
    tab.page.evaluate(COUNT)
    cdp = tab.page.context.new_cdp_session(tab.page)
    cdp.send("Performance.enable")
    over, thread = _evening(screen)
    try:
        tab.page.wait_for_function(DRAWN, arg=500)  # warm
        small = _size(cdp)
        tab.page.wait_for_function(DRAWN, arg=EVENTS, timeout=300_000)
        large = _size(cdp)
    finally:
        over.set()
        thread.join()
    assert large["JSHeapUsedSize"] < small["JSHeapUsedSize"] + 1_000_000
    assert large["Nodes"] < small["Nodes"] + 200
    assert large["JSEventListeners"] <= small["JSEventListeners"] + 5


def _evening(screen):
    """Guest after guest as fast as a page can draw, until it is over."""
    over = threading.Event()
    evening = [
        (State.READY,),
        (State.ASKING,),
        (State.ADMITTED, ADMITTED),
        (State.REFUSED, refused(Reason.TOO_EARLY, guest_message="18:00")),
        (State.UNPAIRED,),
    ]

    def go_on():
        at = 0
        while not over.wait(0.002):
            screen.show(*evening[at % len(evening)])
            at += 1

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    return over, thread


def _size(cdp):
    """What the page holds once its garbage is collected."""
    cdp.send("HeapProfiler.collectGarbage")
    return {each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]}


def test_a_page_of_the_screen_that_crashed_is_missed(chromium, make_screen, monkeypatch, eventually):
    monkeypatch.setattr(guest, "LEFT_S", 0.5)
    loop = make_screen()
    loop.show(State.READY)
    page = chromium.new_page()
    page.goto(f"{loop.url}?kiosk")
    page.wait_for_function("() => document.documentElement.dataset.kind === 'idle'")
    assert loop.screen.turned(time.monotonic() + 3600) is None
    with pytest.raises(Error, match="crash"):
        page.goto("chrome://crash")
    why = eventually("that it is missed", lambda: loop.screen.turned(time.monotonic()))
    assert "restart portillon-screen" in why
