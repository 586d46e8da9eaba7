"""The first page: what to do next, and the events that matter now."""

from __future__ import annotations

import json
import subprocess
import sys
from uuid import UUID

import psycopg
import pytest

from api.admin.sessions import COOKIE
from api.store import moments
from api.tickets import programme
from api.tickets.events import add_event
from api.tickets.programme import Programme
from tests import needs, processes

from .conftest import Browser, Page

PAGES = [f"/admin/{name}" for name in ("", "door", "events", "tickets", "devices", "audit", "backups")]
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


def test_who_is_signed_in_keeps_language_and_sections_where_an_address_leads_nowhere(browser, stranger):
    french = {"Accept-Language": "fr"}
    answer = browser.get("/admin/nothing", headers=french)
    assert (answer.status_code, 'href="/admin/events"' in answer.text, 'lang="en"' in answer.text) == (404, True, True)
    answer = stranger.get("/admin/nothing", headers=french)
    assert (answer.status_code, 'href="/admin/events"' in answer.text, 'lang="fr"' in answer.text) == (404, False, True)


@pytest.mark.parametrize("cookie", ["é", "\x00", '"', "portillon=\xff", "x" * 5000])
def test_a_cookie_that_is_none_of_ours_breaks_no_page(stranger, cookie):
    told = {"Cookie": f"{COOKIE}={cookie}".encode("latin-1")}
    assert stranger.get("/admin/nothing", headers=told).status_code in (400, 404)
    assert stranger.get("/admin/sign-in", headers=told).status_code in (200, 400)


@needs.on_postgresql
def test_a_database_that_does_not_answer_is_said_so_on_a_page_that_is_there_again_later(postgres, browser):
    postgres.stop()
    try:
        answer = browser.get("/admin/events")
        lost = browser.get("/admin/nothing")
    finally:
        postgres.start()
    assert (lost.status_code, "/admin/events" in lost.text) == (404, False)  # who is signed in can't be known now
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "The database does not answer" in Page(answer.text).text
    assert browser.get("/admin/events").status_code == 200


def _last_seen_long_ago(store):
    with store.writing():
        store.db.run("UPDATE admin_session SET seen_at = seen_at - 120000000")


def _told_on(browser):
    return {path: browser.get(path, allow_redirects=False).status_code for path in PAGES}


@needs.on_sqlite
def test_a_disk_that_takes_nothing_more_keeps_nobody_who_is_signed_in_from_looking(
    store, house, browser, database_url, tmp_path
):
    """At a server of its own; the cookie is good there too."""
    command = [sys.executable, "-m", "api", "serve", "--database", database_url, "--port", "0", "--json"]
    pipes = {"stdout": subprocess.PIPE, "text": True}
    with (tmp_path / "log").open("w") as log, processes.running(command, stderr=log, **pipes) as process:
        there = Browser(json.loads(processes.first_line(process))["url"], browser.session)
        _last_seen_long_ago(store)
        with processes.out_of_room(process):
            assert _told_on(there) == dict.fromkeys(PAGES, 200)
            assert there.post(f"/admin/events/{house.event.uuid}", {"name": "Bal"}).status_code == 503


@needs.on_postgresql
def test_a_standby_that_may_only_be_read_keeps_nobody_who_is_signed_in_from_looking(
    store, house, postgres_url, browser
):
    _last_seen_long_ago(store)
    store.db.close_everywhere()
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        name = postgres_url.rpartition("/")[2]
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        admin.execute("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert _told_on(browser) == dict.fromkeys(PAGES, 200)
