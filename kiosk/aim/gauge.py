"""A frame → how large, sharp and bright the code in it is. Also of a code that is seen and can't be read.

Decodes in this process: it is a tool that somebody watches, not the gate.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import zxingcpp

from kiosk.camera.exposure import white_in_the_middle

Gray = npt.NDArray[np.uint8]  # [H, W], 0 = black
Point = tuple[int, int]  # x, y in pixels of the frame

_QR_CODE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
_STEEPEST = math.sqrt(2 * math.pi)  # an edge of contrast 1, blurred with a Gaussian of sigma, rises by 1 / (this sigma)
_BURNT = 250  # of 255


@dataclass(frozen=True, slots=True)
class Seen:
    """A code in the frame."""

    corners: tuple[Point, Point, Point, Point]  # top left, top right, bottom right, bottom left of the code itself
    is_read: bool
    module_px: float  # side of one module
    blur: float  # sigma in modules: nothing is read from 0.5 on (facts: Reading QR codes)
    smear: float  # how many times more along the worse of both axes; 1: as much in each
    share: float  # of the frame's shorter side that the code's side takes


@dataclass(frozen=True, slots=True)
class Measure:
    """One frame. Grey levels are of 255, in the code where there is one, else in the middle of the frame."""

    seen: Seen | None
    white: int
    black: int
    mean: int  # of the whole frame
    burnt: float  # share of the pixels, 0 to 1

    @property
    def contrast(self) -> float:
        """Of white against black, 0 to 1."""
        return (self.white - self.black) / 255


def measure(gray: Gray) -> Measure:
    """Measure a frame, uint8[H, W]; of several codes the largest."""
    codes = zxingcpp.read_barcodes(
        gray, formats=_QR_CODE, try_rotate=False, text_mode=zxingcpp.TextMode.Plain, return_errors=True
    )
    versions = [(code, _version(code)) for code in codes]
    known = [(code, version) for code, version in versions if version]
    if not known:
        return _measured(gray, None, white_in_the_middle(gray), int(np.percentile(gray[::4, ::4], 5)))
    code, version = max(known, key=lambda each: _side(_corners(each[0])))
    corners = _corners(code)
    inside = _box(gray, corners)
    black, white = (int(level) for level in np.percentile(inside, (5, 95)))
    module_px = _side(corners) / (17 + 4 * version)
    levels = inside.astype(np.int16)
    across = _sigma(levels[:, 1:] - levels[:, :-1], white - black)
    down = _sigma(levels[1:] - levels[:-1], white - black)
    seen = Seen(
        corners,
        bool(code.valid),
        module_px,
        max(across, down) / module_px,
        max(across, down) / max(min(across, down), 1e-6),
        _side(corners) / min(gray.shape),
    )
    return _measured(inside, seen, white, black, int(gray[::4, ::4].mean()))


def _measured(looked_at: Gray, seen: Seen | None, white: int, black: int, mean: int | None = None) -> Measure:
    burnt = float(np.count_nonzero(looked_at >= _BURNT) / looked_at.size)
    return Measure(seen, white, black, int(looked_at.mean()) if mean is None else mean, burnt)


def _sigma(steps: npt.NDArray[np.int16], contrast: int) -> float:
    """Sigma in pixels of the blur of the steepest edges, from differences of neighbouring pixels."""
    steepest = np.percentile(np.abs(steps), 99)
    return float(max(contrast, 1) / (_STEEPEST * max(steepest, 1)))


def _version(code: zxingcpp.Barcode) -> int:
    """1 to 40, also of a code that can't be read; 0 when not even that much of it was understood."""
    told = code.extra
    return int(told.get("Version", 0)) if isinstance(told, dict) else 0


def _corners(code: zxingcpp.Barcode) -> tuple[Point, Point, Point, Point]:
    at = code.position
    return (
        (at.top_left.x, at.top_left.y),
        (at.top_right.x, at.top_right.y),
        (at.bottom_right.x, at.bottom_right.y),
        (at.bottom_left.x, at.bottom_left.y),
    )


def _side(corners: tuple[Point, Point, Point, Point]) -> float:
    """Pixels: of the square of the same area, by the shoelace formula."""
    ring = [*corners, corners[0]]
    return math.sqrt(abs(sum(x * v - u * y for (x, y), (u, v) in itertools.pairwise(ring))) / 2)


def _box(gray: Gray, corners: tuple[Point, Point, Point, Point]) -> Gray:
    """What of the frame lies between the middle corners, so inside the code; all of its box when it stands on one."""
    height, width = gray.shape
    (left, right), (top, bottom) = (_between(sorted(corner[axis] for corner in corners)) for axis in (0, 1))
    return gray[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]


def _between(places: list[int]) -> tuple[int, int]:
    first, second, third, last = places
    return (second, third) if third - second > (last - first) / 3 else (first, last)
