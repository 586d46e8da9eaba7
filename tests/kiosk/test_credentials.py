"""Credentials on disk: whole or not there, readable by their owner only, and never shown."""

from __future__ import annotations

import errno
import json
import logging
from dataclasses import FrozenInstanceError

import pytest

from kiosk.credentials import PAIRED_FILE, Credentials, CredentialStore, DamagedCredentials, printable

KEY = "PREFIX01.very-secret-indeed"
GATE = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"
CREDENTIALS = Credentials(
    "https://tickets.example.org", "/api/scan", KEY, GATE, "Entrée", "Lespass", frozenset({"scan_id", "annul"})
)


@pytest.fixture
def store(tmp_path):
    store = CredentialStore(tmp_path / "state" / "portillon")
    store.prepare()
    return store


@pytest.fixture
def paired(store, tmp_path):
    """The file of a store that is paired."""
    store.save_pending(CREDENTIALS)
    store.promote()
    return tmp_path / "state" / "portillon" / PAIRED_FILE


def test_key_is_in_no_representation():
    assert KEY not in f"{CREDENTIALS!r} {CREDENTIALS} {CREDENTIALS.masked_key}"
    assert CREDENTIALS.masked_key == "PREF…"


def test_credentials_can_not_be_changed():
    with pytest.raises(FrozenInstanceError):
        CREDENTIALS.api_key = "other"


def test_what_was_saved_is_loaded_once_it_is_promoted(store):
    assert (store.load(), store.load_pending()) == (None, None)
    store.save_pending(CREDENTIALS)
    assert (store.load(), store.load_pending()) == (None, CREDENTIALS)
    store.promote()
    assert (store.load(), store.load_pending()) == (CREDENTIALS, None)


def test_files_and_folder_belong_to_their_owner_only(store, paired):
    store.save_pending(CREDENTIALS)
    assert {file.stat().st_mode & 0o777 for file in paired.parent.iterdir()} == {0o600}
    assert paired.parent.stat().st_mode & 0o777 == 0o700


def test_open_folder_is_closed_before_a_key_goes_in(tmp_path):
    tmp_path.chmod(0o755)
    CredentialStore(tmp_path).prepare()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_forget_leaves_nothing_and_may_be_repeated(store, paired):
    store.save_pending(CREDENTIALS)
    for _ in range(2):
        store.forget()
        assert list(paired.parent.iterdir()) == []


def test_store_without_a_folder_is_unpaired(tmp_path):
    store = CredentialStore(tmp_path / "nowhere")
    assert store.load() is None
    store.forget()
    assert store.damaged() == []


WHOLE = {"base_url": "https://a.example", "prefix": "/scan", "api_key": KEY, "device_uuid": GATE, "device_name": "G"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 300,
        b'{"base_url": "https://tick',
        b"\xff\xfe",
        b"[]",
        *(
            json.dumps(WHOLE | wrong).encode()
            for wrong in (
                {"prefix": "/other"},
                {"base_url": "ftp://a.example"},
                {"base_url": "https://a.example/path"},
                {"api_key": "with space and\r\nHeader: x"},
                {"api_key": ""},
                {"api_key": None},
                {"device_uuid": "no uuid"},
            )
        ),
    ],
)
def test_damaged_file_is_set_aside_and_reported_without_its_content(store, paired, caplog, content):
    paired.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert store.load() is None
    (kept,) = store.damaged()
    assert kept.read_bytes() == content
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not paired.exists()
    assert "damaged" in caplog.text
    assert KEY not in caplog.text


def test_damage_on_a_disk_that_can_not_be_written_is_an_unpaired_gate_and_no_traceback(
    store, paired, caplog, monkeypatch
):
    def read_only(source, target):
        raise OSError(errno.EROFS, "Read-only file system", str(target))

    monkeypatch.setattr("kiosk.durable.move", read_only)
    paired.write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        assert store.load() is None
    assert "can't be set aside" in caplog.text
    assert paired.read_bytes() == b"damaged"


def test_looking_changes_nothing_and_quotes_nothing(store, paired, tmp_path):
    assert store.look() == CREDENTIALS
    paired.write_bytes(json.dumps(WHOLE | {"api_key": "secret"}).encode())
    with pytest.raises(DamagedCredentials, match=r"^api_key$") as damage:
        store.look()
    assert damage.value.__suppress_context__
    assert store.damaged() == []
    assert CredentialStore(tmp_path / "nowhere").look() is None


def test_second_damage_does_not_overwrite_the_first(store, paired):
    for content in (b"one", b"two"):
        paired.write_bytes(content)
        store.load()
    assert [file.read_bytes() for file in store.damaged()] == [b"one", b"two"]


def test_file_of_a_later_version_with_more_keys_is_read(store, paired):
    paired.write_bytes(json.dumps(WHOLE | {"new": 1}).encode())
    assert store.load().api_key == KEY


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Entrée 🎟", "Entrée 🎟"), ("a\x1b[2Jb\n", "a[2Jb"), ("\u202eevil", "evil"), ("x" * 999, "x" * 80), ("", "")],
)
def test_only_printable_text_of_a_server_is_shown(text, shown):
    assert printable(text) == shown
