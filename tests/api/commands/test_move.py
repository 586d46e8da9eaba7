"""`portillon-api move` as an organiser types it, from a served SQLite file to a served PostgreSQL database."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography import x509


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


def _key_of(server):
    address = urlsplit(server.base)
    shown = ssl.get_server_certificate((address.hostname, address.port))
    return x509.load_pem_x509_certificate(shown.encode()).public_key()


def test_the_key_that_gates_trust_goes_on_where_the_move_says_that_it_is(shell, serving, event, target):
    server = serving("--tls")
    known = _key_of(server)
    server.stop(signal.SIGTERM)
    folder = f"{shell.folder}/tickets.sqlite3.tls"
    done = shell.run("move", "--to", target)
    assert f'`folder = "{folder}"`' in done.stdout.replace("\n", "")
    assert _key_of(serving("--database", target, "--tls", PORTILLON_API__TLS__FOLDER=folder)) == known


def test_a_move_that_is_interrupted_says_what_became_of_both_databases(shell, event, target):
    shell.json("ticket", "add", "--event", event["uuid"], "--count", 500)
    with psycopg.connect(target, autocommit=True) as other:
        assert shell.run("event", "list", "--database", target).returncode == 0  # makes its tables
        with other.transaction():
            other.execute("LOCK TABLE ticket")  # the move waits here
            command = shell.command("--database", shell.database, "move", "--to", target)
            process = subprocess.Popen(command, env=shell.environment(), stderr=subprocess.PIPE, text=True)
            with psycopg.connect(target, autocommit=True) as watching:
                while not watching.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                    assert process.poll() is None
            process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 1
        assert "the SQLite file is as it was" in said
        assert other.execute("SELECT COUNT(*) FROM event").fetchone() == (0,)
    assert shell.run("move", "--to", target).returncode == 0


def test_what_was_moved_is_told_to_scripts_table_by_table(shell, event, target):
    shell.json("ticket", "add", "--event", event["uuid"], "--count", 3)
    told = shell.json("move", "--to", target)
    assert told["to"] == target.replace("secret", "***")
    assert told["tables"]["ticket"]["rows"] == 3
    assert "tls_folder" not in told
    assert len(told["tables"]["event"]["sha256"]) == 64
    again = shell.run("move", "--to", target, "--json")
    assert again.returncode == 1
    assert "not empty" in json.loads(again.stderr)["error"]
