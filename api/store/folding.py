"""Letters as people type them in a hurry: é is e, Ç is c. One table for both databases."""

from __future__ import annotations

import unicodedata
from typing import Final


def _base(letter: str) -> str:
    """The small ASCII letter beneath the marks of a letter; "" where there is none."""
    base = unicodedata.normalize("NFD", letter)[0].lower()
    return base if base.isascii() and base.isalpha() else ""


_LATIN = map(chr, range(0xC0, 0x180))  # the Latin-1 Supplement's letters and Latin Extended-A: Europe's names
_PAIRS = {letter: base for letter in _LATIN if (base := _base(letter))}
_PAIRS |= dict(zip("ØøŁłĐđı", "oollddi", strict=True))  # which Unicode holds for letters of their own
MARKED: Final = "".join(_PAIRS)
PLAIN: Final = "".join(_PAIRS.values())
_TABLE = str.maketrans(_PAIRS)


def folded(text: str) -> str:
    """In small letters and without marks, as far as the table goes: « Zoé Müller » → « zoe muller »."""
    return unicodedata.normalize("NFC", text).translate(_TABLE).lower()
