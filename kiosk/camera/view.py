"""Which part of the sensor is read, and at how many pixels. Pure: no camera.

Dense tickets want the sensor's own pixels, neither stretched nor shrunk, and their middle square: 1088 x 1088 of a
Global Shutter camera reads 91 % where the whole view at 640 x 480 reads 75 % (facts: Reading QR codes).
"""

from __future__ import annotations

from dataclasses import dataclass

Size = tuple[int, int]  # width, height in pixels
Part = tuple[float, float, float, float]  # left, top, width, height, in shares of the whole view
Rectangle = tuple[int, int, int, int]  # left, top, width, height, in pixels of the sensor

_TALLEST = 1600  # pixels: above, a sensor is read out with two pixels in one, which is fast and less noisy
_SQUARE = 1232  # pixels a side at most: what a v2 has, and as much as the reader still doubles
_UNKNOWN: Size = (1280, 960)


@dataclass(frozen=True, slots=True)
class View:
    """What the camera is asked for."""

    size: Size  # of the picture; both even
    mode: Size | None  # how the sensor is read out; None: it is no Camera Module, or an unknown one
    part: Part | None  # of what the mode sees; None: as much of the middle as has the picture's shape


def choose(array: Size | None, size: Size | None, roi: Part | None) -> View:
    """The view of a sensor of ``array`` pixels (None: unknown), for the size and the part that the settings ask for.

    With neither of them: the middle square. With both: the middle of the part, in the shape of the size.
    The modes found are those that sensors have: 2304 x 1296 of a Module 3, 2028 x 1520 of an HQ, 1456 x 1088 of a
    Global Shutter, 1640 x 1232 of a v2, 1296 x 972 of a v1 (Raspberry Pi's docs, "rpicam-hello --list-cameras").
    """
    mode = _mode(array) if array else None
    width, height = mode or _UNKNOWN
    if size is not None:
        return View(_even(*size), mode, roi and _shaped(roi, size[0] / size[1] * height / width))
    if roi is None and mode is None:
        return View(_UNKNOWN, None, None)
    if roi is None:
        side = min(width, height, _SQUARE)
        roi = ((1 - side / width) / 2, (1 - side / height) / 2, side / width, side / height)
    return View(_even(round(roi[2] * width), round(roi[3] * height)), mode, roi)


def crop(part: Part, whole: Rectangle) -> Rectangle:
    """This part of ``whole``, the sensor's pixels that the mode sees, as ScalerCrop wants it."""
    left, top, width, height = whole
    return (
        left + round(part[0] * width),
        top + round(part[1] * height),
        round(part[2] * width),
        round(part[3] * height),
    )


def _shaped(part: Part, shape: float) -> Part:
    """The largest part in its middle that is ``shape`` times as wide as high, in shares."""
    left, top, width, height = part
    narrow, low = min(width, height * shape), min(height, width / shape)
    return left + (width - narrow) / 2, top + (height - low) / 2, narrow, low


def _mode(array: Size) -> Size:
    width, height = array
    while height > _TALLEST:
        width, height = width // 2, height // 2
    return width, height


def _even(width: int, height: int) -> Size:
    return width & ~1, height & ~1
