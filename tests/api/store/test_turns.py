"""Works that are settled together share one commit, and none harms another; who writes waits for the turn."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time

import peewee
import pytest

from api.store import sqlite

INSERT = "INSERT INTO product (uuid, name) VALUES (?, ?)"


@pytest.fixture
def seen(tmp_path, lite):
    """What another process would see now."""
    other = sqlite3.connect(tmp_path / "tickets.sqlite3", check_same_thread=False)
    yield lambda: sorted(name for (name,) in other.execute("SELECT name FROM product").fetchall())
    other.close()


class Queue:
    """Holds the turn, and lets threads line up behind it, one after another."""

    def __init__(self, store):
        self._store = store
        self._threads = []

    def line_up(self, *calls):
        """Each call in a thread of its own, in this order; then all of them go on."""
        with self._store.writing():
            for call in calls:
                thread = threading.Thread(target=call)
                thread.start()
                self._threads.append(thread)
                self._wait_until_it_waits(len(self._threads))
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _wait_until_it_waits(self, count):
        deadline = time.monotonic() + 60
        while len(self._store.db._turns._queue) < count:
            assert time.monotonic() < deadline
            time.sleep(0.001)


@pytest.fixture
def queue(lite):
    return Queue(lite)


def _adding(store, name, then=lambda: None):
    def work():
        store.db.run(INSERT, (name, name))
        then()
        return name

    return work


def _names(settled):
    return [each.get() if each.error is None else type(each.error) for each in settled]


def test_works_that_are_settled_together_are_one_transaction(lite, seen):
    during = []
    settled = lite.settle_all([_adding(lite, name, lambda: during.append(seen())) for name in "abcdefgh"])
    assert during == [[]] * 8  # nothing to be seen until the last had run
    assert _names(settled) == list("abcdefgh")
    assert seen() == list("abcdefgh")
    counts, works = lite.db.groups()
    assert (counts[sqlite.GROUPS.index(8)], sum(counts), works) == (1, 1, 8)


def test_nothing_to_settle_is_no_transaction(store):
    assert store.settle_all([]) == []


def test_a_work_that_fails_gets_its_own_error_and_harms_no_other(store):
    def fail():
        raise ZeroDivisionError

    settled = store.settle_all([_adding(store, name, fail if name == "c" else lambda: None) for name in "abcde"])
    assert _names(settled) == ["a", "b", ZeroDivisionError, "d", "e"]
    assert _products(store) == [*"abde"]


def test_a_work_that_the_database_refuses_harms_no_other(store):
    settled = store.settle_all([_adding(store, "a"), _adding(store, "a"), _adding(store, "b")])
    assert _names(settled) == ["a", peewee.IntegrityError, "b"]
    assert _products(store) == ["a", "b"]


def _products(store):
    return sorted(name for (name,) in store.db.run("SELECT name FROM product"))


def test_when_the_commit_fails_nobody_is_told_yes_and_the_next_goes_on(lite, seen):
    def poison():  # a foreign key that is looked at when all is to be committed
        lite.db.run("PRAGMA defer_foreign_keys = ON")
        lite.db.run("INSERT INTO price (uuid, product_id, name) VALUES ('x', 4711, 'x')")

    settled = lite.settle_all([_adding(lite, "a"), _adding(lite, "b", poison), _adding(lite, "c")])
    assert _names(settled) == [peewee.OperationalError] * 3
    assert len({id(each.error) for each in settled}) == 3  # an error is raised in one thread only
    assert seen() == []
    assert lite.settle(_adding(lite, "d")) == "d"
    assert seen() == ["d"]


def test_a_full_disk_fails_the_works_that_need_room_and_is_over_when_there_is_some(lite, seen):
    pages = lite.db.run("PRAGMA page_count").fetchone()[0]

    def limit(to):
        lite.db.run(f"PRAGMA max_page_count = {to}")  # of this connection, which writes

    def fill():
        limit(pages)
        try:
            for number in range(10_000):
                lite.db.run(INSERT, (f"{number} {'x' * 200}", f"{number} {'x' * 200}"))
        finally:
            limit(1_000_000)

    a, full, b = lite.settle_all([_adding(lite, "a"), fill, _adding(lite, "b")])
    assert "full" in str(full.error)
    assert [a.get(), b.get(), *seen()] == ["a", "b", "a", "b"]


def test_an_organisers_transaction_waits_its_turn_and_the_scans_behind_it_wait_theirs(lite, queue):
    order = []

    def organise():
        with lite.writing():
            order.append("organiser")

    def scan(name):
        return lambda: lite.settle(lambda: order.append(name))

    queue.line_up(scan("a"), organise, scan("b"), scan("c"))
    assert order == ["a", "organiser", "b", "c"]


def test_an_organiser_who_writes_without_end_keeps_no_scan_waiting(lite):
    stop, begun = threading.Event(), threading.Event()
    transactions = []

    def organise():
        while not stop.is_set():
            with lite.writing():
                transactions.append(1)
            begun.set()

    organiser = threading.Thread(target=organise)
    organiser.start()
    begun.wait(60)
    for _ in range(20):
        assert lite.settle(lambda: "settled") == "settled"
    stop.set()
    organiser.join(60)
    assert len(transactions) >= 1


@pytest.mark.parametrize("inner", ["settle", "writing"])
@pytest.mark.parametrize("outer", ["settle", "writing"])
def test_a_transaction_within_a_transaction_is_refused_and_stops_nobody(store, outer, inner):
    def run(kind, work):
        if kind == "settle":
            store.settle(work)
        else:
            with store.writing():
                work()

    with pytest.raises(RuntimeError, match="within a transaction"):
        run(outer, lambda: run(inner, lambda: None))
    assert store.settle(lambda: 1) == 1
    with store.writing():
        store.db.run(INSERT, ("a", "a"))


def test_a_thread_that_is_interrupted_while_it_waits_leaves_the_queue_in_order(lite):
    class Interrupted(Exception):
        pass

    def interrupt(_signal, _frame):
        raise Interrupted

    holds, release = threading.Event(), threading.Event()

    def hold():
        with lite.writing():
            holds.set()
            while not lite.db._turns._queue:
                time.sleep(0.001)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
            release.wait(60)

    before = signal.signal(signal.SIGUSR1, interrupt)
    holder = threading.Thread(target=hold)
    holder.start()
    holds.wait(60)
    try:
        with pytest.raises(Interrupted):
            lite.settle(lambda: 1)
    finally:
        signal.signal(signal.SIGUSR1, before)
        release.set()
        holder.join(60)
    assert lite.settle(lambda: 2) == 2
