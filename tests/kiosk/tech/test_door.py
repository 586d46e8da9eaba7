"""The code lets one browser in, once, and nobody after the page's time. Seconds are given, none pass."""

from __future__ import annotations

import pytest

from kiosk.tech.door import CODE_WITHIN_S, LASTS_S, PAUSE_S, TRIES, Door, Over, Refused, new_code

CODE = "12345678"


@pytest.fixture
def door() -> Door:
    return Door(CODE, 100.0)


def refused(door: Door, code: str, now: float) -> str:
    with pytest.raises(Refused) as caught:
        door.enter(code, now)
    return caught.value.why


def test_the_right_code_lets_in_and_its_session_is_known(door: Door) -> None:
    session = door.enter(CODE, 101.0)
    assert door.knows(session, 102.0)
    assert not door.knows(session[:-1], 102.0)
    assert not door.knows("", 102.0)


def test_the_code_is_good_once(door: Door) -> None:
    session = door.enter(CODE, 101.0)
    assert refused(door, CODE, 102.0) == "used"
    assert door.knows(session, 103.0), "who was let in stays"


def test_a_wrong_code_lets_nobody_in_and_costs_a_second(door: Door) -> None:
    assert refused(door, "12345679", 101.0) == "wrong"
    assert refused(door, CODE, 101.0 + PAUSE_S / 2) == "soon"
    assert door.enter(CODE, 101.0 + PAUSE_S)


@pytest.mark.parametrize("odd", ["", "1234567", "123456789", "１２３４５６７８", "12345678 ", "\udc80"])
def test_nothing_but_the_code_is_the_code(door: Door, odd: str) -> None:
    try:
        door.enter(odd, 101.0)
    except (Refused, UnicodeEncodeError):
        return
    raise AssertionError(odd)


def test_whoever_guesses_closes_the_page_for_the_right_code_too(door: Door) -> None:
    for at in range(TRIES):
        assert door.over(101.0 + at) is None
        assert refused(door, "00000000", 101.0 + at) == "wrong"
    assert door.over(110.0) is Over.GUESSED
    assert refused(door, CODE, 111.0) == "used"


def test_a_code_that_nobody_used_closes_the_page(door: Door) -> None:
    assert door.over(100.0 + CODE_WITHIN_S - 1) is None
    assert door.over(100.0 + CODE_WITHIN_S) is Over.UNUSED
    assert refused(door, CODE, 100.0 + CODE_WITHIN_S) == "used"


def test_half_an_hour_after_it_was_opened_nobody_is_known_any_more(door: Door) -> None:
    session = door.enter(CODE, 399.0)
    assert door.knows(session, 100.0 + LASTS_S - 1)
    assert door.left_s(100.0 + LASTS_S - 1) == 1.0
    assert not door.knows(session, 100.0 + LASTS_S)
    assert door.over(100.0 + LASTS_S) is Over.TIME


def test_the_tech_may_close_it_sooner(door: Door) -> None:
    session = door.enter(CODE, 101.0)
    door.close(Over.ASKED)
    assert not door.knows(session, 102.0)
    assert door.over(102.0) is Over.ASKED


def test_codes_are_eight_digits_and_differ() -> None:
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(len(code) == 8 and code.isdecimal() for code in codes)
