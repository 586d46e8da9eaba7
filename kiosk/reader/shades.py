"""How light each module is, when its neighbours have run into it: a filter learnt from the picture itself. Pure.

Every code of a version has the same fixed patterns, so in any picture some hundred modules are known. Least squares
finds how light and dark have to be weighed, over two modules around each, for these to come out as they are: that
undoes defocus, a moving hand in its own direction, and the bloom of a screen, and needs to be told none of them. What
it then says of the data is believed for a second round, which has ten times as many modules to learn from.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kiosk.reader.symbol import Shades

REACH = 2  # modules around each that are weighed
_TAPS = 4 * REACH + 1  # samples a side, half a module apart
_AROUND = 4  # modules: light is compared with the mean of so many around; 3 to 5 read the same
_FLAT = 6.0  # grey levels: less contrast than this is noise
# How strongly the weights are held to "the module itself and nothing else", in the first and in the second round.
_FIRST, _SECOND, _PLAIN = 0.02, 0.002, 0.8

Samples = npt.NDArray[np.float32]


def shades(samples: Samples, fixed: Shades) -> Shades:
    """About +1 for a light module and -1 for a dark one, nearer to 0 where it is hard to tell.

    ``samples``: grey levels, float32[2 * size + 7, 2 * size + 7], half a module apart, from two modules before the
    first module's centre. ``fixed``: float32[size, size], the modules that are known.
    """
    size = len(fixed)
    around = np.lib.stride_tricks.sliding_window_view(samples, (_TAPS, _TAPS))[::2, ::2]
    own = samples[2 * REACH : 2 * (REACH + size) : 2, 2 * REACH : 2 * (REACH + size) : 2]
    mean = _mean(own)
    contrast = np.sqrt(np.maximum(_mean(own * own) - mean * mean, 0)) + _FLAT
    plain = ((around - mean[..., None, None]) / contrast[..., None, None]).reshape(size * size, -1)
    seen: Samples = np.concatenate([plain, np.ones((size * size, 1), np.float32)], axis=1)
    told = fixed.ravel()
    known = told != 0
    first = seen @ _weights(seen[known], told[known], _FIRST)
    believed: Shades = np.where(known, told, np.sign(first)).astype(np.float32)
    second: Shades = (seen @ _weights(seen, believed, _SECOND)).reshape(size, size)
    return second


def _weights(seen: Samples, wanted: Shades, hold: float) -> Shades:
    """Least squares, held to the plain weights so that few or poor modules can't lead it astray."""
    plain = np.zeros(seen.shape[1], np.float32)
    plain[_TAPS * _TAPS // 2] = _PLAIN
    held = np.float32(hold * len(wanted))
    square = seen.T @ seen + held * np.eye(len(plain), dtype=np.float32)
    return np.linalg.solve(square, seen.T @ wanted + held * plain).astype(np.float32)


def _mean(grey: Samples) -> Samples:
    """Of the square around each module, mirrored at the edges."""
    width = 2 * _AROUND + 1
    sums = np.pad(np.pad(grey, _AROUND, mode="reflect"), ((1, 0), (1, 0))).cumsum(0, np.float64).cumsum(1)
    total = sums[width:, width:] - sums[:-width, width:] - sums[width:, :-width] + sums[:-width, :-width]
    mean: Samples = (total / width**2).astype(np.float32)
    return mean
