"""An event that is over forgets its guests, and nothing else."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from api.operations import forgetting
from api.operations.forgetting import Forgotten, forget
from api.store import moments
from api.store.store import open_store
from api.tickets import events, issue
from api.tickets.events import NotPossibleError
from tests import needs

GUEST = issue.Order(first_name="Zéphyrine", last_name="Quatremère", email="zephyrine@quatremere.example")


def _event(store, name="Concert"):
    return events.add_event(store, name)


def _doors(store, event, opens_at, closes_at):
    with store.writing():
        store.db.run("UPDATE event SET opens_at = ?, closes_at = ? WHERE uuid = ?", (opens_at, closes_at, event.uuid))


def _files(store):
    """All that is in the database's file and those beside it."""
    file = Path(str(store.db.database))
    return b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))


def test_names_and_mails_of_the_event_are_gone_and_those_of_another_stay(store):
    over, other = _event(store), _event(store, "Bal")
    for event in (over, other):
        issue.add_tickets(store, UUID(event.uuid), GUEST, count=1200)  # more than two steps
    done = forget(store, UUID(over.uuid))
    assert (done.tickets, done.event) == (1200, "Concert")
    assert done.orders >= 1
    told = "SELECT COUNT(*), COUNT(t.last_name), COUNT(t.first_name), COUNT(r.email) FROM ticket t "
    told += "JOIN reservation r ON r.id = t.reservation_id JOIN event e ON e.id = t.event_id WHERE e.uuid = ?"
    assert store.db.run(told, (over.uuid,)).fetchone() == (1200, 0, 0, 0)
    assert store.db.run(told, (other.uuid,)).fetchone() == (1200, 1200, 1200, 1200)


def test_it_is_noted_once_without_names_and_running_it_again_changes_nothing(store):
    event = _event(store)
    issue.add_tickets(store, UUID(event.uuid), GUEST, count=3)
    forget(store, UUID(event.uuid))
    (first,) = store.db.run("SELECT forgotten_at FROM event").fetchone()
    assert forget(store, UUID(event.uuid)) == Forgotten("Concert", 0, 0, 0)
    assert store.db.run("SELECT forgotten_at FROM event").fetchone() == (first,)
    lines = store.db.run("SELECT act, subject, detail FROM admin_line WHERE act = 'event.forget'").fetchall()
    assert len(lines) == 1
    assert lines[0][1] == event.uuid
    assert "Quatrem" not in lines[0][2]


@needs.on_sqlite  # what PostgreSQL's own files hold is vacuumed by it, later
def test_not_one_byte_of_a_name_is_left_in_the_files(store):
    event = _event(store)
    issue.add_tickets(store, UUID(event.uuid), GUEST, count=700)
    forget(store, UUID(event.uuid))
    _assert_no_name_is_left(store)


@needs.on_sqlite
def test_who_copies_the_log_meanwhile_as_a_server_does_is_waited_for(store, copier):
    event = _event(store)
    issue.add_tickets(store, UUID(event.uuid), GUEST, count=700)
    threading.Timer(0.3, copier.terminate).start()
    forget(store, UUID(event.uuid))
    assert copier.wait(0.1) is not None
    _assert_no_name_is_left(store)


@needs.on_sqlite
def test_names_that_are_left_in_the_log_are_told_of_and_go_the_next_time(store, copier, monkeypatch):
    monkeypatch.setattr(forgetting, "_READERS_S", 0.1)
    event = _event(store)
    issue.add_tickets(store, UUID(event.uuid), GUEST, count=700)
    with pytest.raises(NotPossibleError, match="once more"):
        forget(store, UUID(event.uuid))
    copier.terminate()
    copier.wait()
    assert forget(store, UUID(event.uuid)) == Forgotten("Concert", 0, 0, 0)
    _assert_no_name_is_left(store)


def _assert_no_name_is_left(store):
    kept = _files(store)
    assert b"Concert" in kept
    assert "Quatremère".encode() not in kept
    assert b"quatremere.example" not in kept


