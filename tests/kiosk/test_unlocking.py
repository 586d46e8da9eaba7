"""Pairing is opened for two minutes, and by the same file once."""

import os

import pytest

from kiosk.unlocking import LOOK_EVERY_S, OPEN_S, Unlocking


@pytest.fixture
def file(tmp_path):
    return tmp_path / "portillon-unlock"


@pytest.fixture
def start(tmp_path, file):
    """``start()``: the unlocking of a gate that was just started."""
    state = tmp_path / "state"
    state.mkdir()
    return lambda: Unlocking(file, state)


def test_it_ends_after_two_minutes_and_says_so_once(start):
    unlocking = start()
    unlocking.open(100.0)
    assert unlocking.is_open(100.0 + OPEN_S - 0.1)
    assert not unlocking.has_ended(100.0 + OPEN_S - 0.1)
    assert not unlocking.is_open(100.0 + OPEN_S)
    assert unlocking.has_ended(100.0 + OPEN_S)
    assert not unlocking.has_ended(101.0 + OPEN_S)


def test_once_closed_it_has_nothing_to_end(start):
    unlocking = start()
    unlocking.open(100.0)
    unlocking.close()
    assert not unlocking.is_open(100.0)
    assert not unlocking.has_ended(200.0)


def test_a_file_opens_once_also_over_restarts_and_a_new_one_again(start, file):
    file.touch()
    assert start().was_asked_for(0.0)
    again = start()
    assert not again.was_asked_for(0.0)
    os.utime(file, (1, 1))  # another file, or the same one touched by hand
    assert not again.was_asked_for(LOOK_EVERY_S / 2)
    assert again.was_asked_for(LOOK_EVERY_S)


def test_without_a_file_nothing_is_asked_for(start):
    assert not start().was_asked_for(0.0)


def test_a_file_that_can_not_be_remembered_as_used_opens_nothing(tmp_path, file):
    file.touch()
    assert not Unlocking(file, tmp_path / "no such folder").was_asked_for(0.0)
