"""Where in a picture something is as busy as a code: many edges in both directions, close together. Pure, 1 ms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from kiosk.reader.decoders import Gray

_HALF, _BLOCK = 2, 8  # the picture is seen at half its size, in blocks of 8 of these pixels
_NOTHING = 6  # grey levels between neighbours in the busiest block: a blurred street has 4, the dimmest code read 8
_SHARE = 0.25  # of the busiest block's edges, that still belong to it
_MARGIN = 2  # blocks around, for the quiet zone


def busiest(gray: Gray) -> Gray | None:
    """The part of ``gray`` that is most like a code, with a margin; None when nothing is."""
    edges = _edges(gray)
    if edges.size == 0 or edges.max() < _NOTHING:
        return None
    busy = edges >= _SHARE * edges.max()
    part = np.zeros_like(busy)
    part[np.unravel_index(edges.argmax(), edges.shape)] = True
    while True:  # grows by one block a round, so it ends
        wider = part.copy()
        wider[1:] |= part[:-1]
        wider[:-1] |= part[1:]
        wider[:, 1:] |= wider[:, :-1].copy()
        wider[:, :-1] |= wider[:, 1:].copy()
        wider &= busy
        if (wider == part).all():
            break
        part = wider
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    step = _HALF * _BLOCK
    top, left = (max(0, int(one[0]) - _MARGIN) * step for one in (rows, columns))
    bottom, right = ((int(one[-1]) + 1 + _MARGIN) * step for one in (rows, columns))
    return np.ascontiguousarray(gray[top:bottom, left:right])


def _edges(gray: Gray) -> npt.NDArray[np.uint8]:
    """For each block the mean step between neighbours, across or down, whichever is smaller: uint8[H/16, W/16]."""
    half = np.asarray(Image.fromarray(gray).reduce(_HALF)).astype(np.int16)
    across, down = np.abs(np.diff(half, axis=1))[:-1], np.abs(np.diff(half, axis=0))[:, :-1]
    blocks = [np.asarray(Image.fromarray(one.astype(np.uint8)).reduce(_BLOCK)) for one in (across, down)]
    smaller: npt.NDArray[np.uint8] = np.minimum(*blocks)
    return smaller
