"""`portillon-api event …` through real processes."""

from __future__ import annotations

import json

import pytest


def test_an_event_added_can_be_listed(shell):
    event = shell.json("event", "add", "Concert de la République")
    assert event["name"] == "Concert de la République"
    assert shell.json("event", "list") == [event]


def test_an_event_is_imported_with_its_uuid_and_public_key(shell, tibillet, tmp_path):
    known = tibillet["events"][0]
    pem = tmp_path / "event.pem"
    pem.write_text(known["public_key_pem"])
    event = shell.json("event", "add", "Imported", "--uuid", known["uuid"], "--public-key", pem)
    assert event == {"uuid": known["uuid"], "name": "Imported"}


def test_a_file_that_holds_no_key_is_refused_and_nothing_is_added(shell, tmp_path):
    (tmp_path / "event.pem").write_text("hello")
    done = shell.run("event", "add", "Imported", "--public-key", tmp_path / "event.pem")
    assert done.returncode == 1
    assert "BEGIN PUBLIC KEY" in done.stderr
    assert "no event was added" in done.stderr
    assert shell.json("event", "list") == []


def test_a_missing_key_file_is_told_in_three_parts(shell, tmp_path):
    done = shell.run("event", "add", "Imported", "--public-key", tmp_path / "gone.pem", "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert set(json.loads(done.stderr)) == {"error", "means", "do"}


def test_an_event_of_the_same_uuid_is_refused(shell, event):
    done = shell.run("event", "add", "Again", "--uuid", event["uuid"])
    assert done.returncode == 1
    assert "already" in done.stderr


def test_a_name_full_of_control_characters_and_markup_steers_no_terminal(shell):
    shell.json("event", "add", "\x1b[31mred\x1b]0;title\x07 [bold]")
    shown = shell.run("event", "list", FORCE_COLOR="1").stdout
    assert "\x1b[31m" not in shown
    assert "\x1b]0" not in shown
    assert "[bold]" in shown


@pytest.mark.parametrize(
    ("doors", "code"),
    [
        (("--opens-at", "2099-01-01 18:00"), "too_early"),
        (("--closes-at", "2001-01-01 18:00"), "too_late"),
        (("--opens-at", "2001-01-01T18:00:00+02:00", "--closes-at", "2099-01-01"), "ok"),
    ],
)
def test_the_hours_of_an_event_are_what_gates_go_by(shell, serving, doors, code):
    event = shell.json("event", "add", "Night", *doors)
    ticket = shell.json("ticket", "add", "--event", event["uuid"])[0]
    server = serving()
    key = server.pair(shell.json("device", "add", "Gate", "--base-url", server.base))
    assert server.scan(key, ticket["qrcode_data"]).json()["code"] == code
