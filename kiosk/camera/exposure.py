"""How long and how strongly the sensor is exposed, frame by frame: a bracket of three. Pure: no camera, no clock.

One exposure can't serve a bright phone in a dark street, paper in the shade and a moving hand. So each frame in turn
is quick (freezes a hand, and keeps a bright screen from burning out), metered (the white of what is in the middle
becomes light grey) and long (over whole periods of a flickering screen, and one stop more for a dim one).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# ms <= module in mm / speed in m/s: a 25 mm code of 29 modules at 0.5 m/s (facts: Camera).
_QUICK_SHUTTER_US = 1_700
_METERED_SHUTTER_US = 4_000  # the same code at 0.2 m/s, as a ticket is brought to a stop
_LONG_SHUTTER_US = (
    8_333  # two periods of a screen dimmed by pulses at 240 Hz, four at 480, one of a lamp on 60 Hz mains
)
# The light for a screen's white: by ISO 2720 (t = K N² / (L S), K = 12.5, for mid-grey; white is 4.5 times that), with
# f/1.8, S = 100 at gain 1 and L = 300 cd/m², a phone indoors. In microseconds times gain.
_SCREEN_LIGHT = 6_000
_FIRST_LIGHT = 24_000.0  # paper in an office: the same formula with 76 cd/m²
_TARGET = 180  # of 255, for the white of what is in the middle: one stop more does not burn it out
_BURNT = 250  # from here on a picture does not tell how bright the scene is, only that it is brighter
_BLACK = 16
_GAMMA = 2.2  # of the picture; how fast the metering settles, not where, depends on it
_STRIDE = 4.0  # times brighter or darker, after a picture that is burnt out or black


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a frame is, or was, taken with."""

    shutter_us: float  # microseconds
    gain: float  # analogue times digital; 1 and more

    @property
    def light(self) -> float:
        """How bright it makes the same scene: microseconds times gain."""
        return self.shutter_us * self.gain


@dataclass(frozen=True, slots=True)
class Limits:
    """What the sensor can do."""

    shutter_us: tuple[float, float]
    gain: tuple[float, float]

    def fit(self, light: float, longest_us: float) -> Exposure:
        """The shutter as long as wanted and no longer, then gain; a longer shutter only when gain is at its end."""
        shutter = self._shutter(min(light / self.gain[0], longest_us))
        gain = min(max(light / shutter, self.gain[0]), self.gain[1])
        return Exposure(self._shutter(max(shutter, light / gain)), gain)

    def _shutter(self, us: float) -> float:
        return min(max(us, self.shutter_us[0]), self.shutter_us[1])


class Bracket:
    """Decides the exposure of each frame to come, from frames that came and what they were really taken with.

    A change shows only after ``buffers + 3`` or 4 frames (raspberrypi/picamera2 issue 1278), so nothing here counts
    frames: each is judged by its own exposure.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._light = _FIRST_LIGHT
        self._turn = 0

    def next(self) -> Exposure:
        """What the next frame is to be taken with."""
        light, longest_us = (
            (min(self._light / 4, _SCREEN_LIGHT), _QUICK_SHUTTER_US),
            (self._light, _METERED_SHUTTER_US),
            (self._light * 2, _LONG_SHUTTER_US),
        )[self._turn]
        self._turn = (self._turn + 1) % 3
        return self._limits.fit(light, longest_us)

    def learn(self, gray: npt.NDArray[np.uint8], taken: Exposure) -> None:
        """Meter a frame. ``gray``: uint8[H, W]."""
        level = white_in_the_middle(gray)
        if level >= _BURNT:
            light = min(self._light, taken.light / _STRIDE)
        elif level <= _BLACK:
            light = max(self._light, taken.light * _STRIDE)
        else:
            light = taken.light * (_TARGET / level) ** _GAMMA
        least, most = (self._limits.shutter_us[end] * self._limits.gain[end] for end in (0, 1))
        self._light = min(max(light, least), most)


def white_in_the_middle(gray: npt.NDArray[np.uint8]) -> int:
    """The grey level that a twentieth of the middle half of the picture reaches: a code's white, not one lamp's."""
    height, width = gray.shape
    middle = gray[height // 4 : height - height // 4 : 4, width // 4 : width - width // 4 : 4].reshape(-1)
    return int(np.partition(middle, middle.size * 19 // 20)[middle.size * 19 // 20])
