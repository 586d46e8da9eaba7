"""What cameras deliver → the grey picture in it. Pure."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

Gray = npt.NDArray[np.uint8]  # [H, W], 0 = black
# For each format that has grey in it: every how many bytes of a row there is some, and where the first is.
_PACKED = {"GREY": (1, 0), "NV12": (1, 0), "YU12": (1, 0), "YUYV": (2, 0), "UYVY": (2, 1)}
COMPRESSED = "MJPG"
FORMATS = (*_PACKED, COMPRESSED)  # four-letter codes as in linux/videodev2.h, cheapest first


class NoPicture(ValueError):
    """These bytes are no whole picture. USB cameras send such a one now and then; the next is good."""


def luma(buffer: npt.NDArray[np.uint8], width: int, height: int, stride: int, packed: tuple[int, int] = (1, 0)) -> Gray:
    """The grey picture, uint8[height, width], copied out of a buffer whose first plane has rows of ``stride`` bytes.

    ``packed``: every how many bytes of a row there is grey, and where the first is; (1, 0) is YUV420 and NV12.
    """
    every, first = packed
    rows = buffer.reshape(-1)[: height * stride].reshape(height, stride)
    return rows[:, first : every * width : every].copy()


def gray_of(picture: bytes, fourcc: str, width: int, height: int, stride: int) -> Gray:
    """uint8[height, width] from one picture in this format; NoPicture when the bytes are not enough, or not whole."""
    if fourcc == COMPRESSED:
        return _decompressed(picture)
    packed = _PACKED[fourcc]
    stride = stride or packed[0] * width
    if len(picture) < stride * height:
        raise NoPicture(f"{len(picture)} bytes are no {fourcc} of {width}x{height}")
    return luma(np.frombuffer(picture, np.uint8), width, height, stride, packed)


def _decompressed(picture: bytes) -> Gray:
    """The grey of a JPEG: with ``draft`` its colours are never decompressed."""
    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG",)) as image:
            image.draft("L", image.size)
            return np.array(image.convert("L"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # Pillow's, for broken files
        raise NoPicture(str(error)) from error
