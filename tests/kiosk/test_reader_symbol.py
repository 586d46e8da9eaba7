"""A symbol's layout and its codewords, against segno, which makes codes, and against damage."""

from __future__ import annotations

import random

import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from segno import consts

from kiosk.reader.codewords import spelled
from kiosk.reader.reed_solomon import corrected
from kiosk.reader.symbol import LARGEST, Level, Shades, blocks, masked, symbol

LEVELS: dict[Level, int] = {
    "L": consts.ERROR_LEVEL_L,
    "M": consts.ERROR_LEVEL_M,
    "Q": consts.ERROR_LEVEL_Q,
    "H": consts.ERROR_LEVEL_H,
}
TICKET = "eyJ1dWlkIjogImU4NTY2NDMx" * 4 + ":" + "a-Z_9" * 12


def shades_of(text: str, version: int, level: str, mask: int | None = None) -> Shades:
    code = segno.make_qr(text, version=version, error=level, mask=mask, boost_error=False)
    return 1 - 2 * np.array([list(row) for row in code.matrix], np.float32)


@pytest.mark.parametrize("level", LEVELS)
def test_blocks_are_those_of_the_standard(level: Level) -> None:
    for version in range(1, LARGEST + 1):
        told = consts.ECC[version][LEVELS[level]]
        places, checks = blocks(version, level)
        assert sorted(map(len, places)) == sorted(one.num_total for one in told for _ in range(one.num_blocks))
        assert {checks} == {one.num_total - one.num_data for one in told}
        assert sorted(np.concatenate(places)) == list(range(len(symbol(version).way) // 8))


@pytest.mark.parametrize("version", range(1, LARGEST + 1))
def test_every_version_level_and_mask_is_spelled_as_it_was_written(version: int) -> None:
    for level in LEVELS:
        for mask in range(8):
            drawn = shades_of("a1-", version, level, mask)
            assert spelled(drawn, version) == "a1-"
            known = symbol(version).fixed != 0
            assert (symbol(version).fixed[known] == drawn[known]).all()


@pytest.mark.parametrize("text", ["0123456789", "01", "7", "HTTPS://A.B/C%", "AB1", "é", "mixed 123456789012345 MIXED"])
def test_digits_letters_and_bytes_are_spelled(text: str) -> None:
    assert spelled(shades_of(text, 4, "L"), 4) == text
    assert spelled(shades_of(text, 12, "L"), 12) == text


@pytest.mark.parametrize("share", [0.1, 0.15, 0.2])
def test_what_is_known_to_be_missing_costs_half_of_what_is_wrong(share: float) -> None:
    """Level M puts 15 % of wrong codewords right, and this touches more of them than it hides modules."""
    drawn = shades_of(TICKET, 9, "M")
    side = round(len(drawn) * share**0.5)
    drawn[10 : 10 + side, 12 : 12 + side] = 0.01  # a thumb: hardly light, hardly dark
    assert spelled(drawn, 9) == TICKET


def test_more_than_can_be_put_right_is_no_text() -> None:
    drawn = shades_of(TICKET, 9, "M")
    drawn[10:43, 12:45] *= -1
    assert spelled(drawn, 9) is None


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([7, 9, 13]))
def test_noise_spells_nothing(seed: int, version: int) -> None:
    size = symbol(version).size
    assert spelled(np.random.default_rng(seed).normal(0, 1, (size, size)).astype(np.float32), version) is None


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_errors_and_missing_codewords_are_put_right_up_to_what_the_checks_allow(seed: int) -> None:
    chance = random.Random(seed)
    version, level = chance.randint(1, LARGEST), chance.choice(list(LEVELS))
    matrix = shades_of("a1-", version, level, 3)
    places, checks = blocks(version, level)
    bits = (matrix.ravel()[symbol(version).way] < 0) ^ masked(version, 3)
    word = np.packbits(bits)[places[0]].astype(np.intp)
    missing = chance.randint(0, checks - 2)
    errors = chance.randint(0, (checks - 2 - missing) // 2)
    broken, hit = word.copy(), chance.sample(range(len(word)), min(len(word), missing + errors))
    for place in hit:
        broken[place] = chance.randrange(256)
    mended = corrected(broken, checks, hit[:missing], 2)
    assert mended is not None
    assert (mended == word).all()
    assert corrected(broken, checks, list(range(checks - 1)), 2) is None or not (broken != word).any()
