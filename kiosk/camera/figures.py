"""What the gate tells of its camera from time to time: frames a second, brightness, and how sharp a read code was."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]  # [H, W], 0 = black

FIRST_AFTER_S = 5.0
THEN_EVERY_S = 60.0  # each is written to the memory card
_STEEPEST = math.sqrt(2 * math.pi)  # an edge of contrast 1, blurred with a Gaussian of sigma, rises by 1 / (this sigma)
_BURNT = 250  # of 255


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the frames since the last ones were told."""

    fps: float
    brightness: int  # mean of the brightest frame, of 255: exposures alternate, and one of them has to do
    burnt: float  # share of white pixels in the darkest frame, 0 to 1
    blur_px: float | None  # sigma of the steepest edges in the last frame with a code in it; None: no code yet


class Gauge:
    """Looks at every frame, for some ten microseconds. For one thread."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._tell_after = FIRST_AFTER_S
        self._frames = 0
        self._brightest, self._burnt = 0, 1.0
        self._with_code: Gray | None = None  # the last such frame, measured when it is time to tell

    def look(self, gray: Gray, taken_at: float, has_code: bool) -> Figures | None:
        """One frame, uint8[H, W], taken at these monotonic seconds; the figures when it is time for them."""
        coarse = gray[::16, ::16]
        self._brightest = max(self._brightest, int(coarse.mean()))
        self._burnt = min(self._burnt, float(np.count_nonzero(coarse >= _BURNT) / coarse.size))
        if has_code:
            self._with_code = gray
        if self._began is None:
            self._began = taken_at
            return None
        self._frames += 1
        lasted = taken_at - self._began
        if lasted < self._tell_after:
            return None
        blur_px = None if self._with_code is None else _blur(self._with_code)
        figures = Figures(round(self._frames / lasted, 1), self._brightest, round(self._burnt, 2), blur_px)
        self._began, self._frames, self._tell_after = taken_at, 0, THEN_EVERY_S
        self._brightest, self._burnt = 0, 1.0
        return figures


def _blur(gray: Gray) -> float:
    """Sigma in pixels of the steepest edges: those of the code, whatever is behind it."""
    levels = gray[::8].astype(np.int16)
    steps = np.abs(levels[:, 1:] - levels[:, :-1]).reshape(-1)
    place = steps.size * 199 // 200  # at an edge in every eighth pixel, the twentieth holds that many
    steepest = int(np.partition(steps, place)[place])
    black, white = np.percentile(gray[::8, ::8], (1, 99))  # a code may take no more than a twentieth of the frame
    return round(float(max(white - black, 1) / (_STEEPEST * max(steepest, 1))), 1)
