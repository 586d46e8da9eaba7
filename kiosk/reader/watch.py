"""Reads a stream of frames: the cheap try on each, dearer ones in turn when they can be afforded. At a gate, this.

A code that is held up is seen for a second or more, so that each rescue gets its frame. What they may cost together is
bounded by what the cheap try costs, on whatever machine this is, so that no frame waits long for the one before.
"""

from __future__ import annotations

from itertools import cycle
from time import thread_time

from kiosk.reader import best_first, surveyed
from kiosk.reader.busy import busiest
from kiosk.reader.decoders import Found, Glance, Gray, look_for_zbar
from kiosk.reader.frames import as_gray
from kiosk.reader.tries import RESCUES, as_it_is

_TIMES = 5.0  # rescues may cost so many times what the cheap try costs; with it, two thirds of plain zbar
_SAVED = 8  # frames whose share can be saved up for when somebody comes


class Watch:
    """What was tried on the last frames, and what is left to spend."""

    def __init__(self) -> None:
        """Raise ReaderFault, with what to do, when a decoder is missing."""
        look_for_zbar()
        self._rescues = cycle(RESCUES)
        self._surveyed_last = False
        self._credit = 0.0  # seconds

    def read(self, gray: Gray) -> list[str]:
        """Texts found in this frame, as QrReader.read; another frame of the same code may give what this one didn't."""
        picture = as_gray(gray)
        if picture is None:
            return []
        began = thread_time()
        glance = as_it_is(picture)
        share = _TIMES * (thread_time() - began)
        self._credit = min(self._credit + share, _SAVED * share)
        found = list(glance.found)
        if self._credit > 0:
            began = thread_time()
            found += self._rescued(glance)
            self._credit -= thread_time() - began
        return best_first(found)

    def _rescued(self, glance: Glance) -> list[Found]:
        """A survey of what was seen and not read, or one rescue of the likeliest part: in turn, where both can help.

        Beside a code that was read only the former: a phone next to a poster.
        """
        if glance.outlines and not self._surveyed_last:
            self._surveyed_last = True
            return list(surveyed(glance))
        self._surveyed_last = False
        part = None if glance.found else busiest(glance.picture)
        if part is None:
            return []
        closer = next(self._rescues)(part)
        return [*closer.found, *surveyed(closer)]
