"""What the edges of one person's passage say about the settings."""

import pytest

from kiosk.trial.walk import Edge, read


def edges(*milliseconds):
    """Edges so many milliseconds after the opening at 100 s: active, at rest, active, …"""
    return [Edge(100 + at / 1000, number % 2 == 0) for number, at in enumerate(milliseconds)]


def walk(*milliseconds, debounce_ms=30, passage_within_s=8.0):
    return read(edges(*milliseconds), 100.0, debounce_ms, passage_within_s)


def test_a_clean_contact_asks_for_nothing():
    seen = walk(1500, 2100)
    assert (seen.after_s, seen.contact_ms, seen.times, seen.bounce_ms) == (pytest.approx(1.5), 600, 1, 0)
    assert (seen.debounce_ms, seen.passage_within_s, seen.is_countable) == (None, None, True)


def test_a_bounce_that_is_ignored_already_asks_for_nothing():
    seen = walk(1500, 1510, 1520, 2100)
    assert (seen.times, seen.bounce_ms, seen.debounce_ms) == (2, 10, None)


@pytest.mark.parametrize(
    ("milliseconds", "debounce_ms"),
    [
        ((1500, 1540, 1580, 2180), 60),  # a bounce of 40 ms, at the beginning
        ((1500, 2100, 2140, 2160), 60),  # and at the end
        ((1500, 2000, 2100, 2600), None),  # 500 ms twice: two persons, or no sensor for one
        ((1500, 2500, 2700, 2800), 300),
    ],
)
def test_a_bounce_that_would_count_twice_is_outlasted_where_that_leaves_a_person(milliseconds, debounce_ms):
    seen = walk(*milliseconds)
    assert seen.debounce_ms == debounce_ms
    assert seen.is_countable is (debounce_ms is not None)


def test_a_contact_shorter_than_the_debouncing_asks_for_less():
    assert walk(1500, 1524).debounce_ms == 12


def test_a_contact_too_short_for_any_debouncing_is_said_to_be_so():
    seen = walk(1500, 1506)
    assert (seen.debounce_ms, seen.is_countable) == (None, False)


@pytest.mark.parametrize(("after_ms", "proposed"), [(4000, None), (6000, 9.0), (9000, 10.0), (15_000, 10.0)])
def test_a_long_way_to_the_sensor_asks_for_more_time_up_to_the_bound(after_ms, proposed):
    assert walk(after_ms, after_ms + 500).passage_within_s == proposed


def test_no_more_time_is_asked_for_than_the_settings_allow():
    assert walk(15_000, 15_500, passage_within_s=10.0).passage_within_s is None
