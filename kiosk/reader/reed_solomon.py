"""Reed-Solomon over GF(256) as QR codes use it: puts right what is wrong, and what is known to be missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Codewords = npt.NDArray[np.intp]  # 0 to 255

_FIELD = 0x11D  # x^8 + x^4 + x^3 + x^2 + 1


def _tables() -> tuple[list[int], list[int]]:
    power, log = [1] * 510, [0] * 256
    for exponent in range(1, 510):
        doubled = power[exponent - 1] << 1
        power[exponent] = doubled ^ _FIELD if doubled > 255 else doubled
    for exponent in range(255):
        log[power[exponent]] = exponent
    return power, log


_POWER, _LOG = _tables()
_POWERS, _LOGS = np.array(_POWER), np.array(_LOG)


def corrected(word: Codewords, checks: int, missing: Sequence[int], spare: int) -> Codewords | None:
    """The word with its errors put right; None when it can't be, or not surely.

    ``missing``: places whose codewords are not to be trusted. They cost one check each, an error elsewhere costs
    two, and ``spare`` checks have to be left over: a word of noise passes them with a chance below 256 ** -spare.
    """
    syndromes = _syndromes(word, checks)
    if not any(syndromes):
        return word
    if len(missing) + spare > checks:
        return None
    locator = _locator(syndromes, [len(word) - 1 - place for place in missing])
    errors = len(locator) - 1 - len(missing)
    if errors < 0 or len(missing) + 2 * errors + spare > checks:
        return None
    places = np.flatnonzero(_values(locator, len(word)) == 0)
    if len(places) != len(locator) - 1:
        return None
    mended = word.copy()
    evaluator = [
        _sum(_times(locator[j], syndromes[i - j]) for j in range(min(i + 1, len(locator)))) for i in range(checks)
    ]
    slope = [value if i % 2 == 0 else 0 for i, value in enumerate(locator[1:])]
    above, below = _values(evaluator, len(word)), _values(slope, len(word))
    for place in places:
        if below[place] == 0:
            return None
        if above[place]:
            exponent = _LOG[above[place]] - _LOG[below[place]] + len(word) - 1 - int(place)
            mended[place] ^= _POWER[exponent % 255]
    return None if any(_syndromes(mended, checks)) else mended


def _times(a: int, b: int) -> int:
    return _POWER[_LOG[a] + _LOG[b]] if a and b else 0


def _sum(values: Iterable[int]) -> int:
    total = 0
    for value in values:
        total ^= value
    return total


def _syndromes(word: Codewords, checks: int) -> list[int]:
    """The word as a polynomial, the first codeword its highest power, at the first ``checks`` powers of two."""
    places = np.flatnonzero(word)
    exponents = _LOGS[word[places]] + np.arange(checks)[:, None] * (len(word) - 1 - places)
    return [int(value) for value in np.bitwise_xor.reduce(_POWERS[exponents % 255], axis=1)]


def _values(polynomial: Sequence[int], length: int) -> Codewords:
    """Of a polynomial, lowest power first, at the inverse of each place of a word."""
    inverse = -np.arange(length - 1, -1, -1) % 255
    total = np.zeros(length, np.intp)
    for power, factor in enumerate(polynomial):
        if factor:
            total ^= _POWERS[(_LOG[factor] + power * inverse) % 255]
    return total


def _locator(syndromes: Sequence[int], missing: Sequence[int]) -> list[int]:
    """Berlekamp-Massey, begun with what is missing: the polynomial whose roots tell the places to put right."""
    now = [1]
    for exponent in missing:
        now = [a ^ _times(b, _POWER[exponent]) for a, b in zip([*now, 0], [0, *now], strict=True)]
    before, length = now, len(missing)
    for step in range(len(missing), len(syndromes)):
        gap = _sum(_times(now[i], syndromes[step - i]) for i in range(min(len(now), step + 1)))
        before = [0, *before]
        if gap == 0:
            continue
        wide = max(len(now), len(before))
        a, b = now + [0] * (wide - len(now)), before + [0] * (wide - len(before))
        after = [x ^ _times(gap, y) for x, y in zip(a, b, strict=True)]
        if 2 * length <= step + len(missing):
            before = [_times(x, _POWER[255 - _LOG[gap]]) for x in now]
            length = step + 1 + len(missing) - length
        now = after
    while now[-1] == 0:
        now.pop()
    return now
