"""SQLite's log is copied into the database while nobody waits, or in pieces that do not take long."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from itertools import pairwise

import peewee
import pytest

from api.store.upkeep import FEW, LONG_S, MOST, Upkeep

INSERT = "INSERT INTO product (uuid, name) VALUES (?, ?)"


@pytest.fixture
def in_the_file(tmp_path):
    """How many products the database holds without its log."""

    def count():
        alone = shutil.copy(tmp_path / "tickets.sqlite3", tmp_path / "alone.sqlite3")
        with closing(sqlite3.connect(alone)) as copy:
            try:
                return copy.execute("SELECT COUNT(*) FROM product").fetchone()[0]
            except sqlite3.OperationalError:  # not even its tables are there
                return 0

    return count


def _settle(store, names):
    for name in names:
        store.settle(lambda name=name: store.db.run(INSERT, (name, name)))


def _names(count, kind="p"):
    return [f"{kind}{n}" for n in range(count)]


def test_a_pause_is_used_to_copy_the_log(lite, in_the_file):
    _settle(lite, _names(FEW))
    assert in_the_file() == 0
    lite.rest(is_quiet=True)
    assert in_the_file() == FEW


def test_a_pause_after_few_works_is_left_alone_and_the_next_ones_are_added_to_them(lite, in_the_file):
    _settle(lite, _names(FEW - 1))
    lite.rest(is_quiet=True)
    assert in_the_file() == 0
    _settle(lite, ["one more"])
    lite.rest(is_quiet=True)
    assert in_the_file() == FEW


def test_while_others_wait_the_log_grows_as_long_as_copying_it_would_not_take_long(lite, in_the_file):
    _settle(lite, _names(FEW))
    lite.rest(is_quiet=False)  # nothing is known of this disk yet
    assert in_the_file() == FEW
    _settle(lite, _names(FEW, "q"))
    lite.db._upkeep._enough = 2 * FEW  # what it took depends on this machine
    lite.rest(is_quiet=False)
    assert in_the_file() == FEW
    _settle(lite, _names(FEW, "r"))
    lite.rest(is_quiet=False)
    assert in_the_file() == 3 * FEW


def test_a_work_never_copies_the_log_itself_but_an_organisers_transaction_does_when_it_is_long(lite, in_the_file):
    """1000 pages of log, and not before: whoever sells or imports tickets copies what gates have left."""

    def work(name):
        lite.db.run(INSERT, (name, name))
        lite.db.run("UPDATE event SET public_key_pem = ?", (name * 200_000,))  # a hundred pages

    lite.db.run(
        "INSERT INTO event (uuid, organisation_id, name, public_key_pem, created_at) SELECT 'e', id, 'e', '', 0 "
        "FROM organisation"
    )
    for name in _names(15):
        lite.settle(lambda name=name: work(name))
    assert in_the_file() == 0
    with lite.writing():
        lite.db.run(INSERT, ("q", "q"))
    assert in_the_file() == 16


def test_a_reader_that_goes_on_for_long_is_not_waited_for(lite, in_the_file, tmp_path):
    _settle(lite, _names(FEW))
    with closing(sqlite3.connect(tmp_path / "tickets.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT COUNT(*) FROM product").fetchone() == (FEW,)
        _settle(lite, _names(FEW, "q"))
        lite.rest(is_quiet=True)
        assert reader.execute("SELECT COUNT(*) FROM product").fetchone() == (FEW,)
    _settle(lite, _names(FEW, "r"))
    lite.rest(is_quiet=True)
    assert in_the_file() == 3 * FEW


def test_a_copy_that_a_reader_forbade_says_nothing_of_the_disk(lite, tmp_path):
    with closing(sqlite3.connect(tmp_path / "tickets.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM product").fetchone()
        for kind in "pqr":
            _settle(lite, _names(FEW, kind))
            lite.rest(is_quiet=True)
    assert lite.db._upkeep._enough == FEW


def test_a_copy_that_another_makes_at_the_same_time_says_nothing_of_the_disk(lite, monkeypatch):
    monkeypatch.setattr(lite.db, "read", lambda _sql: [(1, -1, -1)])
    _settle(lite, _names(FEW))
    lite.rest(is_quiet=True)
    assert lite.db._upkeep._enough == FEW


def test_after_a_copy_that_found_all_copied_already_the_next_one_is_of_twice_as_many_works_at_most(lite):
    _settle(lite, _names(FEW))
    lite.db.run("PRAGMA wal_checkpoint(PASSIVE)")  # as an organiser's long commit does
    lite.rest(is_quiet=True)
    assert lite.db._upkeep._enough <= 2 * FEW


def _copies_in(monkeypatch, seconds_a_work):
    """Upkeep over a disk that takes so long for each work, and how many works each of its copies was of."""
    clock, copied = [0.0], []
    monkeypatch.setattr("api.store.upkeep.time.monotonic", lambda: clock[0])
    waiting = [0]

    def copy():
        clock[0] += seconds_a_work * waiting[0]
        copied.append(waiting[0])
        waiting[0] = 0
        return True

    upkeep = Upkeep(copy)
    for _ in range(20_000):
        waiting[0] += 1
        upkeep.count(1)
        upkeep.rest(is_quiet=False)
    return copied


@pytest.mark.parametrize("seconds_a_work", [0.00005, 0.0002, 0.001, 0.004])
def test_under_constant_load_no_copy_takes_longer_than_it_may(monkeypatch, seconds_a_work):
    copied = _copies_in(monkeypatch, seconds_a_work)
    expected = min(MOST, int(LONG_S / seconds_a_work))
    assert copied[0] == FEW
    assert all(later <= 2 * earlier for earlier, later in pairwise(copied))
    assert set(copied[7:]) <= {expected, expected - 1, expected + 1}  # 20, 40, … 2560
    assert all(works * seconds_a_work <= LONG_S * 1.1 for works in copied)


def test_on_a_card_too_slow_for_that_the_copies_are_as_small_as_they_get(monkeypatch):
    assert set(_copies_in(monkeypatch, 0.05)) == {FEW}


def test_a_copy_that_fails_is_logged_and_the_next_one_takes_all_along(lite, in_the_file, monkeypatch, caplog):
    def refuse(_sql):
        raise peewee.OperationalError("database or disk is full")

    _settle(lite, _names(FEW))
    with monkeypatch.context() as patch:
        patch.setattr(lite.db, "read", refuse)
        lite.rest(is_quiet=True)
    assert "could not be copied: database or disk is full" in caplog.text
    lite.rest(is_quiet=True)
    assert in_the_file() == 0  # not at once again: the disk would be asked at every pause
    _settle(lite, _names(FEW, "q"))
    lite.rest(is_quiet=True)
    assert in_the_file() == 2 * FEW
