"""Whatever a camera or a test hands over → a frame as every decoder takes it. Pure."""

from __future__ import annotations

import numpy as np

from kiosk.reader.decoders import Gray

_SMALLEST = 21  # pixels a side: the smallest QR code has 21 modules, and less than a pixel each is never read
_LEAST_CONTRAST = 11  # of 255: nothing reads a code of 4 % contrast (facts.md), so a blank frame costs nothing


def as_gray(gray: Gray) -> Gray | None:
    """The picture as uint8[H, W] in one piece, as every decoder takes it; None when it can't hold a code."""
    if gray.ndim != 2 or min(gray.shape) < _SMALLEST or gray.dtype.kind not in "iuf":
        return None
    if gray.dtype != np.uint8:
        gray = np.clip(np.nan_to_num(gray), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(gray) if np.ptp(gray) >= _LEAST_CONTRAST else None
