"""Events on the web: made, edited, sold, imported; whatever is typed."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from api.admin import times
from api.tickets.events import list_events
from api.tickets.keys import new_pair

from .conftest import Page

PARIS = ZoneInfo("Europe/Paris")
EVIL = "<script>alert(1)</script>"


def _event(store):
    return list_events(store)[-1]


def test_an_event_is_made_with_its_times_and_can_be_edited(store, browser):
    form = {"name": "Concert", "opens_at": "2026-07-14T18:00", "closes_at": "2026-07-15T02:00", "reentry": "1"}
    page = browser.post("/admin/events/new", form)
    assert "The event is made." in page.text
    event = _event(store)
    row = "SELECT name, opens_at, closes_at, reentry FROM event WHERE uuid = ?"
    name, opens_at, closes_at, reentry = store.db.run(row, (event.uuid,)).fetchone()
    assert (name, closes_at - opens_at, reentry) == ("Concert", 8 * 3600 * 1_000_000, 1)
    browser.post(f"/admin/events/{event.uuid}", {"name": "Bal", "opens_at": "", "closes_at": ""})
    assert store.db.run(row, (event.uuid,)).fetchone() == ("Bal", None, None, 0)


@pytest.mark.parametrize(
    "form",
    [
        {"name": " "},
        {"name": "x" * 201},
        {"name": "Concert", "opens_at": "2026-07-14T18:00", "closes_at": "2026-07-14T18:00"},
        {"name": "Concert", "opens_at": "tonight"},
        {"name": "Concert", "opens_at": "0001-01-01T00:00"},
        {"name": "Concert", "public_key": "no key", "uuid": "8b1b6f1e-0000-4000-8000-000000000000"},
        {"name": "Concert", "public_key": new_pair()[1], "uuid": "no uuid"},
    ],
)
def test_an_event_that_can_not_be_is_refused_in_a_sentence_and_not_made(store, browser, form):
    answer = browser.post("/admin/events/new", form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert list_events(store) == []


def test_what_was_typed_about_an_event_stays_in_the_form_that_says_what_is_wrong(store, browser):
    times_typed = {"starts_at": "2026-07-14T20:00", "opens_at": "2026-07-14T18:00", "closes_at": "2026-07-14T17:00"}
    typed = {"name": "Bal d'été", **times_typed, "uuid": "no uuid", "public_key": "", "reentry": "1"}
    browser.post("/admin/events/new", {"name": "Concert"})
    path = f"/admin/events/{_event(store).uuid}"
    for page in (Page(browser.post(to, typed).text) for to in ("/admin/events/new", path)):
        assert "The doors close before they open" in page.text
        fields = {field.get("name"): field for field in page.all("input")}
        assert {name: fields[name]["value"] for name in ("name", *times_typed)} == {"name": "Bal d'été", **times_typed}
        assert "checked" in fields["reentry"]
    page = Page(browser.post(f"{path}/offer", {"product": "Place", "price": "Plein", "amount": "12 €"}).text)
    values = {field.get("name"): field.get("value") for field in page.all("input")}
    assert (values["product"], values["price"], values["amount"]) == ("Place", "Plein", "12 €")


def _was(browser, path):
    return next(field["value"] for field in browser.page(path).all("input") if field.get("name") == "was")


def test_of_two_who_edit_an_event_the_second_is_told_what_the_first_has_changed(store, browser):
    browser.post("/admin/events/new", {"name": "Concert", "opens_at": "2026-07-14T20:00"})
    path = f"/admin/events/{_event(store).uuid}"
    one, other = _was(browser, path), _was(browser, path)
    browser.post(path, {"name": "Concert", "opens_at": "2026-07-14T18:00", "was": one})
    mine = {"name": "Grand concert", "opens_at": "2026-07-14T20:00"}
    told = browser.post(path, {**mine, "was": other})
    assert told.status_code == 400
    assert "Somebody else has edited this event" in told.text
    assert "Doors open: 2026-07-14 18:00" in told.text
    assert _event(store).name == "Concert"
    now = next(field["value"] for field in Page(told.text).all("input") if field.get("name") == "was")
    assert browser.post(path, {**mine, "was": now}).status_code == 200
    assert _event(store).name == "Grand concert"


def test_a_mistake_in_between_does_not_hide_that_another_has_edited_the_event(store, browser):
    browser.post("/admin/events/new", {"name": "Concert"})
    path = f"/admin/events/{_event(store).uuid}"
    was = _was(browser, path)
    browser.post(path, {"name": "Bal"})
    page = Page(browser.post(path, {"name": "Concert", "opens_at": "tonight", "was": was}).text)
    kept = next(field["value"] for field in page.all("input") if field.get("name") == "was")
    assert "Somebody else" in browser.post(path, {"name": "Concert", "was": kept}).text


def test_names_are_shown_as_they_were_typed_and_run_as_nothing(store, browser):
    browser.post("/admin/events/new", {"name": EVIL})
    uuid = _event(store).uuid
    browser.post(f"/admin/events/{uuid}/offer", {"product": EVIL, "price": EVIL, "amount": "12,50"})
    for path in ("/admin/", "/admin/events", f"/admin/events/{uuid}"):
        page = browser.page(path)
        assert EVIL in page.text
        assert all(script.get("src", "").startswith("/admin/static/") for script in page.all("script"))


def test_what_is_sold_is_listed_with_its_amount_and_can_be_taken_out(store, browser):
    browser.post("/admin/events/new", {"name": "Concert"})
    uuid = _event(store).uuid
    assert "12.50" in browser.post(f"/admin/events/{uuid}/offer", {"product": "Place", "amount": "12,5"}).text
    assert "15.00" in browser.post(f"/admin/events/{uuid}/offer", {"product": "Place", "amount": "15"}).text
    assert browser.post(f"/admin/events/{uuid}/offer", {"product": "Place", "amount": "-1"}).status_code == 400
    page = browser.post(f"/admin/events/{uuid}/offer/remove", {"product": "Place"}).text
    assert "15.00" not in page


def test_an_event_of_another_server_is_imported_by_its_public_key(store, browser):
    uuid = "8b1b6f1e-0000-4000-8000-000000000001"
    browser.post("/admin/events/new", {"name": "TiBillet", "uuid": uuid, "public_key": new_pair()[1]})
    assert _event(store).uuid == uuid
    assert "imported" in browser.page("/admin/events").text


def test_every_change_leaves_a_line_with_who_did_it(store, browser):
    browser.post("/admin/events/new", {"name": "Concert"})
    browser.post(f"/admin/events/{_event(store).uuid}", {"name": "Bal"})
    lines = store.db.run("SELECT l.act, a.name FROM admin_line l JOIN admin a ON a.id = l.admin_id ORDER BY l.id")
    assert lines.fetchall()[-2:] == [("event.add", "Camille"), ("event.edit", "Camille")]


def test_a_time_is_read_in_the_zone_and_the_hour_that_the_clocks_skip_is_refused():
    assert times.read("2026-07-14T18:00", PARIS) == datetime(2026, 7, 14, 16, tzinfo=UTC).timestamp() * 1_000_000
    assert times.read("", PARIS) is None
    with pytest.raises(times.NoSuchTimeError):
        times.read("2026-03-29T02:30", PARIS)
    assert times.read("2026-10-25T02:30", PARIS) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1_000_000


@pytest.mark.parametrize(
    "path", ["/admin/events/none", "/admin/events/8b1b6f1e-0000-4000-8000-0000000000ff", "/admin/no"]
)
def test_what_is_not_there_is_said_on_a_page(browser, path):
    answer = browser.get(path)
    assert answer.status_code in (400, 404)
    assert "<h1>" in answer.text
