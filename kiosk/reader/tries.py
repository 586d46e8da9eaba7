"""One try each at a picture: prepared in one way, given to one decoder. What each adds is in docs/reader.md."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from kiosk.reader.decoders import Glance, Gray, by_zbar, by_zxing

_DOUBLED_UP_TO = 1_600_000  # pixels: in larger pictures modules are large enough, and the time is four times this
# The eighth power: of what is not quite white next to nothing is left, and that is all that bloom leaves of a module.
_DARKER = (255 * (np.arange(256) / 255) ** 8).astype(np.uint8)


def as_it_is(gray: Gray) -> Glance:
    """Most of what is held up."""
    return by_zxing(gray)


def by_one_threshold(gray: Gray) -> Glance:
    """Even light: one threshold for the whole picture instead of a local one."""
    return by_zxing(gray, one_threshold=True)


def darkened(gray: Gray) -> Glance:
    """A bright screen in a dark hall, overexposed until hardly anything on it is black."""
    return by_zxing(_DARKER[gray])


def sharpened(gray: Gray) -> Glance:
    """Defocus, motion, low contrast."""
    sharp = Image.fromarray(gray).filter(ImageFilter.UnsharpMask(2, 200, 0))
    return by_zxing(gray, np.asarray(sharp))


def doubled(gray: Gray) -> Glance:
    """Small modules, noise."""
    return by_zxing(gray, _double(gray))


def darkened_and_doubled(gray: Gray) -> Glance:
    """An overexposed screen further away."""
    return by_zxing(_DARKER[gray], _DARKER[_double(gray)])


def with_zbar(gray: Gray) -> Glance:
    """What zxing misses, such as no quiet zone on a dark page."""
    return by_zbar(gray)


def with_zbar_on_local_threshold(gray: Gray) -> Glance:
    """Cracks and shadows: black or white, against the mean of the surrounding 41 pixels."""
    mean = np.asarray(Image.fromarray(gray).filter(ImageFilter.BoxBlur(20)))
    return by_zbar(gray, np.where(gray > mean, np.uint8(255), np.uint8(0)))


# Cheapest first, for what each reads that those before it don't.
Try = Callable[[Gray], Glance]
RESCUES: tuple[Try, ...] = (
    by_one_threshold,
    darkened,
    sharpened,
    doubled,
    with_zbar_on_local_threshold,
    with_zbar,
    darkened_and_doubled,
)


def _double(gray: Gray) -> Gray:
    if gray.size > _DOUBLED_UP_TO:
        return gray
    height, width = gray.shape
    return np.asarray(Image.fromarray(gray).resize((2 * width, 2 * height), Image.Resampling.BICUBIC))
