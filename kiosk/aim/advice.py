"""What was measured → one thing for the tech to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kiosk.aim.gauge import Measure, Seen
from kiosk.aim.words import told
from kiosk.screen.words import Language

_SMALL_PX = 3.5  # a dense ticket of 69 modules needs a side of 240 pixels (facts: Reading QR codes)
_FILLS = 0.85  # of the frame's shorter side: more, and a hand has to aim
_BLURRED = 0.35  # sigma in modules: nothing is read from 0.5 on, and a gate has worse moments than this one
_SMEARED = 1.6  # times more along one axis than along the other: that is motion and not the lens
_DARK = 80  # of 255, for a code's white
_BURNT = 0.4  # share of the code's pixels: about half of them are white
_VEILED = 120  # of 255, for a code's black: light falls in from somewhere else
_FLAT = 0.3  # contrast


@dataclass(frozen=True, slots=True)
class Advice:
    """The word for it, and its number where it has one."""

    key: str
    cm: int = 0

    def in_words(self, language: Language) -> str:
        """A line for people."""
        return told(self.key, language, cm=self.cm)


def advise(measured: Measure, distance_m: float) -> Advice:
    """The one thing that helps most. ``distance_m``: from the lens to where the ticket is held, by the settings."""
    if measured.white < _DARK:
        return Advice("dark")
    if measured.seen is None:
        return Advice("nothing")
    return next(_wanting(measured, measured.seen, distance_m), Advice("good" if measured.seen.is_read else "unread"))


def _wanting(measured: Measure, seen: Seen, distance_m: float) -> Iterator[Advice]:
    """All that is wrong, what makes the rest worse first."""
    if measured.burnt > _BURNT:
        yield Advice("bright")
    if seen.blur > _BLURRED and seen.smear > _SMEARED:
        yield Advice("moving")
    if seen.module_px < _SMALL_PX:
        yield _moved("closer", distance_m, 1 - seen.module_px / _SMALL_PX)
    if seen.share > _FILLS:
        yield _moved("farther", distance_m, seen.share / _FILLS - 1)
    if seen.blur > _BLURRED:
        yield Advice("blurred", round(100 * distance_m))
    if measured.contrast < _FLAT or measured.black > _VEILED:
        yield Advice("veiled")


def _moved(key: str, distance_m: float, share: float) -> Advice:
    """A side in pixels is inversely proportional to the distance."""
    return Advice(key, max(1, round(100 * distance_m * share)))


def best(latest: Sequence[Measure]) -> Measure:
    """The one to judge by, of the frames of one bracket: read if any was, then the one of the most contrast."""

    def worth(measured: Measure) -> tuple[bool, bool, float]:
        return _is_read(measured.seen), measured.seen is not None, measured.contrast

    return max(latest, key=worth)


def _is_read(seen: Seen | None) -> bool:
    return seen is not None and seen.is_read
