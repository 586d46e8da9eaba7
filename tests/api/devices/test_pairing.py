"""Pairing in two phases: a lost answer costs nothing, a used token gives nothing."""

from __future__ import annotations

import hashlib
import threading
from uuid import UUID, uuid4

import pytest
import requests

from api.devices import devices, keys
from api.devices.devices import Admits
from api.devices.organising import add_devices, archive_device
from api.devices.pairing import InvalidTokenError, Pairing
from api.store import models
from api.store.store import open_store
from api.tickets.events import NotPossibleError, add_event


def _pair(device):
    return requests.get(device.pairing_url, timeout=60)


def _works(house, key):
    headers = {"Authorization": f"Api-Key {key}"}
    return requests.get(f"{house.base}/api/scan/test_api/", headers=headers, timeout=60).status_code == 200


def test_a_token_can_be_read_again_until_its_key_was_used(house):
    device = house.device()
    first, second = _pair(device).json(), _pair(device).json()
    assert set(first) == set(second)
    assert first["api_key"] != second["api_key"]
    assert not _works(house, first["api_key"])  # each reading voids the key given before
    third = _pair(device).json()
    assert _works(house, third["api_key"])
    assert _pair(device).json()["code"] == "invalid_token"
    assert _works(house, third["api_key"])


def test_a_refused_key_does_not_end_the_pairing(house):
    device = house.device()
    voided = _pair(device).json()["api_key"]
    _pair(device)
    assert not _works(house, voided)
    assert _pair(device).status_code == 200


@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
def test_head_gives_nothing_burns_nothing_and_voids_nothing(house, prefix):
    device = house.device()
    key = _pair(device).json()["api_key"]
    answer = requests.head(f"{house.base}{prefix}/{device.token}/pair", timeout=60)
    assert (answer.status_code, answer.content) == (200, b"")
    assert _works(house, key)
    assert requests.head(f"{house.base}{prefix}/{device.token}/pair", timeout=60).status_code == 400


def test_every_authenticated_call_counts_as_the_first_use(house):
    device = house.device()
    key = _pair(device).json()["api_key"]
    headers = {"Authorization": f"Api-Key {key}"}
    requests.post(f"{house.base}/scan/ticket/", data=b"nonsense", headers=headers, timeout=60)
    assert _pair(device).status_code == 400


def test_a_token_of_an_archived_device_is_dead(house):
    device = house.device()
    archive_device(house.store, UUID(device.uuid))
    assert _pair(device).json()["code"] == "invalid_token"


@pytest.mark.parametrize(("age", "is_good"), [(0, True), (3599, True), (3602, False), (-3599, True), (-3605, False)])
def test_a_token_is_good_for_an_hour_either_side_of_a_clock_that_was_set(store, age, is_good):
    token = add_devices(store, ["Gate 1"], "http://localhost")[0].token
    now = Pairing(store)._clock()
    pairing = Pairing(store, clock=lambda: now + age)
    if is_good:
        assert pairing.read(token).device_name == "Gate 1"
    else:
        with pytest.raises(InvalidTokenError):
            pairing.read(token)


@pytest.mark.parametrize(("age_days", "is_good"), [(0, True), (1.9, True), (2.1, False), (-1.9, True)])
def test_a_token_of_a_sheet_is_good_for_the_days_that_it_says_itself(store, age_days, is_good):
    token = add_devices(store, ["Gate 1"], "http://localhost", days=2)[0].token
    now = Pairing(store)._clock()
    pairing = Pairing(store, clock=lambda: now + age_days * 24 * 3600)
    if is_good:
        assert pairing.read(token).device_name == "Gate 1"
    else:
        with pytest.raises(InvalidTokenError):
            pairing.read(token)


def test_no_token_is_good_for_more_than_a_week(store):
    token = add_devices(store, ["Gate 1"], "http://localhost", days=30)[0].token
    now = Pairing(store)._clock()
    with pytest.raises(InvalidTokenError):
        Pairing(store, clock=lambda: now + 7.1 * 24 * 3600).read(token)
    assert Pairing(store, clock=lambda: now + 6.9 * 24 * 3600).read(token).device_name == "Gate 1"


