"""The live door page: what it shows, that it changes, and that who watches holds up no gate."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from api.admin import curve, words
from api.app import Pages
from api.store import moments
from api.tickets.events import add_event
from api.watch.silence import Patience
from kiosk.verdict import Fault

from .conftest import Browser


def _events(browser, house, **headers):
    return browser.get(f"/admin/door/{house.event.uuid}/events", headers=headers)


@pytest.fixture
def open_door(store, house, browser):
    """The page's own address, for the event of the house."""
    return f"/admin/door?event={house.event.uuid}"


def test_who_was_admitted_and_who_was_not_stands_on_the_page(house, gate, browser, open_door):
    ticket = house.ticket(product="Place")
    house.ticket()
    gate.scan(ticket.qrcode_data)
    gate.scan(ticket.qrcode_data)
    page = browser.page(open_door)
    assert re.search(r"Admitted\s+1 / 2", page.text)
    assert page.all("progress")[0] | {"max": "2", "value": "1"} == page.all("progress")[0]
    assert "already used" in page.text
    assert "Gate 1" in page.text


def test_the_stream_tells_what_changed_and_nothing_when_all_is_as_it_was(house, gate, browser):
    first = _events(browser, house)
    assert first.headers["Content-Type"].startswith("text/event-stream")
    tag = re.search(r"(?m)^id: (\w+)$", first.text)[1]
    again = _events(browser, house, **{"Last-Event-ID": tag})
    assert "data:" not in again.text
    assert "retry:" in again.text


def test_the_page_says_that_a_clock_which_may_be_wrong_refuses_nobody_by_the_hour(store, browser, open_door, tmp_path):
    said = words.say("en", "door_clock_doubtful")
    (tmp_path / "timesync").mkdir()
    assert said not in browser.page(open_door).text  # these doors have no hours
    with store.writing():
        store.db.run("UPDATE event SET opens_at = ?", (moments.now(),))
    assert said in browser.page(open_door).text
    (tmp_path / "timesync" / "synchronized").touch()
    assert said not in browser.page(open_door).text


def test_without_an_event_the_page_says_what_to_do(browser):
    assert browser.page("/admin/door").all("a")[-1]["href"] == "/admin/events/new"


@pytest.mark.parametrize(
    ("hours", "shown"),
    [
        ({"Tonight": (-1, 5), "Tomorrow": (20, 26), "Next month": (700, 706)}, "Tonight"),
        ({"Tonight": (-5, 3), "At midnight": (1, 6)}, "Tonight"),
        ({"Yesterday": (-30, -24), "Tomorrow": (20, 26), "Next month": (700, 706)}, "Tomorrow"),
        ({"Last month": (-700, -694), "Yesterday": (-30, -24)}, "Yesterday"),
    ],
)
def test_without_a_choice_doors_and_tickets_are_those_that_are_open_or_open_next(store, browser, hours, shown):
    now, hour = moments.now(), 3600 * 1_000_000
    for name, (opens, closes) in hours.items():
        event = add_event(store, name)
        times = (now + opens * hour, now + closes * hour, event.uuid)
        store.db.run("UPDATE event SET opens_at = ?, closes_at = ? WHERE uuid = ?", times)
    assert f"<h1>{shown}</h1>" in browser.get("/admin/door").text
    assert f"<h1>Tickets · {shown}</h1>" in browser.get("/admin/tickets").text


@pytest.mark.parametrize("uuid", ["x", str(UUID(int=0))])
@pytest.mark.parametrize("path", ["/admin/door?event={}", "/admin/door/{}/events", "/admin/events/{}/forget"])
def test_an_event_that_is_not_there_is_said_so(browser, path, uuid):
    assert browser.get(path.format(uuid)).status_code == 404


def test_a_gate_that_fell_silent_and_open_doors_without_guests_are_told(store, house, gate, browser, open_door):
    now = moments.now()
    store.db.run("UPDATE device SET heartbeat_at = ?", (now - 3 * 60 * 1_000_000,))
    store.db.run("UPDATE event SET opens_at = ?", (now - 11 * 60 * 1_000_000,))
    text = browser.page(open_door).text
    assert "“Gate 1” has been silent since" in text
    assert "doors are open, and nobody came" in text


