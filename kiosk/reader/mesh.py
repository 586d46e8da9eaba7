"""Where each module of a located code lies: a net of knots, laid from the fixed patterns outward over the picture.

Decoders lay a flat grid through three or four points, which a crumpled sheet, a wrong fourth corner or a broken
pattern puts beside the modules. Here each knot is moved to where the modules around it differ most, which is at their
centres, beginning at the place that its neighbours foretell.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from kiosk.reader.shades import REACH, Samples
from kiosk.reader.symbol import Shades, Symbol

Points = npt.NDArray[np.float64]  # [n, 2]: row and column, of modules or of pixels of the flattened picture
Pixels = npt.NDArray[np.intp]  # [n, 2], whole

PX = 5  # pixels a module in the flattened picture
MARGIN = 4  # modules around the code
_EYE = 4  # modules to either side of a finder's centre, with its light ring
_APART = 4  # modules between two knots
_HALF = 3  # modules to either side by which a knot is judged
_NEAR = 8.0  # modules: how far knots foretell each other
_STIFF = 4.0  # square modules: how much a slope between knots has to be borne out by them
# How far from the foretold place is looked, pixels.
_FINDER, _ALIGNMENT, _KNOT = 7, 8, 2
_ALIKE = 0.75  # correlation of an alignment pattern that is believed; chance among random modules gives 0.5
_FAR = 0.015  # of a knot's mark, lost for each square pixel from the foretold place


def samples(flat: Samples, symbol: Symbol) -> Samples:
    """Grey levels at every half module, as ``shades`` takes them. ``flat``: what ``flattened`` gave."""
    net = _Net(flat, symbol)
    net.take_anchors()
    net.spread()
    return _at(flat, net.half_modules())


def flattened(gray: npt.NDArray[np.uint8], corners: Points, size: int) -> Samples:
    """The code seen from straight ahead, 5 pixels a module; ``corners``: (x, y) from the top left, clockwise."""
    low, high, side = MARGIN * PX, (MARGIN + size) * PX, (2 * MARGIN + size) * PX
    plain = [(low, low), (high, low), (high, high), (low, high)]
    rows = [
        row
        for (x, y), (u, v) in zip(plain, corners.tolist(), strict=True)
        for row in ([x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y])
    ]
    way = np.linalg.solve(np.array(rows), corners.ravel())
    picture = Image.fromarray(gray).transform(
        (side, side), Image.Transform.PERSPECTIVE, tuple(way), Image.Resampling.BICUBIC
    )
    return np.asarray(picture, dtype=np.float32)


def _square(reach: int) -> Pixels:
    side = np.arange(-reach, reach + 1)
    return np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)


class _Net:
    """Knots so far: where they belong (``knots``, modules), how far off they lie (``moves``, pixels), their weight."""

    def __init__(self, flat: Samples, symbol: Symbol) -> None:
        self._flat = flat
        self._symbol = symbol
        border = MARGIN + _EYE
        self._told = np.pad(symbol.fixed, border)
        self._inside = np.pad(np.ones_like(symbol.fixed), border)
        self._border = border
        self.knots: Points = np.zeros((0, 2))
        self.moves: Points = np.zeros((0, 2))
        self.weights = np.zeros(0)
        side = np.arange(2, symbol.size, _APART)
        self._grid = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)

    def take_anchors(self) -> None:
        """Finders first, where the decoder saw them; then alignment patterns from the nearest on, if they are there."""
        finders = np.array(self._symbol.finders)
        moves, alike = self._likest(finders, np.zeros((len(finders), 2), np.intp), _FINDER, _EYE)
        self._tie(finders, moves, 3 * np.maximum(alike, 0.05))
        away = [np.abs(finders - one).max(axis=1).min() for one in self._symbol.alignments]
        for one in np.argsort(away, kind="stable"):
            knot = np.array(self._symbol.alignments[one])[None]
            moves, alike = self._likest(knot, np.rint(self._foretold(knot)).astype(np.intp), _ALIGNMENT, 2)
            if alike[0] > _ALIKE:
                self._tie(knot, moves, 1.5 * alike)

    def spread(self) -> None:
        """Lay the knots in rings around the anchors."""
        ring = np.ceil(np.abs(self._grid[:, None] - self.knots).max(axis=-1).min(axis=1) / _APART)
        for one in np.unique(ring):
            knots = self._grid[ring == one]
            self._tie(knots, *self._clearest(knots, self._foretold(knots)))

    def half_modules(self) -> Points:
        """Where every half module lies in the flattened picture, float64[2 * size + 7, 2 * size + 7, 2], pixels."""
        side = round(len(self._grid) ** 0.5)
        away = ((self._grid[:, None] - self.knots) ** 2).sum(axis=-1)
        near = np.exp(-away / _NEAR**2 * 2) * self.weights  # half as far as they foretell: details stay
        moves = (near @ self.moves / near.sum(axis=1, keepdims=True)).reshape(side, side, 2)
        at = np.arange(-2 * REACH, 2 * (self._symbol.size + REACH) - 1) / 2
        place = (at - self._grid[0, 0]) / _APART
        low = np.clip(np.floor(place), 0, side - 2).astype(np.intp)
        mix = np.zeros((len(at), side))
        rows = np.arange(len(at))
        mix[rows, low], mix[rows, low + 1] = 1 - (place - low), place - low
        straight = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1)
        bent = np.einsum("yi,ijk,xj->yxk", mix, moves, mix, optimize=True)
        points: Points = (straight + MARGIN) * PX + PX // 2 + bent
        return points

    def _tie(self, knots: Pixels, moves: Pixels, weights: npt.NDArray[np.float64]) -> None:
        self.knots = np.vstack([self.knots, knots])
        self.moves = np.vstack([self.moves, moves])
        self.weights = np.append(self.weights, weights)

    def _foretold(self, knots: Pixels) -> Points:
        """The moves at these knots, on a plane through those around that are tied already."""
        away = ((knots[:, None] - self.knots) ** 2).sum(axis=-1)
        near = self.weights * (np.exp(-away / (2 * _NEAR**2)) + 1e-9)
        near /= near.sum(axis=1, keepdims=True)
        y, x = self.knots.T
        parts = [y, x, y * y, y * x, x * x]
        moments = near @ np.column_stack([*parts, self.moves, y[:, None] * self.moves, x[:, None] * self.moves])
        my, mx, yy, yx, xx = moments[:, :5].T
        mean = moments[:, 5:7]
        by_y, by_x = moments[:, 7:9] - my[:, None] * mean, moments[:, 9:11] - mx[:, None] * mean
        yy, yx, xx = yy - my * my + _STIFF, yx - my * mx, xx - mx * mx + _STIFF
        solid = (yy * xx - yx * yx)[:, None]
        slope_y = (xx[:, None] * by_y - yx[:, None] * by_x) / solid
        slope_x = (yy[:, None] * by_x - yx[:, None] * by_y) / solid
        off = knots - np.column_stack([my, mx])
        told: Points = mean + slope_y * off[:, :1] + slope_x * off[:, 1:]
        return told

    def _likest(self, knots: Pixels, moves: Pixels, reach: int, half: int) -> tuple[Pixels, npt.NDArray[np.float64]]:
        """Where the known pattern around each knot is matched best, and its correlation there."""
        steps = _square(reach)
        grey, pattern = self._grey(knots, moves, steps, half), self._around(self._told, knots, half)[:, None]
        known = pattern != 0
        count = known.sum(axis=-1, keepdims=True)
        pattern = (pattern - pattern.sum(axis=-1, keepdims=True) / count) * known
        grey = (grey - (grey * known).sum(axis=-1, keepdims=True) / count) * known
        size = np.sqrt((grey**2).sum(axis=-1) * (pattern**2).sum(axis=-1)) + 1e-3
        alike = (grey * pattern).sum(axis=-1) / size - 0.004 / PX * (steps**2).sum(axis=1)
        best = alike.argmax(axis=1)
        return moves + steps[best], alike[np.arange(len(knots)), best]

    def _clearest(self, knots: Pixels, foretold: Points) -> tuple[Pixels, npt.NDArray[np.float64]]:
        """Where the modules around each knot differ most from their mean, the known ones to their own side."""
        moves, steps = np.rint(foretold).astype(np.intp), _square(_KNOT)
        grey = self._grey(knots, moves, steps, _HALF)
        told, inside = (
            self._around(self._told, knots, _HALF)[:, None],
            self._around(self._inside, knots, _HALF)[:, None],
        )
        count = inside.sum(axis=-1)
        grey -= ((grey * inside).sum(axis=-1) / count)[..., None]
        marks = (np.where(told == 0, np.abs(grey), grey * told) * inside).sum(axis=-1) / count
        marks *= 1 - _FAR * (steps**2).sum(axis=1)
        best = marks.argmax(axis=1)
        mark = marks[np.arange(len(knots)), best]
        clear = np.maximum(mark - np.median(marks, axis=1), 0) / (np.abs(mark) + 8)  # 8: grey levels of noise
        return moves + steps[best], 0.05 + clear

    def _grey(self, knots: Pixels, moves: Pixels, steps: Pixels, half: int) -> Samples:
        """float32[knots, steps, modules]: grey levels at the modules around each knot, were it moved by each step."""
        wide = self._flat.shape[1]
        y, x = ((knots + MARGIN) * PX + PX // 2 + moves).T
        modules = _square(half) @ (wide * PX, PX)
        at = (y * wide + x)[:, None, None] + (steps @ (wide, 1))[:, None] + modules
        grey: Samples = self._flat.ravel().take(at, mode="clip")
        return grey

    def _around(self, table: Shades, knots: Pixels, half: int) -> Shades:
        """float32[knots, modules]: what the table, which has a border, tells of the modules around each knot."""
        wide = table.shape[1]
        at = ((knots + self._border) @ (wide, 1))[:, None] + _square(half) @ (wide, 1)
        told: Shades = table.ravel()[at]
        return told


def _at(flat: Samples, points: Points) -> Samples:
    """Grey levels between pixels, bilinear; beyond the edge, those at the edge."""
    y, x = (np.clip(points[..., axis], 0, flat.shape[axis] - 1.001) for axis in (0, 1))
    top, left = y.astype(np.intp), x.astype(np.intp)
    down, right = (y - top).astype(np.float32), (x - left).astype(np.float32)
    upper = flat[top, left] * (1 - right) + flat[top, left + 1] * right
    lower = flat[top + 1, left] * (1 - right) + flat[top + 1, left + 1] * right
    return (upper * (1 - down) + lower * down).astype(np.float32)
