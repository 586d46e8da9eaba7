"""`portillon-api ticket import` and `ticket template` through real processes."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import contextmanager
from uuid import UUID

import pytest

from api.store.store import open_store
from api.tickets import events
from api.tickets.importing import imports
from api.tickets.importing.row import Row
from tests import processes

MANY = 20_000  # rows: an import that can be met underway


@pytest.fixture
def guests(tmp_path):
    """Writes a file of guests, as Excel would; gives its path."""

    def write(text, encoding="utf-8-sig"):
        file = tmp_path / "guests.csv"
        file.write_bytes(text.encode(encoding))
        return file

    return write


def _statuses(shell, event):
    return [ticket["status"] for ticket in shell.json("ticket", "list", "--event", event["uuid"])]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_template_is_written_and_can_be_imported(shell, event, tmp_path, language):
    file = tmp_path / "template.csv"
    assert shell.run("ticket", "template", "--language", language, "--output", file).returncode == 0
    done = shell.json("ticket", "import", file, "--event", event["uuid"])
    assert (done["state"], done["rows"]) == ("done", 2)
    assert _statuses(shell, event) == ["valid"] * 3
    assert shell.run("ticket", "template", "--language", language).stdout == file.read_text("utf-8-sig")


def test_every_mistake_is_told_with_its_line_and_nothing_is_imported(shell, event, guests):
    file = guests("nom;mail;nombre\nRoy;r@example.org;1\nLys;nonsense;1\nSand;s@example.org;many\n")
    done = shell.run("ticket", "import", file, "--event", event["uuid"])
    assert done.returncode == 1
    assert "line 3: “nonsense” is no e-mail address" in done.stderr
    assert "line 4: “many” is no number" in done.stderr
    assert _statuses(shell, event) == []
    told = json.loads(shell.run("ticket", "import", file, "--event", event["uuid"], "--json").stderr)
    assert len(told["mistakes"]) == 2


def test_a_dry_run_tells_what_would_be_and_changes_nothing(shell, event, guests):
    file = guests("nom;état;nombre\nRoy;;2\nRoy;annulé;\n")
    told = shell.json("ticket", "import", file, "--event", event["uuid"], "--dry-run")
    assert (told["rows"], told["tickets"], told["statuses"]) == (2, 3, {"valid": 2, "cancelled": 1})
    assert [(each["line"], each["kind"]) for each in told["problems"]] == [(3, "same_person")]
    assert _statuses(shell, event) == []


def test_an_import_is_taken_back_by_its_uuid(shell, event, guests):
    done = shell.json("ticket", "import", guests("nom\nRoy\nLys\n"), "--event", event["uuid"])
    undone = shell.json("ticket", "import", "--undo", done["import"])
    assert (undone["removed"], undone["kept"]) == (2, 0)
    assert _statuses(shell, event) == []
    assert shell.run("ticket", "import", "--undo", done["import"]).returncode == 1


@contextmanager
def _stopped_by(stop, shell, event, guests):
    """An import of MANY rows that was sent this signal when its first tickets were in; and its store."""
    file = guests("nom;mail\n" + "".join(f"Roy {number};{number}@example.org\n" for number in range(MANY)))
    command = shell.command("--database", shell.database, "ticket", "import", file, "--event", event["uuid"])
    store = open_store(shell.database)
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with processes.running(command, env=shell.environment(), **pipes) as process:
        try:
            while process.poll() is None and not store.db.run("SELECT 1 FROM ticket").fetchone():
                pass
            process.send_signal(stop)
            yield process, store
        finally:
            store.close()


def test_an_import_that_was_killed_goes_on_and_makes_no_ticket_twice(shell, event, guests):
    with _stopped_by(signal.SIGKILL, shell, event, guests) as (process, store):
        assert process.wait(60) == -signal.SIGKILL
        taken = store.db.run("SELECT COUNT(*) FROM ticket").fetchone()[0]
        assert 0 < taken < MANY
        assert shell.json("ticket", "import", "--resume")["rows"] == MANY
        assert store.db.run("SELECT COUNT(*), COUNT(DISTINCT last_name) FROM ticket").fetchone() == (MANY, MANY)
    assert "nothing to go on with" in shell.run("ticket", "import", "--resume").stdout


def test_an_import_that_was_interrupted_says_how_it_goes_on_and_how_it_is_taken_back(shell, event, guests):
    with _stopped_by(signal.SIGINT, shell, event, guests) as (process, store):
        said = process.communicate(timeout=60)[1].decode()
        assert process.returncode == 1
        (uuid,) = store.db.run("SELECT uuid FROM ticket_import").fetchone()
        assert "--resume" in said
        assert f"--undo {uuid}" in said
        assert "Traceback" not in said
        assert shell.json("ticket", "import", "--undo", uuid)["removed"] > 0
        assert store.db.run("SELECT COUNT(*) FROM ticket").fetchone() == (0,)


def test_a_server_that_starts_goes_on_with_what_was_confirmed_and_not_finished(shell, event, serving):
    store = open_store(shell.database)
    try:
        rows = (Row(line, last_name=f"Roy {line}") for line in range(1, 1201))
        it = imports.lay_down(store, events.find_event(store, UUID(event["uuid"])), "guests.csv", rows)
        imports.begin(store, UUID(it.uuid))
        serving()
        while imports.find(store, UUID(it.uuid)).state == "taking":
            pass
        assert imports.find(store, UUID(it.uuid)).state == "done"
        assert store.db.run("SELECT COUNT(*) FROM ticket").fetchone() == (1200,)
    finally:
        store.close()


def test_a_file_that_is_not_there_and_a_missing_event_are_told(shell, event, tmp_path, unknown):
    assert "can't be read" in shell.run("ticket", "import", tmp_path / "no.csv", "--event", event["uuid"]).stderr
    assert shell.run("ticket", "import", tmp_path / "no.csv").returncode == 2
    assert "there is no event" in shell.run("ticket", "import", tmp_path / "no.csv", "--event", unknown).stderr
    assert "there is no import" in shell.run("ticket", "import", "--undo", unknown).stderr


def test_an_encoding_can_be_named(shell, event, guests):
    file = guests("nom\nŽižka\n", "cp1250")
    shell.json("ticket", "import", file, "--event", event["uuid"], "--encoding", "cp1250")
    store = open_store(shell.database)
    try:
        assert store.db.run("SELECT last_name FROM ticket").fetchall() == [("Žižka",)]
    finally:
        store.close()