def test_a_hundred_who_watch_hold_up_no_scan(house, gate, browser):
    _events(browser, house)
    address = urlsplit(browser.base)
    cookie = "; ".join(f"{each.name}={each.value}" for each in browser.session.cookies)
    ask = f"GET /admin/door/{house.event.uuid}/events HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\n\r\n"
    watching = [socket.create_connection((address.hostname, address.port), 60) for _ in range(100)]
    try:
        for viewer in watching:
            viewer.sendall(ask.encode())
        for viewer in watching:  # each is answered, and stays connected as a browser does
            assert viewer.recv(200).startswith(b"HTTP/1.1 200")
        assert gate.scan(house.ticket().qrcode_data).json()["code"] == "ok"
    finally:
        for viewer in watching:
            viewer.close()


@pytest.mark.parametrize(
    ("most", "marks"), [(0, [0, 1]), (1, [0, 1]), (5, [0, 1, 2, 3, 4, 5]), (37, [0, 10, 20, 30, 40])]
)
def test_the_curve_has_round_marks_up_to_its_highest_point(most, marks):
    drawing = curve.draw([(0, 0), (300_000_000, most)])
    assert [value for _, value in drawing.marks] == marks
    assert all(0 <= y <= curve.HEIGHT for _, y, _, _ in drawing.bars)


def test_with_reentry_the_page_tells_who_is_inside_beside_who_was_admitted(store, house, gate, browser, open_door):
    store.db.run("UPDATE event SET reentry = 1")
    out = house.gate("Way out")
    store.db.run("UPDATE device SET direction = 'out' WHERE uuid = ?", (out.uuid,))
    ticket, other = house.ticket(), house.ticket()
    for each in (ticket, other):
        gate.scan(each.qrcode_data)
    for _ in range(2):
        out.scan(ticket.qrcode_data)
    text = browser.page(open_door).text
    assert re.search(r"Admitted\s+2 / 2\s+Inside now: 1\s", text)
    assert re.search(r"Way out\s+exit\s+not inside", text)
    store.db.run("UPDATE event SET reentry = 0")
    assert "Inside now" not in browser.page(open_door).text


def test_who_went_out_since_counts_as_admitted_on_every_page(store, house, gate, browser):
    store.db.run("UPDATE event SET reentry = 1")
    out = house.gate("Way out")
    store.db.run("UPDATE device SET direction = 'out' WHERE uuid = ?", (out.uuid,))
    went, stays, cancelled, elsewhere = (house.ticket() for _ in range(4))
    for each in (went, stays, cancelled):
        gate.scan(each.qrcode_data)
    for each in (went, cancelled):
        out.scan(each.qrcode_data)
    store.db.run("UPDATE ticket SET status = 'cancelled' WHERE uuid = ?", (cancelled.uuid,))
    # By an import, which has no time.
    store.db.run("UPDATE ticket SET status = 'scanned' WHERE uuid = ?", (elsewhere.uuid,))
    house.ticket()
    assert "3 / 4 admitted" in browser.page("/admin/").text
    assert '>4</td><td class="number">3</td>' in browser.get("/admin/events").text
    assert re.search(r"admitted\s*3 / 4\s", browser.page(f"/admin/events/{house.event.uuid}").text)
    assert re.search(r"Admitted\s+3 / 4\s", browser.page(f"/admin/door?event={house.event.uuid}").text)


def test_what_a_gate_says_is_wrong_is_told_in_words(store, gate, browser, open_door):
    told = {"version": "1.0", "uptime_s": 1, "faults": ["camera", "brand_new"], "clock": "2001-01-01T00:00:00Z"}
    assert gate.ask("POST", "/api/scan/heartbeat/", json=told).status_code == 200
    text = browser.page(open_door).text
    assert re.search(r"“Gate 1”, since [\d: -]+: No picture from the camera: .+ Fault “brand_new”\.", text)
    assert re.search(r"The clocks of “Gate 1” and of this server have been \d{4,} d \d+ h apart", text)


def test_the_door_page_is_as_patient_as_the_settings(store, serve, house, gate, browser):
    now = moments.now()
    store.db.run("UPDATE device SET heartbeat_at = ?", (now - 3 * 60 * 1_000_000,))
    store.db.run("UPDATE event SET opens_at = ?", (now - 4 * 60 * 1_000_000,))
    patient = Browser(serve(language="en", pages=Pages(patience=Patience(silent_us=5 * 60 * 1_000_000))))
    patient.session.cookies = browser.session.cookies
    path = f"/admin/door?event={house.event.uuid}"
    assert "has been silent" in browser.page(path).text
    assert "has been silent" not in patient.page(path).text


def test_every_fault_of_our_kiosk_has_its_words():
    assert {f"fault_{fault}" for fault in Fault} <= words.sentences().keys()
