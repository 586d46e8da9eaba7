"""The few shapes that the wiring sheet is drawn with, as SVG elements. Millimetres.

``style`` is any attribute of SVG, with ``_`` for ``-``.
"""

from __future__ import annotations

from html import escape

from kiosk.wiring.words import wrapped

INK, GREY, PAPER = "#111827", "#6b7280", "#ffffff"
LEADING = 1.34  # from line to line of a paragraph, in sizes of its letters


def text(x: float, y: float, words: str, size: float, **style: str) -> str:
    """Words on a base line at ``y``."""
    return f"<text{_attributes({'x': x, 'y': y, 'font_size': size, 'fill': INK, **style})}>{escape(words)}</text>"


def paragraph(x: float, y: float, words: str, size: float, columns: int, **style: str) -> list[str]:
    """Words wrapped after so many characters, one element a line."""
    lines = enumerate(wrapped(words, columns))
    return [text(x, y + LEADING * size * number, each, size, **style) for number, each in lines]


def line(x: float, y: float, to_x: float, to_y: float, **style: str | float) -> str:
    """A straight line."""
    place = {"x1": x, "y1": y, "x2": to_x, "y2": to_y}
    return _shape("line", {**place, "stroke": INK, "stroke_width": 0.5, "stroke_linecap": "round", **style})


def box(x: float, y: float, width: float, height: float, **style: str | float) -> str:
    """A rectangle by its upper left corner; ``rx`` rounds its corners."""
    place = {"x": x, "y": y, "width": width, "height": height}
    return _shape("rect", {**place, "fill": PAPER, "stroke_width": 0.3, **style})


def dot(x: float, y: float, radius: float, **style: str) -> str:
    """A disc by its middle."""
    return _shape("circle", {"cx": x, "cy": y, "r": radius, "fill": INK, "stroke_width": 0.3, **style})


def triangle(tip_x: float, y: float, back_x: float, **style: str) -> str:
    """The head of a level arrow."""
    points = f"{tip_x:.1f},{y:.1f} {back_x:.1f},{y - 1.4:.1f} {back_x:.1f},{y + 1.4:.1f}"
    return _shape("polygon", {"points": points, **style})


def _shape(name: str, attributes: dict[str, str | float]) -> str:
    return f"<{name}{_attributes(attributes)}/>"


def _attributes(attributes: dict[str, str | float]) -> str:
    told = {name: f"{value:.2f}" if isinstance(value, float) else value for name, value in attributes.items()}
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in told.items())
