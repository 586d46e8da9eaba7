"""SQLite → PostgreSQL: everything arrives, once or not at all, and the gates go on as they were."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import contextmanager
from uuid import UUID, uuid4

import psycopg
import pytest

from api.clock import Clock
from api.devices.devices import Admits
from api.devices.keys import caller
from api.devices.organising import add_devices
from api.devices.pairing import Pairing
from api.scan.bodies import TicketBody
from api.scan.judge import Judge
from api.store import models
from api.store.moving import MoveError, move
from api.store.store import StoreError, open_store
from api.tickets import events, issue


@contextmanager
def _silent(what, total):
    yield lambda steps: None


@pytest.fixture
def source(tmp_path):
    """The URL of an SQLite database after an evening: (url, the key of its gate, its tickets)."""
    url = f"sqlite:///{tmp_path}/tickets.sqlite3"
    store = open_store(url)
    event = events.add_event(store, "Soirée « 100 % » d'été\t\\ \U0001f389")
    order = issue.Order(first_name="Zoë\n", last_name="\\N", email="z@example.org", product="Billet", price="Plein")
    tickets = issue.add_tickets(store, UUID(event.uuid), order, count=1500)
    key = Pairing(store).read(add_devices(store, ["Gate 1"], "http://localhost", Admits((event.uuid,)))[0].token)
    gate = caller(store, key.api_key)
    for ticket in tickets[:20]:
        _scan(store, gate, ticket, ticket.uuid)
    store.close()
    return url, key.api_key, tickets


@pytest.fixture
def target(postgres):
    url = postgres.empty()
    yield url
    postgres.drop(url)


def _scan(store, gate, ticket, scan_id):
    body = TicketBody(qrcode_data=ticket.qrcode_data, scan_id=scan_id)
    (settled,) = Judge(store, Clock()).scan([(gate, body)])
    return settled.get().outcome.code.value


def _rows(url):
    store = open_store(url)
    found = {model: sorted(model.select().bind(store.db).tuples()) for model in models.ALL}
    store.close()
    return found


def _digest(url):
    """The file as it is, but for what closing may check in."""
    file = url.removeprefix("sqlite:///")
    with sqlite3.connect(file) as db:
        dump = "\n".join(db.iterdump())
    db.close()
    return hashlib.sha256(dump.encode()).hexdigest()


def test_every_row_arrives_and_the_source_stays_as_it_was(source, target):
    url = source[0]
    before = _digest(url)
    moved = move(url, target, _silent)
    assert _rows(target) == _rows(url)
    assert {each.table: each.rows for each in moved}["ticket"] == 1500
    assert [each.table for each in moved] == [model._meta.table_name for model in models.ALL]
    assert _digest(url) == before


def test_gates_go_on_and_what_was_answered_is_answered_so_again(source, target):
    url, key, tickets = source
    move(url, target, _silent)
    store = open_store(target)
    gate = caller(store, key)
    assert _scan(store, gate, tickets[0], tickets[0].uuid) == "ok"  # the same scan id: the same answer
    assert _scan(store, gate, tickets[0], str(uuid4())) == "already_scanned"
    assert _scan(store, gate, tickets[20], str(uuid4())) == "ok"
    store.close()


def test_new_rows_are_numbered_after_those_that_were_moved(source, target):
    move(source[0], target, _silent)
    store = open_store(target)
    event = events.add_event(store, "Concert")
    assert issue.add_tickets(store, UUID(event.uuid), issue.Order(product="New"))[0].status == "valid"
    assert store.db.run("SELECT max(id) FROM ticket").fetchone() == (1501,)
    store.close()


def test_progress_counts_every_row_twice_once_on_each_side(source, target):
    told = []

    @contextmanager
    def progress(what, total):
        told.append(total)
        yield told.append

    moved = move(source[0], target, progress)
    assert told[0] == sum(told[1:]) == 2 * sum(each.rows for each in moved)


def test_a_target_with_rows_is_refused_and_left_as_it_is(source, postgres_url):
    other = open_store(postgres_url)
    events.add_event(other, "Theirs")
    before = _rows(postgres_url)
    with pytest.raises(MoveError, match=r"not empty .it has rows in event.*make a new database"):
        move(source[0], postgres_url, _silent)
    assert _rows(postgres_url) == before
    other.close()


def test_a_target_of_another_program_is_refused_and_left_as_it_is(source, target):
    with psycopg.connect(target) as connection:
        connection.execute("CREATE TABLE event (title TEXT)")
    with pytest.raises(MoveError, match="another program, such as event"):
        move(source[0], target, _silent)
    with psycopg.connect(target) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert found == [("event",)]


def test_a_source_that_somebody_has_open_is_not_moved(source, target):
    serving = open_store(source[0])
    with pytest.raises(MoveError, match=r"is in use.*stop the server"):
        move(source[0], target, _silent)
    serving.close()
    assert len(move(source[0], target, _silent)) == len(models.ALL)


def test_nobody_opens_the_source_while_it_is_moved(source, target):
    tried = []

    @contextmanager
    def progress(what, total):
        other = sqlite3.connect(source[0].removeprefix("sqlite:///"), timeout=0)
        for statement in ("SELECT count(*) FROM ticket", "UPDATE ticket SET status = 'cancelled'"):
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute(statement)
            tried.append(statement)
        other.close()
        yield lambda steps: None

    move(source[0], target, progress)
    assert len(tried) == 2


def test_a_row_that_postgresql_does_not_take_undoes_all_of_it_and_a_later_move_is_whole(source, target):
    url = source[0]
    with sqlite3.connect(url.removeprefix("sqlite:///")) as db:
        db.execute("UPDATE ticket SET first_name = ? WHERE id = 1400", ("x" * 201,))
    db.close()
    with pytest.raises(Exception, match=r"ticket: value too long for type character varying.200."):
        move(url, target, _silent)
    emptied = _rows(target)
    assert [model.__name__ for model, rows in emptied.items() if rows] == ["Organisation"]
    with sqlite3.connect(url.removeprefix("sqlite:///")) as db:
        db.execute("UPDATE ticket SET first_name = 'x' WHERE id = 1400")
    db.close()
    move(url, target, _silent)
    assert _rows(target) == _rows(url)


@pytest.mark.parametrize(
    ("source_url", "target_url", "told"),
    [
        ("postgresql://u:secret@localhost/a", "sqlite:///b", "not back"),
        ("sqlite:///a", "sqlite:///b", "not back"),
        ("sqlite:////nowhere/t.sqlite3", "postgresql://u:secret@localhost/a", "there is no database"),
        ("mysql://u:secret@localhost/a", "postgresql://u:secret@localhost/a", "no database that Portillon knows"),
    ],
)
def test_a_way_that_there_is_not_says_so_and_tells_no_password(source_url, target_url, told):
    with pytest.raises(MoveError, match=told) as caught:
        move(source_url, target_url, _silent)
    assert "secret" not in str(caught.value)


def test_a_target_that_can_not_be_reached_says_what_to_do(source):
    with pytest.raises(StoreError, match=r"can't be used.*see that PostgreSQL runs") as caught:
        move(source[0], "postgresql://u:geheim@127.0.0.1:1/a", _silent)
    assert "geheim" not in str(caught.value)
