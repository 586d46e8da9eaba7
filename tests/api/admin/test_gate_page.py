"""The page of one gate: how it is in words, what its doctor found, whom it let in; its code while it waits."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from api.devices.devices import Admits, find_device
from api.store import moments
from kiosk.doctor.finding import Level
from kiosk.verdict import Fault

TOLD = {"version": "1.2.0", "uptime_s": 11_100, "state": "ready", "temperature_c": 51.2, "admitted": 30, "refused": 4}


@pytest.fixture
def beat(gate):
    """The gate tells this of itself."""

    def tell(**more):
        answer = gate.ask("POST", "/api/scan/heartbeat/", json={**TOLD, **more})
        assert answer.status_code == 200, answer.text

    return tell


def test_how_a_gate_is_stands_on_its_page_in_words(beat, browser, gate):
    beat(clock=moments.to_rfc3339(moments.now()), queue=2, unanswered=1, last_error="timeout")
    text = browser.page(f"/admin/devices/{gate.uuid}").text
    for told in (
        r"Nothing is wrong",
        r"It shows\s*“ready”",
        r"Version\s*1\.2\.0",
        r"Running for\s*3 h 05 min",
        r"Temperature\s*51 °C",
        r"Its clock\s*right, within a minute",
        r"admitted: 30, refused: 4, without an answer: 0",
        r"questions without an answer: 1, admissions to give back: 2",
        r"Last fault\s*An answer of the server came too late",
    ):
        assert re.search(told, text), told


def test_a_gate_that_told_nothing_is_not_said_to_be_well(browser, gate):
    text = browser.page(f"/admin/devices/{gate.uuid}").text
    assert "Nothing is wrong" not in text
    assert "No ticket yet" in text


@pytest.mark.parametrize(
    ("language", "said"), [("en", "No picture from the camera"), ("fr", "Pas d’image de la caméra")]
)
def test_its_faults_are_told_in_the_visitors_language(store, beat, browser, gate, language, said):
    store.db.run("UPDATE admin SET language = ?", (language,))
    beat(faults=[str(Fault.CAMERA)], clock="2001-01-01T00:00:00Z")
    text = browser.page(f"/admin/devices/{gate.uuid}").text
    assert said in text
    assert re.search(r"\d+ (d|j) \d+ h", text)


def test_what_its_doctor_found_is_listed_with_the_fix_and_is_never_markup(beat, browser, gate):
    worst = {"check": "camera", "level": str(Level.FAIL), "found": "<b>No camera</b>", "fix": "Push the ribbon in"}
    beat(report=[worst, {"check": "clock", "level": "brand_new", "found": "Well"}])
    answer = browser.get(f"/admin/devices/{gate.uuid}").text
    assert "&lt;b&gt;No camera" in answer
    text = browser.page(f"/admin/devices/{gate.uuid}").text
    assert re.search(r"failed\s+camera\s+<b>No camera</b>\s+→ Push the ribbon in\s+brand_new\s+clock\s+Well", text)


def test_its_last_presentations_lead_to_their_tickets(house, gate, browser):
    ticket = house.ticket()
    for code in (ticket.qrcode_data, ticket.qrcode_data, "rubbish"):
        gate.scan(code)
    house.gate("Gate 2").scan(house.ticket().qrcode_data)
    page = browser.page(f"/admin/devices/{gate.uuid}")
    assert re.search(r"in\s+not a ticket\s+–\s.*in\s+already used\s.*in\s+accepted\s", page.text, re.DOTALL)
    links = [link["href"] for link in page.all("a") if link["href"].startswith("/admin/tickets/")]
    assert links == [f"/admin/tickets/{ticket.uuid}"] * 2
    assert browser.get(links[0]).status_code == 200


def test_every_act_and_answer_of_a_gate_can_be_shown(store, house, gate, browser):
    (device,) = store.db.run("SELECT id FROM device").fetchone()
    codes = ["annul_too_late", "not_in_force", "unknown_scan", "ok"]
    for action in ("scan", "out", "check", "annul"):
        for code in codes:
            store.db.run(
                "INSERT INTO scan_line (action, device_id, code, arrived_at) VALUES (?, ?, ?, 1)",
                (action, device, code),
            )
    text = browser.page(f"/admin/devices/{gate.uuid}").text
    assert text.count("too late to give back") == 4


def test_a_gate_is_edited_renewed_and_archived_on_its_page(store, gate, browser):
    page = browser.page(f"/admin/devices/{gate.uuid}")
    acts = {form["action"] for form in page.all("form")}
    assert acts >= {f"/admin/devices/{gate.uuid}{act}" for act in ("", "/renew", "/archive")}
    browser.post(f"/admin/devices/{gate.uuid}", {"name": "Way out", "direction": "out"})
    assert find_device(store, UUID(gate.uuid)).admits == Admits(direction="out")
    browser.post(f"/admin/devices/{gate.uuid}/archive")
    assert len(browser.page(f"/admin/devices/{gate.uuid}").all("form")) < len(page.all("form"))


@pytest.mark.parametrize("text", ["no JSON", '{"faults": 5, "report": [7], "uptime_s": "long", "state": "new_state"}'])
def test_an_odd_heartbeat_breaks_no_page(store, gate, browser, text):
    store.db.run("UPDATE device SET heartbeat_at = 1, heartbeat = ?", (text,))
    assert browser.get(f"/admin/devices/{gate.uuid}").status_code == 200


def test_the_list_says_when_a_gate_was_last_heard_of_by_a_scan_too(store, house, gate, browser):
    gate.scan(house.ticket().qrcode_data)
    store.db.run("UPDATE scan_line SET arrived_at = ?", (1_800_000_000_000_000,))
    assert "2027-01-15" in browser.page("/admin/devices").text
