"""Backups of a database in use, restored: no answered scan is lost, and nothing is ever overwritten."""

from __future__ import annotations

import sqlite3
import stat
import threading
from uuid import UUID

import pytest

from api.operations.copies import CopyError, backup, restore
from api.store.migrations import STEPS
from api.store.store import open_store
from api.tickets import events, issue

GATES = 4


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path}/tickets.sqlite3"


@pytest.fixture
def filled(database):
    """A database with an event and 20 tickets, closed again; its URL."""
    store = open_store(database)
    event = events.add_event(store, "Concert")
    issue.add_tickets(store, UUID(event.uuid), issue.Order(last_name="Durand"), count=20)
    store.close()
    return database


def _scanned(url):
    store = open_store(url)
    rows = store.db.run("SELECT uuid FROM ticket WHERE status = 'scanned'").fetchall()
    lines = store.db.run("SELECT ticket_uuid FROM scan_line WHERE code = 'ok' AND action = 'scan'").fetchall()
    store.close()
    assert sorted(rows) == sorted(lines)  # of one moment: each admission with its line
    return {uuid for (uuid,) in rows}


def test_a_restored_backup_taken_under_load_has_every_scan_that_was_answered_before_it_began(house, tmp_path):
    url = str(house.store.db.database)
    if url.startswith("postgres"):
        pytest.skip("PostgreSQL has tools of its own")
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
    made = backup(f"sqlite:///{url}", tmp_path / "backup.sqlite3")
    for thread in threads:
        thread.join(60)
    restore(made.file, f"sqlite:///{tmp_path}/restored.sqlite3")
    kept = _scanned(f"sqlite:///{tmp_path}/restored.sqlite3")
    assert len(before) >= 100
    assert before <= kept <= {ticket.uuid for ticket in tickets}
    assert len(answered) == 400  # no gate was stopped by it


def test_a_backup_is_one_file_of_its_owner_and_counts_what_is_in_it(filled, tmp_path):
    made = backup(filled, tmp_path / "b.sqlite3")
    assert (made.rows["ticket"], made.rows["event"], made.schema) == (20, 1, len(STEPS))
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".b*")) + list(tmp_path.glob("b.sqlite3-*"))


def test_a_backup_over_a_file_that_is_there_is_refused_even_over_the_database_itself(filled, tmp_path):
    before = (tmp_path / "tickets.sqlite3").read_bytes()
    with pytest.raises(CopyError, match="there already"):
        backup(filled, tmp_path / "tickets.sqlite3")
    assert (tmp_path / "tickets.sqlite3").read_bytes() == before


def test_rotation_keeps_the_newest_and_touches_no_file_of_another_name(filled, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    others = ["portillon-2026.sqlite3", "portillon-20260101T000000Z.sqlite3.txt", "notes.txt"]
    ours = [f"portillon-2026010{day}T000000Z.sqlite3" for day in range(1, 5)]
    for name in others + ours:
        (folder / name).touch()
    made = backup(filled, folder, keep=2)
    assert {file.name for file in made.removed} == set(ours[:3])
    assert {file.name for file in folder.iterdir()} == {*others, ours[3], made.file.name}


def test_rotation_without_a_folder_is_refused(filled, tmp_path):
    with pytest.raises(CopyError, match="no folder"):
        backup(filled, tmp_path / "b.sqlite3", keep=2)


def test_a_restore_never_overwrites_a_database_nor_the_log_of_one(filled, tmp_path):
    made = backup(filled, tmp_path / "b.sqlite3")
    with pytest.raises(CopyError, match="there already"):
        restore(made.file, filled)
    (tmp_path / "new.sqlite3-wal").write_bytes(b"scans")
    with pytest.raises(CopyError, match="there already"):
        restore(made.file, f"sqlite:///{tmp_path}/new.sqlite3")


@pytest.mark.parametrize("damage", ["cut", "page", "foreign", "empty", "newer"])
def test_what_is_no_whole_backup_of_ours_is_not_restored(filled, tmp_path, damage):
    file = backup(filled, tmp_path / "b.sqlite3").file
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
        restore(file, f"sqlite:///{tmp_path}/new.sqlite3")
    assert not list(tmp_path.glob("*new.sqlite3*"))


def test_a_backup_of_nothing_is_refused_and_makes_nothing(tmp_path):
    with pytest.raises(CopyError, match="no database"):
        backup(f"sqlite:///{tmp_path}/none.sqlite3", tmp_path / "b.sqlite3")
    assert list(tmp_path.iterdir()) == []
