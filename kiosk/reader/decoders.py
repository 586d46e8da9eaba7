"""The two decoders, asked the same way: a grey picture → what was read, and where something was seen but not read.

Both are native code that can crash on a hostile code, so the daemon never reads in its own process: ``kiosk.reading``
does it in a child.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import zxingcpp

Gray = npt.NDArray[np.uint8]  # [H, W], 0 = black
Corners = npt.NDArray[np.float64]  # [4, 2]: (x, y) in pixels, from the code's own top left, clockwise

# zxing's plain "QRCode" also turns Micro QR on, which gave the only wrong reads (facts.md).
_QR_CODE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)


class ReaderFault(RuntimeError):
    """Codes can't be read on this machine; the message says what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A code that was read."""

    text: str
    corners: Corners

    @property
    def area(self) -> float:
        """Square pixels."""
        return _area(self.corners)


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A code that was seen and not read; the version is what the decoder took it for."""

    corners: Corners
    version: int

    @property
    def area(self) -> float:
        """Square pixels."""
        return _area(self.corners)


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """What one try came to. Corners are in the pixels of ``picture``, which is where outlines are to be surveyed."""

    picture: Gray
    found: tuple[Found, ...]
    outlines: tuple[Outline, ...] = ()


def look_for_zbar() -> None:
    """Raise ReaderFault when zbar's library is missing, which pyzbar tells only as a bare ImportError."""
    try:
        importlib.import_module("pyzbar.pyzbar")
    except ImportError as error:
        raise ReaderFault(
            "zbar's library is missing, so the gate can't read codes; install it: sudo apt install libzbar0"
        ) from error


def by_zxing(gray: Gray, prepared: Gray | None = None, one_threshold: bool = False) -> Glance:
    """What zxing-cpp sees in ``gray``, or in ``prepared``, the same picture improved and perhaps larger.

    ``one_threshold``: one for the whole picture instead of a local one.
    """
    picture = gray if prepared is None else prepared
    codes = zxingcpp.read_barcodes(
        picture,
        formats=_QR_CODE,
        try_rotate=False,  # adds nothing for QR (facts.md)
        try_downscale=True,
        try_invert=True,  # phones in dark mode
        binarizer=zxingcpp.Binarizer.GlobalHistogram if one_threshold else zxingcpp.Binarizer.LocalAverage,
        text_mode=zxingcpp.TextMode.Plain,
        return_errors=True,
    )
    scale = len(gray) / len(picture)
    found, outlines = [], []
    for code in codes:
        at = code.position
        corners = [(corner.x, corner.y) for corner in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)]
        placed = np.array(corners, np.float64) * scale
        if code.valid:
            found.append(Found(code.text, placed))
        elif (version := _version(code.extra)) and all(_apart(placed, one.corners) for one in found):
            outlines.append(Outline(placed, version))
    return Glance(gray, tuple(found), tuple(outlines))


def by_zbar(gray: Gray, prepared: Gray | None = None) -> Glance:
    """What zbar sees, which tells of no outlines."""
    pyzbar = importlib.import_module("pyzbar.pyzbar")  # not at the top: it loads libzbar, which can be missing
    picture = gray if prepared is None else prepared
    try:
        codes = pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])
    except ValueError:  # pyzbar does not know the Structured-Append symbols that newer libzbar finds
        return Glance(gray, ())
    found = []
    for code in codes:
        left, top, width, height = code.rect
        box = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
        # zbar guesses encodings and mangles UTF-8: what is not ASCII is no ticket, but is still something held up.
        found.append(Found(code.data.decode("utf-8", "replace"), np.array(box, np.float64)))
    return Glance(gray, tuple(found))


def _version(extra: object) -> int:
    """What zxing tells of a code that it could not read; 0 of one without a place, or of a Micro QR code ("M2")."""
    version = extra.get("Version", "") if isinstance(extra, dict) else ""
    return int(version) if version.isdigit() else 0


def _apart(one: Corners, other: Corners) -> bool:
    """False for the same code, seen twice."""
    return bool(np.abs(one.mean(axis=0) - other.mean(axis=0)).max() ** 2 > _area(other) / 4)


def _area(corners: Corners) -> float:
    """Of the quadrilateral, by the shoelace formula."""
    x, y = corners.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
