"""Gates on the web: made by the dozen, paired by their code, told what to admit, revoked, archived."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest
import requests

from api.devices.devices import Admits, find_device, list_devices
from api.tickets import issue
from tests import needs

from .conftest import Page


def _pairing_url(page):
    return re.search(r'id="pairing-url">([^<]+)<', page)[1]


def _made(browser, store, **form):
    browser.post("/admin/devices", {"name": "Gate", **form})
    return list_devices(store)[-1].uuid


def test_a_gate_is_made_and_paired_by_the_code_on_its_page(store, browser):
    uuid = _made(browser, store)
    page = browser.page(f"/admin/devices/{uuid}")
    assert [image["alt"] for image in page.all("img")] == ["Pairing code of Gate"]
    key = requests.get(_pairing_url(browser.get(f"/admin/devices/{uuid}").text)).json()["api_key"]
    headers = {"Authorization": f"Api-Key {key}"}
    assert requests.get(f"{browser.base}/api/scan/test_api/", headers=headers).status_code == 200
    assert "pairing-url" not in browser.get(f"/admin/devices/{uuid}").text  # used up: shown no more


def test_fifty_gates_are_made_at_once_and_stand_on_one_sheet(store, browser):
    page = browser.post("/admin/devices", {"name": "Gate", "count": "50"}).text
    assert page.count("<img") == 50
    assert [device.name for device in list_devices(store)] == [f"Gate {number}" for number in range(1, 51)]


def test_many_gates_of_a_long_name_keep_their_numbers(store, browser):
    browser.post("/admin/devices", {"name": "g" * 200, "count": "12"})
    names = [device.name for device in list_devices(store)]
    assert [name.lstrip("g") for name in names] == [f" {number}" for number in range(1, 13)]
    assert max(map(len, names)) == 200


@pytest.mark.parametrize("count", ["1", "3"])
def test_gates_without_a_name_are_not_made(store, browser, count):
    assert browser.post("/admin/devices", {"name": "  ", "count": count}).status_code == 400
    assert list_devices(store) == []


def test_of_two_who_edit_a_gate_the_second_is_told_and_changes_nothing(store, browser):
    path = f"/admin/devices/{_made(browser, store)}"
    was = [next(each["value"] for each in browser.page(path).all("input") if each.get("name") == "was")] * 2
    assert browser.post(path, {"name": "Way out", "direction": "out", "was": was[0]}).status_code == 200
    told = browser.post(path, {"name": "Gate", "direction": "in", "was": was[1]})
    assert (told.status_code, "It stands at: Way out · exit · every event · every product" in told.text) == (409, True)
    assert (list_devices(store)[-1].name, list_devices(store)[-1].admits.direction) == ("Way out", "out")


def test_who_was_told_that_another_edited_the_gate_finds_what_he_typed_and_may_save_it(store, house, browser):
    issue.add_tickets(store, UUID(house.event.uuid), issue.Order(product="Place"))
    path = f"/admin/devices/{_made(browser, store)}"
    was = next(each["value"] for each in browser.page(path).all("input") if each.get("name") == "was")
    browser.post(path, {"name": "Way out", "was": was})
    typed = {"name": "Gate 7", "direction": "out", "product": "Place", "was": was}
    page = Page(browser.post(path, typed).text)
    given = {each["name"]: each["value"] for each in page.all("input") if each.get("type") not in ("radio", "checkbox")}
    ticked = {each["name"]: each["value"] for each in page.all("input") if "checked" in each}
    assert (given["name"], ticked) == ("Gate 7", {"direction": "out", "product": "Place"})
    assert browser.post(path, {**typed, "was": given["was"]}).status_code == 200
    assert (list_devices(store)[-1].name, list_devices(store)[-1].admits) == ("Gate 7", Admits((), ("Place",), "out"))


def test_two_who_set_a_gate_to_the_same_are_not_told_of_each_other(store, browser):
    path = f"/admin/devices/{_made(browser, store)}"
    was = [next(each["value"] for each in browser.page(path).all("input") if each.get("name") == "was")] * 2
    assert [browser.post(path, {"name": "Gate 7", "was": each}).status_code for each in was] == [200, 200]


def test_a_rule_that_can_not_be_is_said_above_the_form_which_keeps_what_was_typed(store, browser):
    path = f"/admin/devices/{_made(browser, store)}"
    answer = browser.post(path, {"name": "Gate 7", "product": "Gone", "direction": "out"})
    assert answer.status_code == 400
    assert next(each["value"] for each in Page(answer.text).all("input") if each.get("name") == "name") == "Gate 7"


@needs.on_sqlite  # where it can be seen that both wait for the database
def test_of_two_who_edit_a_gate_at_the_same_moment_one_is_told(store, browser):
    path = f"/admin/devices/{_made(browser, store)}"
    was = next(each["value"] for each in browser.page(path).all("input") if each.get("name") == "was")
    with ThreadPoolExecutor(2) as pool:
        with store.writing():
            told = [pool.submit(browser.post, path, {"name": name, "was": was}) for name in ("Way out", "Way in")]
            deadline = time.monotonic() + 60
            while len(store.db._turns._queue) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.005)
        assert sorted(each.result(60).status_code for each in told) == [200, 409]


@pytest.mark.parametrize("count", ["0", "201", "-1", "²", "many", "9" * 5000])
def test_a_number_that_is_none_makes_no_gate(store, browser, count):
    assert browser.post("/admin/devices", {"name": "Gate", "count": count}).status_code == 400
    assert list_devices(store) == []


def test_what_a_gate_admits_is_kept_and_counts_for_the_next_scan(store, house, gate, browser):
    other = house.store.db.run("SELECT uuid FROM device").fetchone()[0]
    issue.add_tickets(store, UUID(house.event.uuid), issue.Order(product="Place"))
    browser.post("/admin/events/new", {"name": "Other"})
    elsewhere = store.db.run("SELECT uuid FROM event WHERE name = 'Other'").fetchone()[0]
    form = {"name": "Exit", "event": elsewhere, "product": "Place", "direction": "out"}
    browser.post(f"/admin/devices/{other}", form)
    assert find_device(store, UUID(other)).admits == Admits((elsewhere,), ("Place",), "out")
    assert gate.scan(house.ticket().qrcode_data).json()["code"] == "wrong_event"


def test_a_rule_about_what_is_not_there_changes_nothing(store, browser):
    uuid = _made(browser, store)
    answer = browser.post(f"/admin/devices/{uuid}", {"name": "New name", "product": "Nothing"})
    assert answer.status_code == 400
    assert find_device(store, UUID(uuid)).name == "Gate"


def test_a_revoked_gate_is_refused_at_once_and_is_the_same_device_when_paired_anew(store, house, gate, browser):
    page = browser.post(f"/admin/devices/{gate.uuid}/renew").text
    assert gate.ask("GET", "/api/scan/test_api/").status_code == 401
    again = requests.get(_pairing_url(page)).json()
    assert again["device_uuid"] == gate.uuid
    gate.key = again["api_key"]
    assert gate.scan(house.ticket().qrcode_data).json()["code"] == "ok"


def test_an_archived_gate_is_refused_at_once_and_stays_in_the_list_of_those(store, gate, browser):
    browser.post(f"/admin/devices/{gate.uuid}/archive")
    assert gate.ask("GET", "/api/scan/test_api/").status_code == 403
    assert gate.uuid not in browser.get("/admin/devices").text
    assert gate.uuid in browser.get("/admin/devices?archived=1").text
    assert browser.post(f"/admin/devices/{gate.uuid}/renew").status_code == 400


def test_every_act_on_a_gate_is_in_the_audit_log(store, browser):
    uuid = _made(browser, store)
    for act in ("", "/renew", "/archive"):
        browser.post(f"/admin/devices/{uuid}{act}", {"name": "Gate"})
    acts = [row[0] for row in store.db.run("SELECT act FROM admin_line WHERE subject = ? ORDER BY id", (uuid,))]
    assert acts == ["device.add", "device.edit", "device.renew", "device.archive"]


def test_all_codes_are_one_pdf_to_be_sent(store, browser):
    _made(browser, store, count="7")
    answer = browser.get("/admin/devices/sheet.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("query", "days"), [("", 2), ("?days=7", 7), ("?days=99", 2)])
def test_the_page_of_codes_says_until_when_they_are_good_and_so_they_are(store, browser, query, days):
    _made(browser, store, count="2")
    before = time.time() // 60 * 60  # the page tells minutes
    page = browser.get(f"/admin/devices/sheet{query}").text
    told = re.search(r"good until (\d{4}-\d\d-\d\d \d\d:\d\d)", page)[1]
    until = datetime.strptime(told, "%Y-%m-%d %H:%M").astimezone().timestamp()
    assert before <= until - days * 24 * 3600 <= time.time()
    assert f'href="/admin/devices/sheet.pdf?days={days}"' in page


def test_without_a_gate_that_waits_there_is_no_pdf_and_the_page_says_why(browser):
    answer = browser.get("/admin/devices/sheet.pdf")
    assert answer.status_code == 400
    assert "No gate waits" in answer.text
