"""`portillon-api move` as an organiser types it, from a served SQLite file to a served PostgreSQL database."""

from __future__ import annotations

import json
import signal

import pytest


@pytest.fixture
def target(postgres):
    url = postgres.empty()
    yield url
    postgres.drop(url)


def test_a_venue_moves_to_postgresql_and_its_gate_goes_on(shell, serving, event, target):
    server = serving()
    key = server.pair(shell.json("device", "add", "Gate 1", "--base-url", server.base))
    tickets = shell.json("ticket", "add", "--event", event["uuid"], "--count", 2)
    assert server.scan(key, tickets[0]["qrcode_data"]).json()["code"] == "ok"

    refused = shell.run("move", "--to", target)
    assert refused.returncode == 1
    assert "is in use" in refused.stderr
    assert "systemctl stop portillon-api" in refused.stderr
    server.stop(signal.SIGTERM)

    done = shell.run("move", "--to", target)
    assert done.returncode == 0, done.stderr
    assert "secret" not in done.stdout + done.stderr
    assert 'Next: write that URL as `database = "…"`' in done.stdout

    there = serving("--database", target)
    assert there.scan(key, tickets[0]["qrcode_data"]).json()["code"] == "already_scanned"
    assert there.scan(key, tickets[1]["qrcode_data"]).json()["code"] == "ok"


def test_what_was_moved_is_told_to_scripts_table_by_table(shell, event, target):
    shell.json("ticket", "add", "--event", event["uuid"], "--count", 3)
    told = shell.json("move", "--to", target)
    assert told["to"] == target.replace("secret", "***")
    assert told["tables"]["ticket"]["rows"] == 3
    assert len(told["tables"]["event"]["sha256"]) == 64
    again = shell.run("move", "--to", target, "--json")
    assert again.returncode == 1
    assert "not empty" in json.loads(again.stderr)["error"]
