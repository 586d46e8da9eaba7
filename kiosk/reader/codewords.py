"""Shades of modules → the text they spell, or nothing. What is hardly readable is taken for missing. Pure."""

from __future__ import annotations

import numpy as np

from kiosk.reader.reed_solomon import Codewords, corrected
from kiosk.reader.symbol import Format, Shades, blocks, formats, masked, symbol

_SPARE = 2  # checks a block that have to be left over; the grammar of a ticket code then does the rest (see survey)
_FEWER = 2  # codewords are taken for missing by so many more at each try
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def spelled(shades: Shades, version: int) -> str | None:
    """The text of a symbol of this version; None when it can't be told, or not surely enough.

    ``shades``: float32[size, size], about +1 for light and -1 for dark.
    """
    chosen = _likeliest(shades, version)
    way = shades.ravel()[symbol(version).way]
    bits = (way < 0) ^ masked(version, chosen.mask)
    words: Codewords = np.packbits(bits).astype(np.intp)
    # The chance that all eight bits are right, by a logistic law of how clear they are: only its order matters.
    doubt = np.logaddexp(0, -3 * np.abs(way)).reshape(-1, 8).sum(axis=1)
    places, checks = blocks(version, chosen.level)
    data = bytearray()
    for block in places:
        right = _mended(words[block], np.argsort(-doubt[block]), checks)
        if right is None:
            return None
        data += bytes(right[:-checks].astype(np.uint8))
    return _text(bytes(data), version)


def _likeliest(shades: Shades, version: int) -> Format:
    clear = np.clip(shades, -1, 1)
    return max(formats(version), key=lambda one: float((clear * one.told).sum()))


def _mended(word: Codewords, doubtful: Codewords, checks: int) -> Codewords | None:
    """Take more and more of the doubtful places for missing, until the word comes right."""
    for missing in range(0, checks - _SPARE + 1, _FEWER):
        right = corrected(word, checks, doubtful[:missing].tolist(), _SPARE)
        if right is not None:
            return right
    return None


class _Bits:
    """Takes numbers off the front of the data."""

    def __init__(self, data: bytes) -> None:
        self._value, self.left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        """The next ``count`` bits. Raises EOFError when there are no more so many."""
        if count > self.left:
            raise EOFError
        self.left -= count
        return self._value >> self.left & ((1 << count) - 1)


def _text(data: bytes, version: int) -> str | None:
    """The segments' texts in one; None for what no ticket is written in: Kanji, ECI, parts of a sequence."""
    bits, wide, text = _Bits(data), version >= 10, ""
    try:
        while bits.left >= 4 and (mode := bits.take(4)):
            if mode == 4:
                text += bytes(bits.take(8) for _ in range(bits.take(16 if wide else 8))).decode("latin-1")
            elif mode == 2:
                text += _alphanumeric(bits, bits.take(11 if wide else 9))
            elif mode == 1:
                text += _digits(bits, bits.take(12 if wide else 10))
            else:
                return None
    except (EOFError, IndexError):
        return None
    return text


def _alphanumeric(bits: _Bits, count: int) -> str:
    pairs = [bits.take(11) for _ in range(count // 2)]
    text = "".join(_ALPHANUMERIC[pair // 45] + _ALPHANUMERIC[pair % 45] for pair in pairs)
    return text + (_ALPHANUMERIC[bits.take(6)] if count % 2 else "")


def _digits(bits: _Bits, count: int) -> str:
    text = "".join(f"{bits.take(10):03}" for _ in range(count // 3))
    return text + (f"{bits.take(4 if count % 3 == 1 else 7):0{count % 3}}" if count % 3 else "")
