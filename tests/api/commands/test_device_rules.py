"""`portillon-api device add --count`, `edit`, `renew` and `list`: what gates admit, and their last signs of life."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
import requests

HERE = ("--base-url", "http://127.0.0.1:1")


def acts(shell):
    """Who did what to which device, by the audit log."""
    with closing(sqlite3.connect(shell.folder / "tickets.sqlite3")) as database:
        lines = database.execute("SELECT act, admin_id, subject, detail FROM admin_line ORDER BY id").fetchall()
    return [(act, admin, subject, detail and json.loads(detail)) for act, admin, subject, detail in lines]


@pytest.fixture
def device(shell):
    """Makes a device with these options; gives it as it is listed."""

    def make(*options):
        uuid = shell.json("device", "add", "Gate 1", *HERE, *options)["uuid"]
        return next(each for each in shell.json("device", "list") if each["uuid"] == uuid)

    return make


def test_several_are_numbered_and_one_list(shell):
    added = shell.json("device", "add", "North", "--count", "3", *HERE)
    assert [each["name"] for each in added] == ["North 1", "North 2", "North 3"]
    assert len({each["token"] for each in added}) == 3
    assert [(act, admin, subject) for act, admin, subject, _ in acts(shell)] == [
        ("device.add", None, each["uuid"]) for each in added
    ]


def test_too_many_at_once_are_none(shell):
    done = shell.run("device", "add", "Gate", "--count", "201", *HERE)
    assert done.returncode == 1
    assert "200" in done.stderr
    assert shell.json("device", "list") == []


def test_a_picture_of_several_codes_is_asked_wrongly(shell, tmp_path):
    done = shell.run("device", "add", "Gate", "--count", "2", "--png", tmp_path / "code.png", *HERE)
    assert done.returncode == 2
    assert "device sheet" in done.stderr
    assert shell.json("device", "list") == []


def test_what_it_lets_through_is_said_when_it_is_made(shell, event, device):
    shell.json("ticket", "add", "--event", event["uuid"], "--product", "Balcony")
    made = device("--event", event["uuid"], "--product", "Balcony", "--direction", "out")
    assert (made["event_uuids"], made["products"], made["direction"]) == ([event["uuid"]], ["Balcony"], "out")
    assert (made["heard_at"], made["scanned_at"]) == (None, None)


def test_a_product_that_is_not_there_makes_no_device_and_no_audit_line(shell):
    assert shell.run("device", "add", "Gate", "--product", "Nothing", *HERE).returncode == 1
    assert shell.json("device", "list") == []
    assert acts(shell) == []


def test_an_edit_changes_what_it_names_and_nothing_else(shell, event, device):
    made = device("--event", event["uuid"])
    edited = shell.json("device", "edit", made["uuid"], "--direction", "out")
    assert edited == {**made, "direction": "out"}
    edited = shell.json("device", "edit", made["uuid"], "--name", "Way out", "--every-event")
    assert edited == {**made, "direction": "out", "name": "Way out", "event_uuids": []}
    told = {"name": "Way out", "events": [], "products": [], "direction": "out"}
    assert acts(shell)[-1] == ("device.edit", None, made["uuid"], told)


def test_an_edit_that_changes_nothing_says_so(shell, device):
    done = shell.run("device", "edit", device()["uuid"])
    assert done.returncode == 1
    assert "nothing" in done.stderr
    assert [act for act, *_ in acts(shell)] == ["device.add"]


def test_an_edit_of_nobody_is_told(shell, unknown):
    done = shell.run("device", "edit", unknown, "--name", "X")
    assert done.returncode == 1
    assert "device list" in done.stderr


def test_a_renewed_gate_is_refused_at_once_until_it_reads_the_new_code(shell, serving):
    server = serving()
    first = shell.json("device", "add", "Gate 1", "--base-url", server.base)
    key = server.pair(first)
    done = shell.run("device", "renew", first["uuid"], "--base-url", server.base, "--json")
    again = json.loads(done.stdout)
    assert "refused from now on" in done.stderr
    headers = {"Authorization": f"Api-Key {key}"}
    assert requests.get(f"{server.base}/api/scan/test_api/", headers=headers, timeout=60).status_code == 401
    assert (again["uuid"], again["name"]) == (first["uuid"], "Gate 1")
    assert requests.get(first["pairing_url"], timeout=60).status_code == 400
    server.pair(again)
    assert acts(shell)[-1] == ("device.renew", None, first["uuid"], None)


def test_an_archived_gate_is_not_renewed(shell, device):
    uuid = device()["uuid"]
    for _ in range(2):
        shell.json("device", "archive", uuid)
    assert shell.run("device", "renew", uuid, *HERE).returncode == 1
    assert [act for act, *_ in acts(shell)] == ["device.add", "device.archive"]


def test_the_list_says_when_a_gate_was_last_heard_of_and_asked(shell, serving, event):
    server = serving()
    key = server.pair(shell.json("device", "add", "Gate 1", "--base-url", server.base))
    shell.json("device", "add", "Gate 2", "--base-url", server.base, "--event", event["uuid"], "--direction", "out")
    server.scan(key, shell.json("ticket", "add", "--event", event["uuid"])[0]["qrcode_data"])
    one, two = shell.json("device", "list")
    assert one["scanned_at"] == one["heard_at"] != None  # noqa: E711
    assert two["scanned_at"] is two["heard_at"] is None
    rows = shell.run("device", "list", COLUMNS="200").stdout.splitlines()
    assert "every event, every product" in rows[1]
    assert "Concert de la République, every product" in rows[2]
    assert one["scanned_at"][:4] in rows[1]


def test_the_list_tells_a_gates_whole_uuid_on_a_narrow_terminal_too(shell, event):
    device = shell.json("device", "add", "North", "--event", event["uuid"], "--base-url", "http://10.0.0.2")
    assert device["uuid"] in shell.run("device", "list", COLUMNS="80").stdout


def test_without_a_word_a_code_leads_to_where_the_server_last_listened(shell, serving):
    server = serving()
    assert shell.json("device", "add", "Gate 1")["pairing_url"].startswith(f"{server.base}/api/scan/")


def test_a_server_whose_command_line_turned_tls_on_is_pinned_by_codes_of_the_shell(shell, serving):
    server = serving("--tls")
    for words in ((), ("--base-url", "https://tickets.example.org")):
        url = shell.json("device", "add", "Gate 1", *words)["pairing_url"]
        assert url.startswith("https://")
        assert "#spki-sha256=" in url
    assert server.stop() == 0
    assert "#spki-sha256=" in shell.json("device", "add", "Gate 1")["pairing_url"]


def test_plain_http_to_a_server_that_speaks_tls_is_noted(shell, serving):
    serving("--tls")
    done = shell.run("device", "add", "Gate 1", "--base-url", "http://127.0.0.1:1")
    assert "the server speaks TLS" in done.stderr


def test_a_server_that_no_longer_speaks_tls_is_pinned_no_more(shell, serving):
    assert serving("--tls").stop() == 0
    serving()
    assert "#" not in shell.json("device", "add", "Gate 1", "--base-url", "https://tickets.example.org")["pairing_url"]


def test_the_sheet_is_written_for_its_owner_alone_and_names_its_gates(shell, tmp_path):
    shell.json("device", "add", "North", "--count", "2", *HERE)
    (tmp_path / "gates.pdf").touch(0o644)  # of yesterday
    told = shell.json("device", "sheet", "--pdf", tmp_path / "gates.pdf", *HERE)
    assert told == {"file": str(tmp_path / "gates.pdf"), "gates": ["North 1", "North 2"]}
    assert (tmp_path / "gates.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "gates.pdf").stat().st_mode & 0o777 == 0o600


def test_a_code_says_how_long_it_is_good_for(shell, tmp_path):
    told = [shell.run("device", "add", "North", *days, *HERE).stdout for days in ((), ("--days", "1"), ("--days", "3"))]
    for each, time in zip(told, ("within 60 minutes", "within a day", "within 3 days"), strict=True):
        assert time in each
    sheet = ("device", "sheet", "--pdf", tmp_path / "gates.pdf", *HERE)
    assert "3 gates, each good once, within 2 days" in shell.run(*sheet).stdout
    assert "within 7 days" in shell.run(*sheet, "--days", "7").stdout
    assert shell.run(*sheet, "--days", "8").returncode == 2


def test_a_sheet_that_cannot_be_written_is_told_in_three_parts(shell, tmp_path):
    shell.json("device", "add", "North", *HERE)
    done = shell.run("device", "sheet", "--pdf", tmp_path / "nowhere" / "gates.pdf", "--json", *HERE)
    assert done.returncode == 1
    assert set(json.loads(done.stderr)) == {"error", "means", "do"}
