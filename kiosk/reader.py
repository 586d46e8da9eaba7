"""A grey frame → the texts of the QR codes in it. Stateless: each call spends full effort on its one frame.

The native decoders called here can crash on a hostile code, so the daemon never reads in its own process:
``kiosk.reading`` does it in a child.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import zxingcpp
from PIL import Image, ImageFilter

Gray = npt.NDArray[np.uint8]  # [H, W], 0 = black
Found = tuple[float, str]  # size in pixels (any measure that grows with the code's area), text

MAX_TEXTS = 8  # nobody holds up more; bounds what one hostile poster can make the rooms behind do
_SMALLEST = 21  # pixels a side: the smallest QR code has 21 modules, and less than a pixel each is never read
_LEAST_CONTRAST = 11  # of 255: nothing reads a code of 4 % contrast (facts.md), so a blank frame costs no rescue
# zxing's plain "QRCode" also turns Micro QR on, which gave the only wrong reads (facts.md).
_QR_CODE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
_DOUBLED_UP_TO = 1_600_000  # pixels: in larger pictures modules are large enough, and the time is four times this


class ReaderFault(RuntimeError):
    """Codes can't be read on this machine; the message says what to do."""


class QrReader:
    """Reads QR codes: zxing-cpp first, zbar for what it misses, then both on improved pictures."""

    def __init__(self) -> None:
        """Raise ReaderFault when zbar's library is missing, which pyzbar tells only as a bare ImportError."""
        try:
            importlib.import_module("pyzbar.pyzbar")
        except ImportError as error:
            raise ReaderFault(
                "zbar's library is missing, so the gate can't read codes; install it: sudo apt install libzbar0"
            ) from error

    def read(self, gray: Gray) -> list[str]:
        """Texts found in ``gray``, uint8[H, W]: the largest code's first, each once, ``[]`` when there are none.

        Never raises on an image: other number types are clipped to 0-255, other shapes hold nothing.
        """
        picture = as_gray(gray)
        if picture is None or np.ptp(picture) < _LEAST_CONTRAST:
            return []
        for one in PASSES:
            if found := one(picture):
                return _best_first(found)
        return []


def as_gray(gray: Gray) -> Gray | None:
    """The picture as uint8[H, W] in one piece, as every decoder takes it; None when it can't hold a code."""
    if gray.ndim != 2 or min(gray.shape) < _SMALLEST or gray.dtype.kind not in "iuf":
        return None
    if gray.dtype != np.uint8:
        gray = np.clip(np.nan_to_num(gray), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(gray)


def _best_first(found: Iterable[Found]) -> list[str]:
    texts = (text for _, text in sorted(found, key=lambda one: -one[0]))
    return list(dict.fromkeys(texts))[:MAX_TEXTS]


# One try each, cheapest first. Milliseconds: mean on x86-64 over the project's 230 frames, mostly 640x480.
# Together they read 144 of its 170 codes, 0 of its 60 frames without one.


def as_it_is(gray: Gray) -> list[Found]:
    """Reads 124 of 170 in 0.7 ms."""
    return _zxing(gray)


def by_one_threshold(gray: Gray) -> list[Found]:
    """Even light: one threshold for the whole picture instead of a local one: 0.3 ms."""
    return _zxing(gray, zxingcpp.Binarizer.GlobalHistogram)


def sharpened(gray: Gray) -> list[Found]:
    """Slight defocus and low contrast: 4 ms."""
    return _zxing(_sharpen(gray, 2))


def by_zbar(gray: Gray) -> list[Found]:
    """What zxing misses, such as no quiet zone on a dark page: 5 ms."""
    return _zbar(gray)


def by_zbar_on_local_threshold(gray: Gray) -> list[Found]:
    """Low light and shadows: 6 ms."""
    return _zbar(_threshold(gray, 20))


def doubled_and_sharpened(gray: Gray) -> list[Found]:
    """Small modules, defocus, motion: the best single rescue, 22 ms."""
    return _zxing(_sharpen(_double(gray), 2))


def doubled_and_smoothed(gray: Gray) -> list[Found]:
    """Noise and moiré, which sharpening makes worse: 27 ms."""
    smooth = Image.fromarray(_double(gray)).filter(ImageFilter.GaussianBlur(1.5))
    return _zxing(_threshold(np.asarray(smooth), 15))


PASSES: tuple[Callable[[Gray], list[Found]], ...] = (
    as_it_is,
    by_one_threshold,
    sharpened,
    by_zbar,
    by_zbar_on_local_threshold,
    doubled_and_sharpened,
    doubled_and_smoothed,
)


def _sharpen(gray: Gray, radius: int) -> Gray:
    """Unsharp mask; 150-200 % and radius 2-3 read the same within two frames of 170."""
    return np.asarray(Image.fromarray(gray).filter(ImageFilter.UnsharpMask(radius, 200, 0)))


def _double(gray: Gray) -> Gray:
    if gray.size > _DOUBLED_UP_TO:
        return gray
    height, width = gray.shape
    return np.asarray(Image.fromarray(gray).resize((2 * width, 2 * height), Image.Resampling.BICUBIC))


def _threshold(gray: Gray, radius: int) -> Gray:
    """Black or white, against the mean of the surrounding square of ``2 * radius + 1`` pixels."""
    mean = np.asarray(Image.fromarray(gray).filter(ImageFilter.BoxBlur(radius)))
    return np.where(gray > mean, np.uint8(255), np.uint8(0))


def _zxing(gray: Gray, binarizer: zxingcpp.Binarizer = zxingcpp.Binarizer.LocalAverage) -> list[Found]:
    codes = zxingcpp.read_barcodes(
        gray,
        formats=_QR_CODE,
        try_rotate=False,  # adds nothing for QR (facts.md)
        try_downscale=True,
        try_invert=True,  # phones in dark mode
        binarizer=binarizer,
        text_mode=zxingcpp.TextMode.Plain,
    )
    return [(_area(code.position), code.text) for code in codes]


def _area(corners: zxingcpp.Position) -> float:
    """Of the quadrilateral, by the shoelace formula."""
    ring = [corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left]
    return abs(sum(a.x * b.y - b.x * a.y for a, b in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def _zbar(gray: Gray) -> list[Found]:
    pyzbar = importlib.import_module("pyzbar.pyzbar")  # not at the top: it loads libzbar, which can be missing
    try:
        codes = pyzbar.decode(gray, symbols=[pyzbar.ZBarSymbol.QRCODE])
    except ValueError:  # pyzbar does not know the Structured-Append symbols that newer libzbar finds
        return []
    # zbar guesses encodings and mangles UTF-8: what is not ASCII is no ticket, but is still something held up.
    return [(code.rect.width * code.rect.height, code.data.decode("utf-8", "replace")) for code in codes]