def test_a_token_of_another_server_or_a_changed_one_is_dead(store, tmp_path):
    token = add_devices(store, ["Gate 1"], "http://localhost")[0].token
    other = open_store(str(tmp_path / "other.sqlite3"))
    with pytest.raises(InvalidTokenError):
        Pairing(other).read(token)
    other.close()
    for position in range(len(token) - 1):  # the last character has spare bits
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        with pytest.raises(InvalidTokenError):
            Pairing(store).read(changed)
    assert Pairing(store).read(token).device_name == "Gate 1"


def test_a_token_has_only_characters_that_every_reader_of_qr_codes_knows(store):
    device = add_devices(store, ["Gate 1"], "https://tickets.example.org/")[0]
    assert device.pairing_url == f"https://tickets.example.org/api/scan/{device.token}/pair"
    assert set(device.token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert len(device.token) < 110


def test_of_many_readers_at_once_exactly_one_has_a_good_key(house):
    device, answers = house.device(), []
    barrier = threading.Barrier(8)

    def read():
        barrier.wait(60)
        answers.append(_pair(device))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    given = [answer.json()["api_key"] for answer in answers if answer.status_code == 200]
    assert sum(_works(house, key) for key in given) == 1


def test_a_key_that_is_voided_while_it_is_first_used_belongs_to_nobody(store, monkeypatch):
    token = add_devices(store, ["Gate 1"], "http://localhost")[0].token
    pairing = Pairing(store)
    key, later = pairing.read(token).api_key, []

    read = store.db.read

    def read_and_pair_again(sql, values=()):
        found = read(sql, values)
        if not later and sql.startswith("SELECT k.digest"):
            later.append(pairing.read(token).api_key)
        return found

    monkeypatch.setattr(store.db, "read", read_and_pair_again)
    assert keys.caller(store, key) is None
    assert keys.caller(store, later[0]) is not None


def test_one_key_used_first_by_many_at_once_works_for_all(house):
    key = _pair(house.device()).json()["api_key"]
    barrier, worked = threading.Barrier(8), []

    def use():
        barrier.wait(60)
        worked.append(_works(house, key))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert worked == [True] * 8


def test_a_key_has_256_random_bits_and_is_kept_as_its_sha_256(house, gate):
    prefix, _, secret = gate.key.partition(".")
    assert (len(prefix), len(secret)) == (8, 43)
    assert house.store.db.run("SELECT prefix, digest FROM api_key").fetchall() == [
        (prefix, hashlib.sha256(gate.key.encode()).hexdigest())
    ]
    tables = [model._meta.table_name for model in models.ALL]
    assert secret not in str([house.store.db.run(f"SELECT * FROM {table}").fetchall() for table in tables])


@pytest.mark.parametrize("key", ["", ".", "a.b", "é" * 8 + ".x", "A" * 8 + "." + "B" * 10_000, "\ud800.x"])
def test_a_key_that_nobody_made_belongs_to_nobody(store, key):
    assert keys.caller(store, key) is None


def test_devices_are_listed_with_their_event_and_state(store):
    event = add_event(store, "Concert")
    bound = add_devices(store, ["Gate 1"], "http://localhost", Admits((event.uuid,)))[0]
    free = add_devices(store, [" Gate 2 "], "http://localhost")[0]
    keys.caller(store, Pairing(store).read(free.token).api_key)
    archived = archive_device(store, UUID(free.uuid))
    seen = [(d.uuid, d.name, d.admits.event_uuids, d.claimed, d.archived) for d in devices.list_devices(store)]
    assert seen == [
        (bound.uuid, "Gate 1", (event.uuid,), False, False),
        (free.uuid, "Gate 2", (), True, True),
    ]
    assert archive_device(store, UUID(free.uuid)) == archived


def test_what_is_wrong_with_a_device_says_what_to_do(store):
    with pytest.raises(NotPossibleError, match="needs a name"):
        add_devices(store, [" "], "http://localhost")[0]
    with pytest.raises(NotPossibleError, match="event add"):
        add_devices(store, ["Gate 1"], "http://localhost", Admits((str(uuid4()),)))
    with pytest.raises(NotPossibleError, match="device list"):
        archive_device(store, uuid4())
