"""Backups on the web: told by age, made and taken away for a password, and nothing of them left behind."""

from __future__ import annotations

import os
import re
import socket
from datetime import UTC, datetime, timedelta

import pytest

from api.admin import people
from api.app import Pages
from api.operations.copies import restore
from api.operations.shelf import Shelf
from api.store.store import open_store
from tests.api.admin.conftest import PASSWORD, Browser


@pytest.fixture
def folder(tmp_path):
    kept = tmp_path / "backups"
    kept.mkdir()
    return kept


@pytest.fixture
def base(serve, folder):
    return serve(organisation="La Raffinerie", language="en", pages=Pages(shelf=Shelf(folder, 48 * 3600)))


def _lay(folder, hours_ago, size=2_000_000):
    made = datetime.now(UTC) - timedelta(hours=hours_ago)
    (folder / f"portillon-{made:%Y%m%dT%H%M%SZ}.sqlite3").write_bytes(bytes(size))


def _download(browser, **form):
    return browser.post("/admin/backups/download", {"password": PASSWORD, **form})


def test_those_in_the_folder_are_listed_newest_first_with_age_and_size(browser, folder):
    for hours in (3, 72, 25):
        _lay(folder, hours)
    (folder / "notes.txt").write_text("mine")
    page = browser.get("/admin/backups").text
    assert re.findall(r"<td>(\d+ \w+)</td>", page) == ["3 h", "25 h", "3 days"]
    assert page.count("2.0 MB") == 3
    assert "notes.txt" not in page
    assert "newest backup is old" not in page
    assert "badge warn" not in browser.get("/admin/").text


@pytest.mark.parametrize("ages", [[], [49, 200]], ids=["none", "old"])
def test_no_backup_or_an_old_one_is_warned_of_there_and_on_the_first_page(browser, folder, ages):
    for hours in ages:
        _lay(folder, hours)
    page = browser.get("/admin/backups").text
    assert ("The newest backup is old" in page) == bool(ages)
    assert ("There is no backup in" in page) == (not ages)
    assert "badge warn" in browser.get("/admin/").text


def test_a_folder_that_is_not_there_is_as_good_as_none(browser, folder):
    folder.rmdir()
    assert "There is no backup in" in browser.get("/admin/backups").text


def test_what_is_downloaded_is_a_backup_that_can_be_restored_and_nothing_of_it_stays(
    house, browser, folder, tmp_path, database_url, postgres
):
    tickets = [house.ticket() for _ in range(3)]
    answer = _download(browser)
    assert answer.status_code == 200
    name = re.fullmatch(r'attachment; filename="(portillon-\d{8}T\d{6}Z\.\w+)"', answer.headers["Content-Disposition"])
    assert name
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.content) == int(answer.headers["Content-Length"])
    assert list(folder.iterdir()) == []
    assert list(tmp_path.glob("**/.portillon-*")) == []
    (tmp_path / "taken").write_bytes(answer.content)
    is_file = database_url.startswith("sqlite")
    target = f"sqlite:///{tmp_path}/again.sqlite3" if is_file else postgres.empty()
    restore(tmp_path / "taken", target)
    store = open_store(target)
    assert {uuid for (uuid,) in store.db.run("SELECT uuid FROM ticket")} == {ticket.uuid for ticket in tickets}
    store.close()
    if not is_file:
        postgres.drop(target)
    told = house.store.db.run("SELECT act, admin_id, detail FROM admin_line WHERE act = 'backup.download'").fetchall()
    assert told == [("backup.download", 1, f'{{"bytes": {len(answer.content)}}}')]


def test_without_the_password_nothing_is_given_and_guessing_is_slowed_down(store, browser):
    answers = [_download(browser, password=f"wrong {number}") for number in range(30)]
    assert {answer.status_code for answer in answers} == {403}
    assert all("text/html" in answer.headers["Content-Type"] for answer in answers)
    assert _download(browser).status_code == 429
    assert store.db.run("SELECT COUNT(*) FROM admin_line WHERE act = 'backup.download'").fetchone() == (0,)


def test_a_stranger_and_a_form_from_elsewhere_get_nothing(browser, stranger):
    assert _download(stranger).status_code == 403
    assert "sign-in" in stranger.get("/admin/backups").url
    assert _download(browser, csrf="0" * 64).status_code == 403


def test_a_second_download_waits_for_nobody_and_the_place_is_free_when_the_first_reader_has_gone(house, browser, base):
    for _ in range(3):
        house.ticket()
    with house.store.writing():  # enough that it does not fit into the sockets' buffers
        house.store.db.run("UPDATE event SET public_key_pem = ?", (os.urandom(8_000_000).hex(),))
    body = f"csrf={browser.token()}&password={PASSWORD.replace(' ', '+')}".encode()
    cookies = "; ".join(f"{each.name}={each.value}" for each in browser.session.cookies)
    host, port = base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 60) as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        head = f"POST /admin/backups/download HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookies}\r\n"
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        first.sendall(head.encode() + body)
        assert first.recv(12) == b"HTTP/1.1 200"
        busy = _download(browser)
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "10")
    while (answer := _download(browser)).status_code == 503:
        assert answer.headers["Retry-After"]
    assert answer.status_code == 200


def test_a_database_that_can_not_be_copied_is_told_on_the_page_and_the_place_is_free_again(store, browser):
    with store.writing():
        store.db.run("UPDATE schema_version SET version = 99")
    for _ in range(2):
        answer = _download(browser)
        assert answer.status_code == 500
        assert "The backup could not be made, and nothing was changed" in answer.text
    with store.writing():
        store.db.run("UPDATE schema_version SET version = 98")


def test_the_page_speaks_french_to_who_does(store, base):
    it = Browser(base)
    form = {"name": "Camille", "password": PASSWORD, "again": PASSWORD}
    headers = {"Accept-Language": "fr"}
    it.session.post(f"{base}/admin/set-up/{people.invite(store)}", data=form, headers=headers, timeout=60)
    page = it.page("/admin/backups")
    assert page.all("html")[0]["lang"] == "fr"
    assert "Gardez ce fichier comme la clé de la caisse" in page.text
    assert len(page.all("h1")) == 1
