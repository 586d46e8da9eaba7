"""Group commit: works that wait together share one commit, nobody is answered before it, none harms another."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time

import peewee
import pytest

from api.store.store import open_store

INSERT = "INSERT INTO product (uuid, name) VALUES (?, ?)"


@pytest.fixture
def lite(tmp_path):
    """An SQLite store: the queue is its own."""
    opened = open_store(f"{tmp_path}/tickets.sqlite3")
    yield opened
    opened.close()


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
        self.told = {}  # name → value or error, as its caller got it

    def line_up(self, **calls):
        """Each call in a thread of its own, in this order; then all of them go on."""
        with self._store.writing():
            for name, call in calls.items():
                thread = threading.Thread(target=self._call, args=(name, call))
                thread.start()
                self._threads.append(thread)
                self._wait_until_it_waits(len(self._threads))
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _call(self, name, call):
        try:
            self.told[name] = call()
        except Exception as error:
            self.told[name] = error

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
        return name, threading.get_ident()

    return lambda: store.settle(work)


def test_works_that_wait_together_are_one_transaction_and_none_is_answered_before_it(lite, queue, seen):
    during = []

    def look():
        during.append((seen(), dict(queue.told)))

    queue.line_up(**{name: _adding(lite, name, look) for name in "abcdefgh"})
    assert during == [([], {})] * 8  # nothing to be seen, and nobody told, until the last had run
    assert [queue.told[name][0] for name in "abcdefgh"] == list("abcdefgh")
    assert len({thread for _, thread in queue.told.values()}) == 1  # one led them all
    assert seen() == list("abcdefgh")


def test_a_work_that_fails_gets_its_own_error_and_harms_no_other(lite, queue, seen):
    def fail():
        raise ZeroDivisionError

    calls = {name: _adding(lite, name, fail if name == "c" else lambda: None) for name in "abcde"}
    queue.line_up(**calls)
    assert isinstance(queue.told.pop("c"), ZeroDivisionError)
    assert {name: value[0] for name, value in queue.told.items()} == {name: name for name in "abde"}
    assert sorted(seen()) == [*"abde"]  # run again alone, in the order in which their threads woke


def test_a_work_that_the_database_refuses_harms_no_other(lite, queue, seen):
    queue.line_up(a=_adding(lite, "a"), again=_adding(lite, "a"), b=_adding(lite, "b"))
    assert isinstance(queue.told["again"], peewee.IntegrityError)
    assert seen() == ["a", "b"]


def test_when_the_commit_fails_nobody_is_told_yes_and_the_next_goes_on(lite, queue, seen):
    def poison():  # a foreign key that is looked at when all is to be committed
        lite.db.run("PRAGMA defer_foreign_keys = ON")
        lite.db.run("INSERT INTO price (uuid, product_id, name) VALUES ('x', 4711, 'x')")

    queue.line_up(a=_adding(lite, "a"), b=_adding(lite, "b", poison), c=_adding(lite, "c"))
    assert [type(told) for told in queue.told.values()] == [peewee.OperationalError] * 3
    assert len({id(told) for told in queue.told.values()}) == 3  # an error is raised in one thread only
    assert seen() == []
    assert _adding(lite, "d")()[0] == "d"
    assert seen() == ["d"]


def test_a_full_disk_fails_the_works_that_need_room_and_is_over_when_there_is_some(lite, queue, seen):
    pages = lite.db.run("PRAGMA page_count").fetchone()[0]

    def limit(to):
        lite.db.run(f"PRAGMA max_page_count = {to}")  # of this connection, and so of this thread

    def fill():
        limit(pages)
        try:
            for number in range(10_000):
                lite.db.run(INSERT, (f"{number} {'x' * 200}", f"{number} {'x' * 200}"))
        finally:
            limit(1_000_000)

    queue.line_up(a=_adding(lite, "a"), full=lambda: lite.settle(fill), b=_adding(lite, "b"))
    assert "full" in str(queue.told["full"])
    assert seen() == ["a", "b"]


def test_an_organisers_transaction_waits_its_turn_and_the_scans_behind_it_wait_theirs(lite, queue):
    order = []

    def organise():
        with lite.writing():
            order.append("organiser")

    def scan(name):
        return lambda: lite.settle(lambda: order.append(name))

    queue.line_up(a=scan("a"), organiser=organise, b=scan("b"), c=scan("c"))
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
