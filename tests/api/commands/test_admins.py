"""`portillon-api admin …` and the set-up link of `serve`, through real processes."""

from __future__ import annotations

import pytest
import requests

PASSWORD = "trois petits chats"
FORM = {"name": "Camille", "password": PASSWORD, "again": PASSWORD}


def _make(url):
    return requests.post(url, data=FORM, headers={"Accept-Language": "en"}, timeout=60)


def test_the_first_start_prints_a_link_that_makes_an_admin_once_and_later_starts_print_none(shell, serving):
    server = serving()
    assert server.setup_url.startswith(f"{server.base}/admin/set-up/")
    assert "Hello Camille" in _make(server.setup_url).text
    assert _make(server.setup_url).status_code == 410
    assert server.stop() == 0
    assert serving().setup_url == ""


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("tls", [(), ("--tls",)])
def test_the_links_lead_to_a_server_on_every_network_as_it_was_started(shell, serving, tls):
    server = serving("--host", "0.0.0.0", *tls)
    port = server.base.rpartition(":")[2]
    for link in (server.setup_url, shell.json("admin", "invite")["url"]):
        assert f":{port}/admin/set-up/" in link
        assert "0.0.0.0" not in link  # which names no machine to another one's browser
        assert requests.get(link, timeout=60, verify=False).status_code == 200


def test_no_log_line_holds_the_secret_of_a_link(shell, serving):
    server = serving()
    assert requests.get(server.setup_url, timeout=60).status_code == 200
    assert server.stop() == 0
    log = server.log.read_text()
    assert "/admin/set-up/<secret>" in log
    assert server.setup_url.rpartition("/")[2] not in log


def test_an_invited_admin_is_listed_and_can_be_shut_out(shell, serving):
    server = serving()
    _make(server.setup_url)
    invited = shell.json("admin", "invite")["url"].rpartition("/")[2]
    requests.post(f"{server.base}/admin/set-up/{invited}", data={**FORM, "name": "Sam"}, timeout=60)
    assert [(one["name"], one["disabled"]) for one in shell.json("admin", "list")] == [
        ("Camille", False),
        ("Sam", False),
    ]
    assert shell.json("admin", "disable", "Sam") == {"name": "Sam", "disabled": True}
    form = {"name": "Sam", "password": PASSWORD}
    assert requests.post(f"{server.base}/admin/sign-in", data=form, timeout=60).status_code == 403


def test_the_last_admin_and_one_who_is_not_there_are_not_shut_out(shell, serving):
    _make(serving().setup_url)
    for name in ("Camille", "Nobody"):
        done = shell.run("admin", "disable", name)
        assert (done.returncode, done.stdout) == (1, "")
        assert name in done.stderr
    assert [one["disabled"] for one in shell.json("admin", "list")] == [False]
