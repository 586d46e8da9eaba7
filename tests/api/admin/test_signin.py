"""Set-up, sign-in and sign-out: who gets in, and who does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from api.admin import passwords, people
from api.admin.passwords import WeakPasswordError
from api.admin.visit import Visit
from api.devices.limiter import FAILURES
from api.tickets.events import list_events

from .conftest import PASSWORD, Browser


def _sign_in(browser, name="Camille", password=PASSWORD, **more):
    return browser.session.post(f"{browser.base}/admin/sign-in", data={"name": name, "password": password, **more})


def test_the_set_up_link_makes_one_account_and_is_dead_then(store, base):
    link = f"/admin/set-up/{people.invite(store)}"
    form = {"name": "Camille", "password": PASSWORD, "again": PASSWORD}
    first, second = Browser(base), Browser(base)
    assert first.get(link).status_code == 200  # looking uses nothing up
    assert "Hello Camille" in first.session.post(base + link, data=form, headers={"Accept-Language": "en"}).text
    assert second.get(link).status_code == 410
    assert second.session.post(base + link, data={**form, "name": "Mallory"}).status_code == 410
    assert [person.name for person in people.everybody(store)] == ["Camille"]


def test_a_link_older_than_a_day_makes_nobody_an_admin(store, base):
    secret = people.invite(store)
    store.db.run("UPDATE admin_invitation SET expires_at = created_at - 1")
    assert Browser(base).get(f"/admin/set-up/{secret}").status_code == 410


def test_a_second_invitation_gives_a_lost_password_anew_and_ends_the_old_sessions(store, browser):
    form = {"name": "Camille", "password": "une autre phrase", "again": "une autre phrase"}
    browser_2 = Browser(browser.base)
    browser_2.session.post(f"{browser.base}/admin/set-up/{people.invite(store)}", data=form)
    assert _sign_in(Browser(browser.base)).status_code == 403
    assert browser.get("/admin/events", allow_redirects=False).status_code == 303
    assert browser_2.get("/admin/events", allow_redirects=False).status_code == 200


@pytest.mark.parametrize("password", ["short", "1111111111", "camille", "x" * 201, "0123456789"])
def test_a_password_that_is_tried_first_is_refused(password):
    with pytest.raises(WeakPasswordError):
        passwords.check_strength(password, "Camille")


def test_a_password_is_kept_as_a_salted_hash_only(store, costly_passwords, browser):
    (kept,) = store.db.run("SELECT password FROM admin").fetchone()
    assert kept.startswith("scrypt$65536$8$2$")
    assert kept != passwords.make(PASSWORD)
    assert passwords.fits(PASSWORD, kept)
    assert not passwords.fits(PASSWORD + "x", kept)


def test_the_right_name_and_password_sign_in_and_others_do_not(browser):
    stranger = Browser(browser.base)
    assert _sign_in(stranger, password="wrong password").status_code == 403
    assert _sign_in(stranger, name="Nobody").status_code == 403
    assert stranger.get("/admin/", allow_redirects=False).status_code == 303
    assert _sign_in(stranger, next="/admin/events").url.endswith("/admin/events")


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/admin/\\evil", "/other"])
def test_nobody_is_sent_elsewhere_after_signing_in(browser, onward):
    answer = _sign_in(Browser(browser.base), next=onward)
    assert answer.url == f"{browser.base}/admin/"


def test_the_session_cookie_is_closed_to_scripts_to_other_sites_and_to_the_gates_paths(browser):
    cookie = next(iter(browser.session.cookies))
    assert (cookie.name, cookie.path, cookie.secure) == ("portillon_session", "/admin", False)
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert str(cookie._rest.get("SameSite")).lower() == "lax"


def test_behind_a_trusted_proxy_with_tls_the_cookie_is_secure_and_hsts_is_told(store, base):
    answer = Browser(base).session.post(
        f"{base}/admin/set-up/{people.invite(store)}",
        data={"name": "Camille", "password": PASSWORD, "again": PASSWORD},
        headers={"X-Forwarded-Proto": "https"},
        allow_redirects=False,
    )
    assert "; secure" in answer.headers["Set-Cookie"].lower()
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_session_is_not_taken_over_from_before_the_sign_in(browser):
    before = browser.session.cookies["portillon_session"]
    _sign_in(browser)
    assert browser.session.cookies["portillon_session"] != before
    browser.session.cookies.clear()
    answer = browser.get("/admin/", cookies={"portillon_session": before}, allow_redirects=False)
    assert answer.status_code == 303


def test_signing_out_ends_the_session_on_the_server(browser):
    cookie = browser.session.cookies["portillon_session"]
    browser.post("/admin/sign-out")
    answer = browser.get("/admin/events", cookies={"portillon_session": cookie}, allow_redirects=False)
    assert answer.status_code == 303


@pytest.mark.parametrize(("column", "hours"), [("seen_at", 13), ("created_at", 8 * 24)])
def test_a_session_ends_when_it_is_idle_and_when_it_is_old(store, browser, column, hours):
    store.db.run(f"UPDATE admin_session SET {column} = {column} - ?", (hours * 3600 * 1_000_000,))
    assert browser.get("/admin/", allow_redirects=False).status_code == 303


@pytest.mark.parametrize("csrf", ["", "0" * 64, "é"])
def test_a_form_without_the_sessions_own_token_changes_nothing(store, browser, csrf):
    answer = browser.post("/admin/events/new", {"name": "Concert", "csrf": csrf})
    assert answer.status_code == 403
    assert list_events(store) == []


@pytest.mark.parametrize("header", ["Origin", "Referer"])
def test_a_form_sent_from_another_site_changes_nothing(store, browser, header):
    headers = {"Origin": "", header: "https://evil.example/admin/"}
    answer = browser.post("/admin/events/new", {"name": "Concert"}, headers=headers)
    assert answer.status_code == 403
    assert list_events(store) == []


@pytest.mark.parametrize("origin", ["http://[::1", "https://[evil]/"])
def test_a_form_whose_origin_is_no_address_changes_nothing(store, browser, origin):
    answer = browser.post("/admin/events/new", {"name": "Concert"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert list_events(store) == []


@pytest.mark.parametrize("odd", ["%ff", "%ed%a0%80", "%C3", "%00"])
def test_what_is_no_text_in_an_address_or_a_form_is_no_fault_of_the_server(browser, stranger, odd):
    for visitor, path in ((stranger, "/admin/sign-in"), (browser, "/admin/tickets"), (browser, "/admin/audit")):
        assert visitor.get(f"{path}?search={odd}&{odd}=1").status_code == 200
    assert stranger.get(f"/admin/nothing?{odd}").status_code == 404
    form = f"name=Camille{odd}&password={odd}"
    answer = stranger.session.post(
        f"{stranger.base}/admin/sign-in",
        form,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=60,
    )
    assert answer.status_code == 403


def test_after_too_many_failures_one_waits_whatever_the_password(browser):
    stranger = Browser(browser.base)
    wrong = [_sign_in(stranger, name="Nobody", password="wrong").status_code for _ in range(FAILURES + 1)]
    assert wrong[0] == 403
    assert wrong[-1] == 429
    assert int(_sign_in(stranger).headers["Retry-After"]) > 0


@pytest.mark.parametrize("name", ["Camille", "x" * 201], ids=["blanks", "length"])
def test_failures_of_one_name_count_together_from_anywhere_and_however_it_is_typed(browser, monkeypatch, name):
    anywhere = map("10.0.0.{}".format, count())
    monkeypatch.setattr(Visit, "address", property(lambda _: next(anywhere)))
    more = " " if name == "Camille" else "x"
    wrong = [_sign_in(browser, name=name + more * n, password="wrong").status_code for n in range(FAILURES + 1)]
    assert (wrong[0], wrong[-1]) == (403, 429)


def test_every_answer_forbids_scripts_frames_and_forms_of_others(browser):
    for path in ("/admin/", "/admin/sign-in", "/admin/nothing", "/admin/static/portillon.css"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["key", "self", "language", ""])
def test_a_notice_in_an_address_breaks_no_page_whatever_is_to_fill_it(browser, stranger, name):
    for visitor, path in ((browser, "/admin/events"), (stranger, "/admin/sign-in")):
        answer = visitor.get(path, params={"notice": "done_signed_out", f"n_{name}": "x"})
        assert answer.status_code == 200
        assert "You are signed out." in answer.text or "Vous êtes déconnecté." in answer.text


def test_the_password_is_changed_by_who_knows_the_old_one(browser):
    new = {"password": "une autre phrase", "again": "une autre phrase"}
    assert browser.post("/admin/account/password", {"old": "wrong one!", **new}).status_code == 403
    assert browser.post("/admin/account/password", {"old": PASSWORD, **new}).status_code == 200
    assert _sign_in(Browser(browser.base), password=PASSWORD).status_code == 403
    assert _sign_in(Browser(browser.base), password="une autre phrase").status_code == 200


def test_a_password_that_is_changed_while_it_is_looked_at_signs_nobody_in(store, browser, monkeypatch):
    look = passwords.fits

    def fits(password, kept):
        store.db.run("UPDATE admin SET password = ?", (passwords.make("une autre phrase"),))
        return look(password, kept)

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "fits", fits)
        assert people.sign_in(store, "Camille", PASSWORD) is None
    assert people.sign_in(store, "Camille", "une autre phrase") is not None


def test_the_pages_speak_the_admins_language(browser):
    assert browser.page("/admin/").all("html")[0]["lang"] == "en"
    browser.post("/admin/account/language", {"language": "fr"})
    page = browser.page("/admin/")
    assert page.all("html")[0]["lang"] == "fr"
    assert "Événements" in page.text


def test_the_last_admin_is_not_shut_out_and_another_is_at_once(store, browser):
    with pytest.raises(ValueError, match="last admin"):
        people.disable(store, "Camille")
    other = Browser(browser.base)
    form = {"name": "Sam", "password": PASSWORD, "again": PASSWORD}
    other.session.post(f"{browser.base}/admin/set-up/{people.invite(store)}", data=form)
    people.disable(store, "Sam")
    assert other.get("/admin/", allow_redirects=False).status_code == 303
    assert _sign_in(other, name="Sam").status_code == 403


def test_who_is_shut_out_does_not_come_back_by_a_link_made_before(store, browser):
    form = {"name": "Sam", "password": PASSWORD, "again": PASSWORD}
    Browser(browser.base).session.post(f"{browser.base}/admin/set-up/{people.invite(store)}", data=form)
    kept = f"{browser.base}/admin/set-up/{people.invite(store)}"
    people.disable(store, "Sam")
    assert Browser(browser.base).session.post(kept, data=form).status_code == 410
    assert Browser(browser.base).get(f"/admin/set-up/{people.invite(store)}").status_code == 200


def test_a_flood_of_sign_ins_is_turned_away_and_leaves_threads_to_the_gates(stranger, costly_passwords):
    with ThreadPoolExecutor(30) as pool:
        asked = [pool.submit(_sign_in, Browser(stranger.base), name=f"Nobody {n}") for n in range(30)]
        statuses = [each.result().status_code for each in asked]
    assert set(statuses) <= {403, 429, 503}
    assert 503 in statuses
    assert stranger.get("/admin/sign-in").status_code == 200


def test_a_flood_of_one_and_the_same_sign_in_is_turned_away_too(stranger, costly_passwords):
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(_sign_in, Browser(stranger.base), name="Nobody", once="1") for _ in range(20)]
        statuses = [each.result().status_code for each in asked]
    assert 503 in statuses


def test_a_set_up_link_that_is_none_costs_no_hash(stranger, monkeypatch):
    monkeypatch.setattr(passwords, "make", lambda _: pytest.fail("a stranger had a password hashed"))
    form = {"name": "Mallory", "password": PASSWORD, "again": PASSWORD}
    assert stranger.session.post(f"{stranger.base}/admin/set-up/nobodys", data=form).status_code == 410


def test_a_form_larger_than_any_of_ours_is_refused(browser):
    answer = browser.post("/admin/events/new", {"name": "x" * 200_000})
    assert answer.status_code == 413
