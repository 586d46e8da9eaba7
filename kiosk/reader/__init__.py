"""A grey frame → the texts of the QR codes in it. Stateless: each call spends full effort on its one frame.

At a gate ``kiosk.reader.watch`` spreads that effort over the frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kiosk.reader.decoders import Found, Glance, Gray, Outline, ReaderFault, look_for_zbar
from kiosk.reader.frames import as_gray
from kiosk.reader.survey import survey
from kiosk.reader.tries import RESCUES, as_it_is

__all__ = ["MAX_TEXTS", "Gray", "QrReader", "ReaderFault", "as_gray", "best_first", "surveyed"]

MAX_TEXTS = 8  # nobody holds up more; bounds what one hostile poster can make the rooms behind do
_SURVEYS = 3  # outlines of one glance that are surveyed; a hostile poster shows more


class QrReader:
    """Reads QR codes: zxing-cpp, then both decoders on improved pictures; what they see and can't read is surveyed."""

    def __init__(self) -> None:
        """Raise ReaderFault, with what to do, when a decoder is missing."""
        look_for_zbar()

    def read(self, gray: Gray) -> list[str]:
        """Texts found in ``gray``, uint8[H, W]: the largest code's first, each once, ``[]`` when there are none.

        Never raises on an image: other number types are clipped to 0-255, other shapes hold nothing.
        """
        picture = as_gray(gray)
        if picture is None:
            return []
        for one in (as_it_is, *RESCUES):
            glance = one(picture)
            if texts := best_first([*glance.found, *surveyed(glance)]):
                return texts
        return []


def surveyed(glance: Glance) -> Iterator[Found]:
    """What a survey reads in the largest outlines of a glance."""
    for outline in sorted(glance.outlines, key=_by_area)[:_SURVEYS]:
        if text := survey(glance.picture, outline):
            yield Found(text, outline.corners)


def best_first(found: Iterable[Found]) -> list[str]:
    """The texts, those of larger codes first, each once, at most MAX_TEXTS."""
    texts = (one.text for one in sorted(found, key=_by_area))
    return list(dict.fromkeys(texts))[:MAX_TEXTS]


def _by_area(one: Found | Outline) -> float:
    return -one.area
