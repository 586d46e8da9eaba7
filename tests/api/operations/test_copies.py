"""Backups of a database in use, restored: no answered scan is lost, and nothing is ever overwritten. Both engines."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import threading
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from api.operations import health, postgres_copies
from api.operations.contents import CopyError
from api.operations.copies import backup, restore
from api.store.migrations import STEPS
from api.store.store import open_store
from api.tickets import events, issue
from tests import needs

GATES = 4


@pytest.fixture
def filled(database_url):
    """A database with an event and 20 tickets, closed again; its URL. On each engine in turn."""
    store = open_store(database_url)
    event = events.add_event(store, "Concert")
    issue.add_tickets(store, UUID(event.uuid), issue.Order(last_name="Du\trand \\. \nfils"), count=20)
    store.close()
    return database_url


@pytest.fixture
def empty(database_url, postgres, tmp_path):
    """Where nothing is yet, on the same engine; its URL."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/new.sqlite3"
    else:
        url = postgres.empty()
        yield url
        postgres.drop(url)


def _scanned(url):
    store = open_store(url)
    rows = store.db.run("SELECT uuid FROM ticket WHERE status = 'scanned'").fetchall()
    lines = store.db.run("SELECT ticket_uuid FROM scan_line WHERE code = 'ok' AND action = 'scan'").fetchall()
    store.close()
    assert sorted(rows) == sorted(lines)  # of one moment: each admission with its line
    return {uuid for (uuid,) in rows}


def test_a_restored_backup_taken_under_load_has_every_scan_that_was_answered_before_it_began(
    house, database_url, empty, tmp_path
):
    tickets = issue.add_tickets(house.store, UUID(house.event.uuid), issue.Order(), count=400)
    answered, halfway, lock = [], threading.Event(), threading.Lock()

    def gate_scans(gate, mine):
        for ticket in mine:
            assert gate.scan(ticket.qrcode_data).json()["success"]
            with lock:
                answered.append(ticket.uuid)
                if len(answered) >= 100:
                    halfway.set()

    gates = [house.gate(f"Gate {n}") for n in range(GATES)]
    threads = [threading.Thread(target=gate_scans, args=(g, tickets[n::GATES])) for n, g in enumerate(gates)]
    for thread in threads:
        thread.start()
    assert halfway.wait(60)
    with lock:
        before = set(answered)
    made = backup(database_url, tmp_path / "backup")
    for thread in threads:
        thread.join(60)
    restore(Path(made.place), empty)
    kept = _scanned(empty)
    assert len(before) >= 100
    assert before <= kept <= {ticket.uuid for ticket in tickets}
    assert len(answered) == 400  # no gate was stopped by it


def test_a_backup_is_one_file_of_its_owner_and_counts_what_is_in_it(filled, tmp_path):
    made = backup(filled, tmp_path / "b")
    assert (made.rows["ticket"], made.rows["event"], made.schema) == (20, 1, len(STEPS))
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".portillon-*")) + list(tmp_path.glob("b-*"))


def test_what_is_restored_is_what_was_backed_up_to_the_last_letter(filled, empty, tmp_path):
    backup(filled, tmp_path / "b")
    made = restore(tmp_path / "b", empty)
    assert made.rows["ticket"] == 20
    assert _everything(empty) == _everything(filled)


def test_a_restored_server_goes_on_numbering_where_it_stood(filled, empty, tmp_path):
    backup(filled, tmp_path / "b")
    restore(tmp_path / "b", empty)
    store = open_store(empty)
    ((uuid,),) = store.db.run("SELECT uuid FROM event").fetchall()
    assert len(issue.add_tickets(store, UUID(uuid), issue.Order(), count=3)) == 3
    store.close()


def _everything(url):
    store = open_store(url)
    wanted = "SELECT t.uuid, t.last_name, t.status, e.private_key_pem FROM ticket t JOIN event e ON e.id = t.event_id"
    rows = store.db.run(wanted).fetchall()
    store.close()
    return sorted(rows)


def test_a_backup_over_a_file_that_is_there_is_refused_even_over_the_database_itself(filled, tmp_path):
    file = tmp_path / "tickets.sqlite3"
    before = file.read_bytes() if file.exists() else file.write_bytes(b"precious") and b"precious"
    with pytest.raises(CopyError, match="there already"):
        backup(filled, file)
    assert file.read_bytes() == before


