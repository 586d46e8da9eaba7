"""PostgreSQL: connections that die are renewed, nothing is done twice, nobody waits for ever, no row is quoted."""

from __future__ import annotations

import threading
import time
from uuid import uuid4

import peewee
import psycopg
import pytest

from api.devices.keys import caller
from api.devices.organising import add_devices
from api.devices.pairing import Pairing
from api.store.models import Product
from api.store.store import StoreError, open_store

INSERT = "INSERT INTO product (uuid, name) VALUES (?, ?)"


@pytest.fixture
def pg(postgres_url):
    opened = open_store(postgres_url)
    yield opened
    opened.close()


def _insert(store, name):
    store.db.run(INSERT, (str(uuid4()), name))


def _names(store):
    return [name for (name,) in store.db.run("SELECT name FROM product ORDER BY id").fetchall()]


def _end_connections(url):
    """The administrator ends every connection but this one, and all are gone on return."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid) {others}")
        deadline = time.monotonic() + 60
        while connection.execute(f"SELECT count(*) {others}").fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_after_the_server_restarted_reads_and_writes_go_on_as_if_nothing_had_been(pg, postgres):
    pg.settle(lambda: _insert(pg, "a"))
    postgres.stop()
    postgres.start()
    assert _names(pg) == ["a"]
    postgres.stop()
    postgres.start()
    pg.settle(lambda: _insert(pg, "b"))
    postgres.stop()
    postgres.start()
    with pg.writing():
        _insert(pg, "c")
    postgres.stop()
    postgres.start()
    assert [row.name for row in Product.select().order_by(Product.id).bind(pg.db)] == ["a", "b", "c"]


def test_while_the_server_is_away_errors_are_told_and_it_works_again_when_it_is_back(pg, postgres):
    postgres.stop()
    try:
        for call in (lambda: _names(pg), lambda: pg.settle(lambda: _insert(pg, "a")), pg.organisation):
            with pytest.raises(peewee.OperationalError):
                call()
    finally:
        postgres.start()
    assert _names(pg) == []


def test_a_connection_that_dies_amid_a_work_is_renewed_and_the_work_done_once(pg, postgres_url):
    runs = []

    def work():
        runs.append(1)
        _insert(pg, "a")
        if len(runs) == 1:
            _end_connections(postgres_url)
        return _names(pg)

    assert pg.settle(work) == ["a"]
    assert len(runs) == 2
    assert _names(pg) == ["a"]


def test_a_connection_that_dies_at_the_commit_is_an_error_and_the_work_is_not_done_again(pg, postgres_url):
    runs = []

    def work():
        runs.append(1)
        _insert(pg, "a")
        _end_connections(postgres_url)

    with pytest.raises(peewee.OperationalError):
        pg.settle(work)
    assert len(runs) == 1
    assert _names(pg) == []


def test_a_connection_that_dies_amid_an_organisers_transaction_undoes_it(pg, postgres_url):
    with pytest.raises(peewee.OperationalError), pg.writing():
        _insert(pg, "a")
        _end_connections(postgres_url)
        _insert(pg, "b")
    assert _names(pg) == []


def test_two_works_in_a_deadlock_are_both_done_in_the_end(pg):
    for name in "ab":
        pg.settle(lambda name=name: _insert(pg, name))
    both, one_is_done = threading.Barrier(2), threading.Event()
    runs = []

    def work(first, second):
        def run():
            runs.append(first)
            if len(runs) > 2:  # else it could overtake the other, and both be in a deadlock once more
                assert one_is_done.wait(60)
            pg.db.run("UPDATE product SET uuid = ? WHERE name = ?", (str(uuid4()), first))
            if len(runs) <= 2:
                both.wait(60)
            pg.db.run("UPDATE product SET uuid = ? WHERE name = ?", (str(uuid4()), second))

        def settle():
            pg.settle(run)
            one_is_done.set()

        return settle

    threads = [threading.Thread(target=work(*pair)) for pair in ("ab", "ba")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(runs) == 3  # one of them twice


def test_who_waits_for_a_row_that_somebody_keeps_is_told_before_a_gate_gives_up(pg, postgres_url):
    pg.settle(lambda: _insert(pg, "a"))
    with psycopg.connect(postgres_url) as other:
        other.execute("UPDATE product SET name = 'b'")
        with pytest.raises(peewee.OperationalError, match="lock timeout"):
            pg.settle(lambda: pg.db.run("UPDATE product SET name = 'c'"))
        other.rollback()
    assert _names(pg) == ["a"]


def test_a_session_is_durable_and_bounded_whatever_the_databases_defaults_are(postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as other:
        for setting in ("synchronous_commit = off", "default_transaction_isolation = 'serializable'"):
            other.execute(f"ALTER DATABASE {other.info.dbname} SET {setting}")
    store = open_store(postgres_url)
    names = ("synchronous_commit", "default_transaction_isolation", "lock_timeout", "statement_timeout")
    assert [store.db.run(f"SHOW {name}").fetchone()[0] for name in names] == ["on", "read committed", "4s", "30s"]
    store.close()


def test_what_the_database_refuses_is_told_without_the_row(pg):
    pg.settle(lambda: pg.db.run(INSERT, ("one", "Jeanne Martin")))
    with pytest.raises(peewee.IntegrityError, match="duplicate key value") as caught:
        pg.settle(lambda: pg.db.run(INSERT, ("two", "Jeanne Martin")))
    assert "Jeanne" not in str(caught.value)


def test_organisers_transactions_take_turns_and_scans_do_not_wait_for_them(pg):
    inside, settled = threading.Event(), threading.Event()
    order = []

    def organise(name):
        with pg.writing():
            order.append(name)
            inside.set()
            assert settled.wait(60)
            order.append(name)

    organisers = [threading.Thread(target=organise, args=(name,)) for name in "ab"]
    for organiser in organisers:
        organiser.start()
    assert inside.wait(60)
    assert pg.settle(lambda: "settled") == "settled"  # while an organiser writes
    settled.set()
    for organiser in organisers:
        organiser.join(60)
    assert order in (list("aabb"), list("bbaa"))


def test_of_a_pairing_code_read_by_many_at_once_one_key_is_good(pg):
    device = add_devices(pg, ["Gate 1"], "http://localhost")[0]
    together, keys = threading.Barrier(16), []

    def read():
        pairing = Pairing(pg)
        together.wait(60)
        keys.append(pairing.read(device.token).api_key)

    threads = [threading.Thread(target=read) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(keys) == 16
    assert len([key for key in keys if caller(pg, key)]) == 1


def test_a_percent_sign_and_a_question_mark_in_a_text_arrive_as_they_are(pg):
    pg.settle(lambda: _insert(pg, "100 % ? %s"))
    assert pg.db.run("SELECT name FROM product WHERE name LIKE '100 %' AND name = ?", ("100 % ? %s",)).fetchall() == [
        ("100 % ? %s",)
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda url: url.replace("portillon:secret@", "nobody:secret@"), 'role "nobody" does not exist'),
        (lambda url: url.rpartition("/")[0] + "/nothing", 'database "nothing" does not exist'),
        (lambda url: url + "?sslmode=require", "SSL"),
        (lambda url: url + "?password=secret&colour=blue", "colour"),
    ],
)
def test_a_database_that_can_not_be_used_says_why_and_what_to_do_and_no_password(postgres_url, change, told):
    with pytest.raises(StoreError, match=told) as caught:
        open_store(change(postgres_url))
    assert "see that PostgreSQL runs" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])  # the latter by a set-up without a language
def test_a_database_of_another_encoding_is_refused(postgres, encoding):
    url = postgres.empty(encoding)
    with pytest.raises(StoreError, match=f"its encoding is {encoding}, names need UTF8"):
        open_store(url)
    postgres.drop(url)


def test_postgres_is_postgresql(postgres_url):
    open_store(postgres_url.replace("postgresql://", "postgres://")).close()