@pytest.fixture
def copier(store):
    """Another process that holds SQLite's lock for copying the log (WAL_CKPT_LOCK) until it is told to end."""
    script = "import fcntl, sys; f = open(sys.argv[1], 'r+b'); fcntl.lockf(f, fcntl.LOCK_EX, 1, 121); print(flush=True)"
    command = [sys.executable, "-c", f"{script}; sys.stdin.read()", f"{store.db.database}-shm"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.terminate()


@needs.on_sqlite
def test_names_that_a_backup_keeps_in_the_files_are_told_and_go_the_next_time(store, monkeypatch):
    event = _event(store)
    issue.add_tickets(store, UUID(event.uuid), GUEST, count=700)
    monkeypatch.setattr(forgetting, "_READERS_S", 0.5)
    with closing(sqlite3.connect(str(store.db.database), isolation_level=None)) as backup:
        backup.execute("BEGIN")
        backup.execute("SELECT COUNT(*) FROM ticket").fetchone()
        with pytest.raises(NotPossibleError, match="once more"):
            forget(store, UUID(event.uuid))
    assert forget(store, UUID(event.uuid)) == Forgotten("Concert", 0, 0, 0)
    assert "Quatremère".encode() not in _files(store)


def _forget_in_vain(store, event):
    with contextlib.suppress(NotPossibleError):
        forget(store, UUID(event.uuid))


@needs.on_sqlite
def test_no_gate_waits_for_a_forgetting_that_waits_for_a_backup(store, monkeypatch):
    event = _event(store)
    issue.add_tickets(store, UUID(event.uuid), GUEST)
    monkeypatch.setattr(forgetting, "_READERS_S", 8.0)
    waits = []
    with closing(sqlite3.connect(str(store.db.database), isolation_level=None)) as backup:
        backup.execute("BEGIN")
        backup.execute("SELECT COUNT(*) FROM ticket").fetchone()
        shell = open_store(f"sqlite:///{store.db.database}")  # another process, for the turns of this one
        waiting = threading.Thread(target=_forget_in_vain, args=(shell, event))
        waiting.start()
        while waiting.is_alive():
            began = time.monotonic()
            store.settle(lambda: store.db.run("UPDATE organisation SET name = name"))
            waits.append(time.monotonic() - began)
            time.sleep(0.01)
        shell.close()
    assert max(waits) < 5  # a gate gives up then


@pytest.mark.parametrize(("opens_in_h", "closes_in_h"), [(1, 5), (-1, 5), (None, 5), (1, None)])
def test_an_event_to_come_or_with_open_doors_forgets_nobody(store, opens_in_h, closes_in_h):
    event, hour = _event(store), 3600 * 1_000_000
    issue.add_tickets(store, UUID(event.uuid), GUEST)
    times = [None if h is None else moments.now() + h * hour for h in (opens_in_h, closes_in_h)]
    _doors(store, event, *times)
    with pytest.raises(NotPossibleError, match="nothing was forgotten"):
        forget(store, UUID(event.uuid))
    assert store.db.run("SELECT COUNT(last_name) FROM ticket").fetchone() == (1,)


@pytest.mark.parametrize("begins", ["opens_at", "starts_at"])
def test_doors_without_a_time_to_close_are_open_for_twelve_hours_also_before_the_first_guest(store, begins):
    event = _event(store)
    issue.add_tickets(store, UUID(event.uuid), GUEST)
    for hours_ago, is_over in ((1, False), (11, False), (13, True)):
        with store.writing():
            store.db.run(f"UPDATE event SET {begins} = ?", (moments.now() - hours_ago * 3600 * 1_000_000,))
        if is_over:
            assert forget(store, UUID(event.uuid)).tickets == 1
        else:
            with pytest.raises(NotPossibleError, match="nothing was forgotten"):
                forget(store, UUID(event.uuid))


def test_doors_without_a_time_are_closed_six_hours_after_the_last_guest(store):
    event = _event(store)
    issue.add_tickets(store, UUID(event.uuid), GUEST)
    for hours_ago, is_over in ((5, False), (7, True)):
        at = int((time.time() - hours_ago * 3600) * 1_000_000)
        with store.writing():
            store.db.run("UPDATE ticket SET scanned_at = ?", (at,))
        if is_over:
            assert forget(store, UUID(event.uuid)).tickets == 1
        else:
            with pytest.raises(NotPossibleError, match="6 hours"):
                forget(store, UUID(event.uuid))


@pytest.mark.parametrize(
    "times",
    [{"starts_at": 24}, {"opens_at": -1, "starts_at": 1}, {"starts_at": -1, "ends_at": 2}],
    ids=["starts tomorrow", "starts soon", "goes on"],
)
def test_an_event_that_is_not_over_by_its_own_times_forgets_nobody_either(store, times):
    event = _event(store)
    issue.add_tickets(store, UUID(event.uuid), GUEST)
    with store.writing():
        for name, hours in times.items():
            store.db.run(f"UPDATE event SET {name} = ?", (moments.now() + hours * 3600 * 1_000_000,))
    with pytest.raises(NotPossibleError, match="nothing was forgotten"):
        forget(store, UUID(event.uuid))
    assert store.db.run("SELECT COUNT(last_name) FROM ticket").fetchone() == (1,)
