"""The schema grows from version to version and never shrinks."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path
from uuid import UUID

import pytest

from api.store import migrations, models
from api.store.annul import Annulment, Annuls
from api.store.migrations import NewerSchemaError, migrate
from api.store.postgres import PostgresDatabase
from api.store.scan import Code
from api.store.sqlite import SqliteDatabase
from api.store.store import StoreError, open_store
from api.tickets.events import add_event, list_events


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """A database without any table, of each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.sqlite3"
    else:
        postgres = request.getfixturevalue("postgres")
        url = postgres.empty()
        yield url
        postgres.drop(url)


@pytest.fixture
def db(empty_url):
    is_sqlite = empty_url.startswith("sqlite")
    opened = SqliteDatabase(empty_url.removeprefix("sqlite:///")) if is_sqlite else PostgresDatabase(empty_url)
    yield opened
    opened.close_everywhere()


def _add_a_column(db):
    db.run("ALTER TABLE event ADD COLUMN place VARCHAR(200)")


def _break_halfway(db):
    db.run("ALTER TABLE event ADD COLUMN place VARCHAR(200)")
    raise RuntimeError("power cut")


def test_a_new_database_has_every_column_of_every_model(store):
    for model in models.ALL:
        table = model._meta.table_name
        assert {column.name for column in store.db.get_columns(table)} == set(model._meta.columns), table
    assert migrations.version(store.db) == len(migrations.STEPS)


def test_version_1_grows_to_the_next_and_keeps_its_rows(store):
    event = add_event(store, "Concert")
    assert migrate(store.db, (*migrations.STEPS, _add_a_column)) == len(migrations.STEPS) + 1
    assert store.db.run("SELECT uuid, place FROM event").fetchall() == [(event.uuid, None)]


def test_every_version_from_the_first_leads_to_the_newest(db):
    for count in range(1, len(migrations.STEPS) + 1):
        assert migrate(db, migrations.STEPS[:count]) == count
    assert migrate(db) == len(migrations.STEPS)


@pytest.fixture
def from_version_1(tmp_path):
    """A store opened by this program on the database that a program of version 1 left behind."""
    with sqlite3.connect(tmp_path / "old.sqlite3") as old:
        old.executescript(Path(__file__).with_name("version_1.sql").read_text("utf-8"))
    old.close()
    opened = open_store(str(tmp_path / "old.sqlite3"))
    yield opened
    opened.close()


def test_a_database_of_version_1_keeps_its_rows_and_knows_which_scan_let_whom_in(from_version_1):
    assert migrations.version(from_version_1.db) == len(migrations.STEPS)
    found = from_version_1.db.run("SELECT uuid, status, scan_id, scanned_by FROM ticket ORDER BY id").fetchall()
    assert [(UUID(uuid).int, *rest) for uuid, *rest in found] == [
        (1, "scanned", str(UUID(int=0xA1)), 1),
        (2, "scanned", None, 2),
        (3, "valid", None, None),
        (4, "cancelled", None, None),
        (5, "cancelled", None, 2),
    ]
    lines = from_version_1.db.run("SELECT count(*), count(scan_id), count(reason) FROM scan_line").fetchone()
    assert lines == (8, 7, 0)
    assert from_version_1.db.run("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize(
    ("device", "number", "code"),
    [
        *((1, 0xA1, Code.OK), (2, 0xA1, Code.NOT_IN_FORCE), (1, 0xA2, Code.NOT_IN_FORCE), (1, 0xA3, Code.UNKNOWN_SCAN)),
        *(
            (1, 0xA4, Code.NOT_IN_FORCE),
            (2, 0xA5, Code.NOT_IN_FORCE),
            (2, 0xA2, Code.UNKNOWN_SCAN),
            (1, 0xA6, Code.NOT_IN_FORCE),
        ),
    ],
)
def test_an_admission_of_version_1_can_be_given_back_and_no_other(from_version_1, device, number, code):
    before = from_version_1.db.run("SELECT id, status FROM ticket").fetchall()
    (now,) = from_version_1.db.run("SELECT max(arrived_at) FROM scan_line").fetchone()
    annulment = Annulment(device, str(UUID(int=number)), "not_passed", now, None, None)
    assert Annuls(from_version_1).annul(annulment) is code
    changed = set(from_version_1.db.run("SELECT id, status FROM ticket").fetchall()) - set(before)
    assert changed == ({(1, "valid")} if code is Code.OK else set())


def test_a_step_that_breaks_leaves_the_version_before_it(store):
    with pytest.raises(RuntimeError):
        migrate(store.db, (*migrations.STEPS, _break_halfway))
    assert migrations.version(store.db) == len(migrations.STEPS)
    assert "place" not in {column.name for column in store.db.get_columns("event")}
    assert migrate(store.db, (*migrations.STEPS, _add_a_column)) == len(migrations.STEPS) + 1


def test_a_newer_database_is_refused_and_left_as_it_is(database_url, store):
    migrate(store.db, (*migrations.STEPS, _add_a_column))
    with pytest.raises(StoreError, match="install the newer Portillon"):
        open_store(database_url)
    with pytest.raises(NewerSchemaError):
        migrate(store.db)
    assert migrations.version(store.db) == len(migrations.STEPS) + 1


def test_opening_twice_migrates_once_and_keeps_the_secret(database_url, store):
    again = open_store(database_url)
    assert again.organisation().secret == store.organisation().secret
    assert len(store.organisation().secret) >= 43
    again.close()


def test_many_openers_at_once_make_one_schema(empty_url):
    failures, together = [], threading.Barrier(8)

    def open_it():
        together.wait(60)
        try:
            open_store(empty_url).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    store = open_store(empty_url)
    assert store.db.run("SELECT count(*) FROM organisation").fetchone() == (1,)
    store.close()


def test_the_file_is_readable_by_its_owner_only(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/tickets.sqlite3")
    add_event(store, "Concert")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("tickets.sqlite3*")}
    assert modes["tickets.sqlite3"] == 0o600
    assert set(modes.values()) == {0o600}
    store.close()


def test_connections_are_durable_and_check_foreign_keys(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/tickets.sqlite3")
    assert store.db.run("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store.db.run("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert store.db.run("PRAGMA foreign_keys").fetchone() == (1,)
    assert store.db.run("PRAGMA busy_timeout").fetchone()[0] >= 5000
    store.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://localhost/portillon", "write sqlite:///FILE or postgresql://"),
        ("sqlite://relative", "sqlite:///FILE"),
        ("sqlite:///", "sqlite:///FILE"),
        ("sqlite:////nowhere/at/all.sqlite3", "folder exists"),
        ("sqlite:////tmp", "can't be used"),
    ],
)
def test_what_can_not_be_opened_says_what_to_do(url, told):
    with pytest.raises(StoreError, match=told):
        open_store(url)


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"JPEG" * 4096)
    with pytest.raises(StoreError, match="can't be used"):
        open_store(str(file))
    assert file.read_bytes() == b"JPEG" * 4096


def test_urls_and_paths_open_the_same_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = open_store("sqlite:///here.sqlite3")
    event = add_event(first, "Concert")
    first.close()
    for url in ("here.sqlite3", f"sqlite:///{tmp_path}/here.sqlite3", str(tmp_path / "here.sqlite3")):
        store = open_store(url)
        assert list_events(store) == [event]
        store.close()


def test_a_transaction_that_fails_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError), store.writing():
        store.db.run("INSERT INTO product (uuid, name) VALUES ('x', 'y')")
        raise ZeroDivisionError
    assert store.db.run("SELECT count(*) FROM product").fetchone() == (0,)
