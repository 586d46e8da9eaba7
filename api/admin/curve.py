"""The curve of who came in, five minutes a point: numbers → the places of a drawing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 200  # of the drawing, without its margins
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Bars and lines in the drawing's own units; ``marks`` are heights with the number that they stand for."""

    bars: list[tuple[float, float, float, float]]  # x, y, width, height
    marks: list[tuple[float, int]]
    hours: list[tuple[float, int]]  # x, moment (microseconds since 1970)
    most: int


def draw(points: Sequence[tuple[int, int]]) -> Drawing:
    """``points``: (moment in microseconds, people), evenly spaced, oldest first."""
    most = max((people for _, people in points), default=0)
    step = _step(most)
    top = max(step, -(-most // step) * step)
    width = WIDTH / max(1, len(points))
    bars = []
    for number, (_, people) in enumerate(points):
        height = people / top * HEIGHT
        if people:
            bars.append(
                (round(number * width + 1, 2), round(HEIGHT - height, 2), round(width - 2, 2), round(height, 2))
            )
    marks = [(round(HEIGHT - value / top * HEIGHT, 2), value) for value in range(0, top + 1, step)]
    hours = [(round(number * width, 2), moment) for number, (moment, _) in enumerate(points) if number % 12 == 0]
    return Drawing(bars, marks, hours, most)


def _step(most: int) -> int:
    """The round number that makes at most five lines."""
    scale = 1
    while True:
        for step in _STEPS:
            if most <= step * scale * 5:
                return step * scale
        scale *= 10
