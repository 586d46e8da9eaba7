"""Forgetting an event's guests on the web: told before what goes, done when its name was typed, noted by whom."""

from __future__ import annotations

import pytest

from api.store import moments

GUEST = {"first_name": "Zéphyrine", "last_name": "Quatremère", "email": "zephyrine@quatremere.example"}


@pytest.fixture
def path(house):
    house.ticket(**GUEST)
    house.ticket(**GUEST)
    return f"/admin/events/{house.event.uuid}/forget"


def _names(house):
    return house.store.db.run("SELECT COUNT(last_name) FROM ticket").fetchone()[0]


def test_the_page_counts_what_would_go_and_changes_nothing(house, browser, path):
    page = browser.page(path)
    assert "Names on tickets: 2" in page.text
    assert "Mails and languages of orders: 2" in page.text
    assert "Backups made before still hold these names" in page.text
    assert [field["name"] for field in page.all("input") if field.get("type") != "hidden"] == ["name"]
    assert _names(house) == 2
    assert path in browser.get(f"/admin/events/{house.event.uuid}").text


@pytest.mark.parametrize("typed", ["", "concert", "Concert", "yes"])
def test_another_name_forgets_nobody(house, browser, path, typed):
    answer = browser.post(path, {"name": typed})
    assert answer.status_code == 400
    assert "Nothing was forgotten" in answer.text
    assert _names(house) == 2


def test_the_events_name_forgets_its_guests_and_says_so_and_who_did_it_is_noted(house, browser, path):
    answer = browser.post(path, {"name": f" {house.event.name} "})
    assert "Forgotten: 2 names, 2 mails, 0 imported rows." in answer.text
    assert _names(house) == 0
    told = "SELECT admin_id, subject FROM admin_line WHERE act = 'event.forget'"
    assert house.store.db.run(told).fetchall() == [(1, house.event.uuid)]
    assert "Names on tickets: 0" in browser.page(path).text


def test_open_doors_forget_nobody(house, browser, path):
    with house.store.writing():
        house.store.db.run("UPDATE event SET closes_at = ?", (moments.now() + 3600 * 1_000_000,))
    answer = browser.post(path, {"name": house.event.name})
    assert answer.status_code == 400
    assert _names(house) == 2


def test_strangers_and_unknown_events_are_turned_away(browser, stranger, path):
    assert stranger.post(path, {"name": "Concert de la République"}).status_code == 403
    for odd in ("x", "8b1b6f1e-0000-4000-8000-0000000000ff"):
        assert browser.get(f"/admin/events/{odd}/forget").status_code in (400, 404)
