"""A form that is sent twice, as a double click does, acts once; one that is sent anew from a fresh page acts again."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from api.admin import once, people

from .conftest import PASSWORD


def _number(browser, path):
    return re.search(r'name="once" value="([^"]+)"', browser.get(path).text)[1]


def _twice(browser, path, form):
    """Both answers to one form, sent at the same time; their redirects are not followed."""
    form = {"csrf": browser.token(), **form}

    def send(_):
        cookies = browser.session.cookies.get_dict()
        address = f"{browser.base}{path}"
        return requests.post(address, data=form, cookies=cookies, timeout=60, allow_redirects=False)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(send, range(2)))


def _count(store, table):
    return store.db.run(f"SELECT COUNT(*) FROM {table}").fetchone()[0]


@pytest.mark.parametrize(
    ("path", "form", "table", "wanted"),
    [
        ("/admin/tickets", {"last_name": "Lot", "count": "50"}, "ticket", 50),
        ("/admin/devices", {"name": "Gate", "count": "50"}, "device", 50),
        ("/admin/events/new", {"name": "Ball"}, "event", 2),
    ],
)
def test_a_double_click_makes_what_one_click_makes(store, house, browser, path, form, table, wanted):
    form = {"event": house.event.uuid, "once": _number(browser, path), **form}
    answers = _twice(browser, path, form if path == "/admin/tickets" else {**form, "event": []})
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert _count(store, table) == wanted


def test_a_fresh_page_or_another_text_is_another_form(store, house, browser):
    path = f"/admin/tickets?event={house.event.uuid}"
    form = {"event": house.event.uuid, "last_name": "Lot", "count": "1"}
    number = _number(browser, path)
    for more in ({"once": number}, {"once": number, "last_name": "Roy"}, {"once": _number(browser, path)}):
        browser.post("/admin/tickets", {**form, **more})
    assert _count(store, "ticket") == 3


def test_the_same_form_acts_again_once_nobody_can_still_be_clicking(store, house, browser, monkeypatch):
    monkeypatch.setattr(once, "_KEPT_S", -1.0)
    form = {"event": house.event.uuid, "once": _number(browser, f"/admin/tickets?event={house.event.uuid}")}
    assert all(browser.post("/admin/tickets", form).status_code == 200 for _ in range(2))
    assert _count(store, "ticket") == 2


def test_a_double_click_on_the_set_up_link_signs_in_and_does_not_say_that_it_was_used(store, stranger):
    path = f"/admin/set-up/{people.invite(store)}"
    form = {"name": "Camille", "password": PASSWORD, "again": PASSWORD, "once": _number(stranger, path)}
    answers = _twice(stranger, path, form)
    assert [answer.status_code for answer in answers] == [303, 303]
    for answer in answers:
        cookies = answer.cookies.get_dict()
        assert requests.get(f"{stranger.base}/admin/account", cookies=cookies, timeout=60).url.endswith("/account")
        assert "HttpOnly" in answer.headers["Set-Cookie"]
