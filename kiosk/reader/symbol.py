"""What a QR symbol looks like, by its version: fixed patterns, formats, the way of its data, its blocks. Pure.

ISO/IEC 18004 names. Numbers of blocks and of check codewords: its table 9, compared with segno's in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Level = Literal["L", "M", "Q", "H"]
Shades = npt.NDArray[np.float32]  # light is positive, dark negative, by how sure it is; 0 is not known
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

LARGEST = 20  # version: the longest code there is, a ticket signed with RSA-4096, is version 19 at level L
_FIRST_TOLD = 7  # versions from here on write their number beside two finders
_MASKS = 8
_LEVELS: dict[Level, int] = {"L": 1, "M": 0, "Q": 3, "H": 2}  # as the format information writes them
_CHECKS: dict[Level, Sequence[int]] = {  # check codewords a block, by version
    "L": (7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28),
    "M": (10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26),
    "Q": (13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30),
    "H": (17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28),
}
_BLOCKS: dict[Level, Sequence[int]] = {  # blocks, by version
    "L": (1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8),
    "M": (1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16),
    "Q": (1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20),
    "H": (1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25),
}


@dataclass(frozen=True, slots=True)
class Symbol:
    """One version. Arrays are indexed [row, column], module 0 at the finder that has one on either side."""

    version: int
    size: int  # modules a side
    fixed: Shades  # [size, size]: the patterns that every code of this version has; 0: format or data
    finders: tuple[tuple[int, int], ...]  # centres
    alignments: tuple[tuple[int, int], ...]  # centres
    way: Places  # [8 * codewords]: the flat index of the module of each bit


@dataclass(frozen=True, slots=True)
class Format:
    """A level, a mask, and the 31 modules that tell of them."""

    level: Level
    mask: int
    told: Shades  # [size, size], 0 elsewhere


@lru_cache(LARGEST)
def symbol(version: int) -> Symbol:
    """The symbol of this version, 1 to LARGEST."""
    size = 17 + 4 * version
    fixed, free = np.zeros((size, size), np.float32), np.ones((size, size), np.bool_)
    stripes = np.where(np.arange(size) % 2, 1, -1)
    fixed[6], fixed[:, 6] = stripes, stripes
    free[6], free[:, 6] = False, False
    finders = ((3, 3), (3, size - 4), (size - 4, 3))
    for centre in finders:
        _rings(fixed, free, centre, 4, light=(2, 4))
    at = _alignments(version)
    alignments = tuple((y, x) for y in at for x in at if (y, x) not in ((6, 6), (6, size - 7), (size - 7, 6)))
    for centre in alignments:
        _rings(fixed, free, centre, 2, light=(1,))
    for rows, columns in _format_places(size):
        free[rows, columns] = False
    fixed[size - 8, 8], free[size - 8, 8] = -1, False
    if version >= _FIRST_TOLD:
        for bit, one in enumerate(_coded(version, 18, 0x1F25)):
            y, x = size - 11 + bit % 3, bit // 3
            fixed[y, x] = fixed[x, y] = -1 if one else 1
            free[y, x] = free[x, y] = False
    return Symbol(version, size, fixed, finders, alignments, _way(free))


@lru_cache(LARGEST)
def formats(version: int) -> tuple[Format, ...]:
    """All 32 formats of this version."""
    size = 17 + 4 * version
    found = []
    for level, number in _LEVELS.items():
        for mask in range(_MASKS):
            bits = [bit != hidden for bit, hidden in zip(_coded(number << 3 | mask, 15, 0x537), _HIDING, strict=True)]
            told = np.zeros((size, size), np.float32)
            for rows, columns in _format_places(size):
                told[rows, columns] = np.where(bits, -1, 1)
            found.append(Format(level, mask, told))
    return tuple(found)


@lru_cache(LARGEST)
def masked(version: int, mask: int) -> Flags:
    """bool[8 * codewords]: the bits that this mask turns round, in the order of the way."""
    size = 17 + 4 * version
    y, x = np.mgrid[0:size, 0:size]
    rule = [
        (y + x) % 2,
        y % 2,
        x % 3,
        (y + x) % 3,
        (y // 2 + x // 3) % 2,
        y * x % 2 + y * x % 3,
        (y * x % 2 + y * x % 3) % 2,
        ((y + x) % 2 + y * x % 3) % 2,
    ][mask]
    turned: Flags = (rule == 0).ravel()[symbol(version).way]
    return turned


@lru_cache(LARGEST)
def blocks(version: int, level: Level) -> tuple[tuple[Places, ...], int]:
    """For each block the places of its codewords, data first, and how many of them are checks."""
    codewords = len(symbol(version).way) // 8
    count, checks = _BLOCKS[level][version - 1], _CHECKS[level][version - 1]
    longer = codewords % count  # so many blocks at the end have one data codeword more
    data = [codewords // count - checks + (block >= count - longer) for block in range(count)]
    order = [block for place in range(max(data)) for block in range(count) if place < data[block]]
    order += list(range(count)) * checks
    return tuple(np.flatnonzero(np.equal(order, block)) for block in range(count)), checks


def _rings(fixed: Shades, free: Flags, centre: tuple[int, int], radius: int, light: tuple[int, ...]) -> None:
    """Draw squares around a centre, as far as they lie within the symbol."""
    y, x = np.ogrid[0 : len(fixed), 0 : len(fixed)]
    ring = np.maximum(abs(y - centre[0]), abs(x - centre[1]))
    here = ring <= radius
    fixed[here] = np.where(np.isin(ring, light), 1, -1)[here]
    free[here] = False


def _alignments(version: int) -> list[int]:
    """Rows, and columns, that have alignment patterns."""
    if version == 1:
        return []
    count, last = version // 7 + 2, 10 + 4 * version
    step = -(-(last - 6) // (count - 1) // 2) * 2  # evenly apart, an even number of modules, the first may be nearer
    return [6, *(last - step * i for i in range(count - 2, -1, -1))]


def _format_places(size: int) -> tuple[tuple[list[int], list[int]], ...]:
    """Rows and columns of the two copies of the 15 format bits, the lowest bit first."""
    near = [0, 1, 2, 3, 4, 5, 7, 8]
    return (
        (near + [8] * 7, [8] * 8 + near[-2::-1]),
        ([8] * 8 + list(range(size - 7, size)), list(range(size - 1, size - 9, -1)) + [8] * 7),
    )


def _coded(value: int, bits: int, generator: int) -> list[bool]:
    """The value with its BCH checks behind it, the lowest bit first."""
    checks = generator.bit_length() - 1
    rest = value
    for _ in range(checks):
        rest = rest << 1 ^ (rest >> (checks - 1)) * generator
    word = value << checks | rest
    return [bool(word >> bit & 1) for bit in range(bits)]


_HIDING = [bool(0x5412 >> bit & 1) for bit in range(15)]  # so that no format is all light


def _way(free: Flags) -> Places:
    """Two columns at a time from the right, up and down in turn, past the timing column."""
    size = len(free)
    way = []
    for turn, right in enumerate([*range(size - 1, 6, -2), *range(5, 0, -2)]):
        rows = range(size - 1, -1, -1) if turn % 2 == 0 else range(size)
        way += [y * size + x for y in rows for x in (right, right - 1) if free[y, x]]
    return np.array(way[: len(way) // 8 * 8])
