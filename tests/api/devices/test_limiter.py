"""Failures are counted by address, forgotten after a minute, and never fill the memory."""

from __future__ import annotations

import pytest

from api.devices.limiter import _ADDRESSES, FAILURES, WINDOW_S, Limiter


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limiter(clock):
    return Limiter(clock)


def _exhaust(limiter, address):
    assert [limiter.failed(address) for _ in range(FAILURES)] == [0] * FAILURES


def test_the_wait_ends_with_the_window_and_is_a_second_at_least(limiter, clock):
    _exhaust(limiter, "192.0.2.1")
    assert limiter.failed("192.0.2.1") == WINDOW_S
    clock.now += WINDOW_S - 0.25
    assert limiter.failed("192.0.2.1") == 1
    clock.now += 0.25
    _exhaust(limiter, "192.0.2.1")


def test_addresses_do_not_count_for_each_other(limiter):
    _exhaust(limiter, "192.0.2.1")
    assert limiter.failed("192.0.2.2") == 0


@pytest.mark.parametrize(
    ("one", "other"), [("2001:db8::1", "2001:db8::ffff:2"), ("fe80::1%eth0", "fe80::2%eth0"), ("", "")]
)
def test_a_home_is_one_address_whatever_it_calls_itself(limiter, one, other):
    _exhaust(limiter, one)
    assert limiter.failed(other) > 0


@pytest.mark.parametrize(
    ("one", "other"), [("2001:db8::1", "2001:db8:0:1::1"), ("::ffff:192.0.2.1", "::ffff:192.0.2.2"), ("a", "b")]
)
def test_neighbours_are_others(limiter, one, other):
    _exhaust(limiter, one)
    assert limiter.failed(other) == 0


def test_a_flood_of_addresses_forgets_the_one_that_failed_longest_ago(limiter):
    _exhaust(limiter, "192.0.2.1")
    for number in range(_ADDRESSES):
        limiter.failed(f"2001:db8:{number:x}::1")
    assert len(limiter._windows) == _ADDRESSES
    assert limiter.failed("192.0.2.1") == 0