def test_rotation_keeps_the_newest_and_touches_no_file_of_another_name(filled, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    others = ["portillon-2026.sqlite3", "portillon-20260101T000000Z.sqlite3.txt", "notes.txt"]
    ending = "sqlite3" if filled.startswith("sqlite") else "pgdump"
    ours = [f"portillon-2026010{day}T000000Z.{ending}" for day in range(1, 5)]
    for name in others + ours:
        (folder / name).touch()
    made = backup(filled, folder, keep=2)
    assert {file.name for file in made.removed} == set(ours[:3])
    assert {file.name for file in folder.iterdir()} == {*others, ours[3], Path(made.place).name}


def test_rotation_keeps_what_was_just_made_by_a_clock_that_was_ahead_before(filled, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    ending = "sqlite3" if filled.startswith("sqlite") else "pgdump"
    ahead = [folder / f"portillon-2099010{day}T000000Z.{ending}" for day in (1, 2)]
    for file in ahead:
        file.touch()
    made = backup(filled, folder, keep=2)
    assert made.removed == (ahead[0],)
    assert {*folder.iterdir()} == {ahead[1], Path(made.place)}


def test_rotation_without_a_folder_is_refused(filled, tmp_path):
    with pytest.raises(CopyError, match="no folder"):
        backup(filled, tmp_path / "b.sqlite3", keep=2)


@needs.on_sqlite
def test_a_folder_that_is_not_there_is_not_blamed_on_the_backup(filled, tmp_path):
    backup(filled, tmp_path / "b")
    with pytest.raises(CopyError, match=f"^{tmp_path}/none is no folder that may be written to: nothing was restored"):
        restore(tmp_path / "b", f"sqlite:///{tmp_path}/none/new.sqlite3")


def test_a_restore_never_overwrites_a_database(filled, tmp_path):
    backup(filled, tmp_path / "b")
    before = _everything(filled)
    with pytest.raises(CopyError, match="nothing was restored"):
        restore(tmp_path / "b", filled)
    assert _everything(filled) == before


@needs.on_sqlite
@pytest.mark.parametrize("log", ["wal", "journal"])  # SQLite would play it into what was restored
def test_a_restore_never_overwrites_the_log_of_a_database(filled, empty, tmp_path, log):
    backup(filled, tmp_path / "b")
    (tmp_path / f"new.sqlite3-{log}").write_bytes(b"scans")
    with pytest.raises(CopyError, match="there already"):
        restore(tmp_path / "b", empty)


def test_a_database_with_a_strangers_table_is_not_restored_into(postgres_url, postgres, tmp_path):
    backup(postgres_url, tmp_path / "b")
    url = postgres.empty()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE bookings (id INTEGER)")
    with pytest.raises(CopyError, match=r"not empty \(table bookings\)"):
        restore(tmp_path / "b", url)
    postgres.drop(url)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_can_not_keep_every_name_is_not_restored_into(postgres_url, postgres, tmp_path, encoding):
    backup(postgres_url, tmp_path / "b")
    url = postgres.empty(encoding)
    with pytest.raises(CopyError, match=f"has the encoding {encoding}: nothing was restored"):
        restore(tmp_path / "b", url)
    postgres.drop(url)


@needs.on_sqlite
@pytest.mark.parametrize("damage", ["cut", "page", "foreign", "empty", "newer"])
def test_what_is_no_whole_backup_of_ours_is_not_restored(filled, empty, tmp_path, damage):
    file = Path(backup(filled, tmp_path / "b.sqlite3").place)
    content = file.read_bytes()
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "page":
        file.write_bytes(content[:8192] + bytes(4096) + content[12288:])
    elif damage == "empty":
        file.write_bytes(b"")
    else:
        opened = sqlite3.connect(file)
        opened.execute("DROP TABLE schema_version" if damage == "foreign" else "UPDATE schema_version SET version = 99")
        opened.commit()
        opened.close()
    with pytest.raises(CopyError):
        restore(file, empty)
    assert not list(tmp_path.glob("*new.sqlite3*")) + list(tmp_path.glob(".portillon-*"))


@pytest.mark.parametrize("damage", ["cut", "byte", "foreign", "newer"])
def test_what_is_no_whole_dump_of_ours_is_not_restored_into_postgresql(postgres, tmp_path, damage):
    url, target, file = postgres.fresh(), postgres.empty(), tmp_path / "b"
    if damage in ("cut", "byte"):
        store = open_store(url)
        issue.add_tickets(store, UUID(events.add_event(store, "Concert").uuid), issue.Order(), count=500)
        store.close()
        backup(url, file)
        content = file.read_bytes()
        middle = len(content) // 2
        odd = content[:middle] if damage == "cut" else content[:middle] + bytes(64) + content[middle + 64 :]
        file.write_bytes(odd)
    else:
        statement = "DELETE FROM schema_version" if damage == "foreign" else "UPDATE schema_version SET version = 99"
        with psycopg.connect(url) as connection:
            connection.execute(statement)
        words = [postgres_copies.program("pg_dump"), "--format=custom", f"--file={file}", url]
        subprocess.run(words, check=True, timeout=60)
    with pytest.raises(CopyError):
        restore(file, target)
    with psycopg.connect(target) as connection:
        assert connection.execute("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    postgres.drop(url)
    postgres.drop(target)


@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
def test_a_backup_is_restored_on_its_own_engine_only_and_that_is_said(postgres, postgres_url, tmp_path, source):
    urls = {"sqlite": f"sqlite:///{tmp_path}/t.sqlite3", "postgresql": postgres_url}
    open_store(urls["sqlite"]).close()
    backup(urls[source], tmp_path / "b")
    other = postgres.empty() if source == "sqlite" else f"sqlite:///{tmp_path}/new.sqlite3"
    with pytest.raises(CopyError, match="is a backup of"):
        restore(tmp_path / "b", other)
    if source == "sqlite":
        postgres.drop(other)


def test_without_postgresqls_programs_the_package_that_has_them_is_named(postgres_url, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres_copies, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CopyError, match=r"pg_dump is missing.*apt install postgresql-client-\d+"):
        backup(postgres_url, tmp_path / "b")


def test_programs_older_than_the_server_are_refused_with_the_package_to_install(postgres_url, tmp_path, monkeypatch):
    old = tmp_path / "9" / "bin" / "pg_dump"
    old.parent.mkdir(parents=True)
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    monkeypatch.setattr(postgres_copies, "DEBIAN", tmp_path)
    with pytest.raises(CopyError, match=r"of PostgreSQL 9, the server of \d+"):
        backup(postgres_url, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_the_password_is_on_no_command_line_and_in_no_complaint(postgres_url, tmp_path, monkeypatch):
    seen = tmp_path / "seen"
    spy = tmp_path / "99" / "bin" / "pg_dump"
    spy.parent.mkdir(parents=True)
    spy.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo 99 && exit\necho "$@" >{seen}\n'
        f'echo "$PGPASSWORD" >{seen}.env\necho "error: no secret here" >&2; exit 1\n'
    )
    spy.chmod(0o755)
    monkeypatch.setattr(postgres_copies, "DEBIAN", tmp_path)
    with pytest.raises(CopyError) as caught:
        backup(postgres_url, tmp_path / "b")
    assert Path(f"{seen}.env").read_text() == "secret\n"
    assert "secret" not in seen.read_text()
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path):
    with pytest.raises(CopyError, match="see that PostgreSQL runs") as caught:
        backup("postgresql://portillon:hunter2@127.0.0.1:1/none", tmp_path / "b")
    assert "hunter2" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_backup_of_nothing_is_refused_and_makes_nothing(tmp_path):
    with pytest.raises(CopyError, match="no database"):
        backup(f"sqlite:///{tmp_path}/none.sqlite3", tmp_path / "b.sqlite3")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_that_would_leave_scans_no_room_is_refused_before_it_takes_any(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(health, "ROOM", 10**18)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CopyError, match="nothing was backed up"):
        backup(filled, tmp_path / "b")
    assert sorted(tmp_path.iterdir()) == before


@needs.on_sqlite
def test_a_database_larger_than_the_room_there_is_is_not_backed_up(filled, tmp_path):
    os.truncate(tmp_path / "tickets.sqlite3", 10**13)  # as far as its name says: it holds a hole
    with pytest.raises(CopyError, match=r"10,0\d\d,\d\d\d MB are needed"):
        backup(filled, tmp_path / "b")
    assert not (tmp_path / "b").exists()
