"""The first page: what to do next, and the events that matter now."""

from __future__ import annotations

from uuid import UUID

from api.store import moments
from api.tickets import programme
from api.tickets.events import add_event
from api.tickets.programme import Programme
from tests import needs

from .conftest import Page

HOUR = 3600 * 1_000_000


def _event(store, name, begins_in_h, lasts_h=4):
    begins = moments.now() + begins_in_h * HOUR
    wanted = Programme(name, starts_at=begins, closes_at=begins + lasts_h * HOUR)
    uuid = UUID(add_event(store, name).uuid)
    with store.writing():
        programme.edit(store, uuid, wanted)


def test_tonights_event_comes_first_then_what_is_near_and_what_is_over_last(store, browser):
    for name, begins_in_h in (("Tonight", -1), ("Tomorrow", 24), ("Last week", -168), ("Next month", 720)):
        _event(store, name, begins_in_h)
    text = browser.page("/admin/").text
    assert text.index("Tonight") < text.index("Tomorrow") < text.index("Next month") < text.index("Last week")


def test_tonights_event_is_there_however_many_were_made_after_it(store, browser):
    _event(store, "Tonight", 1)
    for number in range(15):
        _event(store, f"Some day {number}", 1000 + number)
    assert "Tonight" in browser.page("/admin/").text


def test_a_newcomer_is_led_from_the_first_event_to_the_doors(store, house, browser):
    done = [item.get("class") for item in browser.page("/admin/").all("li")]
    assert "done" in done  # the event is there
    house.ticket()
    house.gate()
    assert "To begin" not in browser.page("/admin/").text


@needs.on_postgresql
def test_a_database_that_does_not_answer_is_said_so_on_a_page_that_is_there_again_later(postgres, browser):
    postgres.stop()
    try:
        answer = browser.get("/admin/events")
    finally:
        postgres.start()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "The database does not answer" in Page(answer.text).text
    assert browser.get("/admin/events").status_code == 200
