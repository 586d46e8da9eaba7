"""What printed sheets are made of: QR codes as vector squares, lines that shrink to their place, marks to cut along."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from api import qr
from api.tickets.printing.fonts import Letters

if TYPE_CHECKING:
    from fpdf import FPDF

_POINTS = 72 / 25.4  # a millimetre
_MARGIN = 6  # millimetres at the sides of a cell, which most printers keep white


def line(
    pdf: FPDF, letters: Letters, text: str, place: tuple[float, float, float], size: float, bold: bool = False
) -> float:
    """A centred line in the cell ``(left, top, width)``, millimetres; too long: smaller, down to 60 %, then cut.

    Gives where the next one begins; ``size`` in points.
    """
    left, top, cell = place
    width = cell - 2 * _MARGIN
    shown = letters.show(text.strip())
    if not shown:
        return top
    pdf.set_font(letters.family, "B" if bold else "", size)
    needed = pdf.get_string_width(shown)
    if needed > width:
        pdf.set_font_size(max(size * 0.6, size * width / needed * 0.99))
        shown = _cut(shown, width, pdf.get_string_width)
    high = size / _POINTS * 1.25
    pdf.set_xy(left, top)
    pdf.cell(cell, high, shown, align="C")
    return top + high


def code(pdf: FPDF, text: str, middle: float, top: float, module: float) -> float:
    """The QR code with its white border: runs of dark modules, as filled rectangles. Gives its side.

    ``middle``: of the code, from the left; ``module``: of a code as long as a ticket's. All in millimetres.
    """
    rows = [bytes(row) for row in qr.make(text).matrix_iter(border=qr.BORDER)]
    module *= min(1.0, 61 / len(rows))  # a longer code keeps the place
    side = module * len(rows)
    corner = middle - side / 2
    pdf.set_fill_color(255)
    pdf.rect(corner, top, side, side, style="F")
    # One path in whole modules: one fill, so that no hairline of white shows between two rows.
    scale = module * _POINTS
    x, y = corner * _POINTS, (pdf.h - top) * _POINTS
    path = "".join(f"{start} {-row - 1} {length} 1 re\n" for row, start, length in _runs(rows))
    pdf._out(f"q 0 g {scale:.4f} 0 0 {scale:.4f} {x:.3f} {y:.3f} cm\n{path}f Q")
    return side


def cut_marks(pdf: FPDF, columns: int, rows: int) -> None:
    """Short lines in the margins, where the sheet is to be cut."""
    wide, high = pdf.w, pdf.h
    pdf.set_draw_color(140)
    pdf.set_line_width(0.2)
    for column in range(1, columns):
        x = column * wide / columns
        for y in (0.0, high / 2 - 4, high - 8):
            pdf.line(x, y, x, y + 8)
    for row in range(1, rows):
        y = row * high / rows
        for x in (0.0, wide / 2 - 4, wide - 8):
            pdf.line(x, y, x + 8, y)


def _cut(text: str, width: float, measure: Callable[[str], float]) -> str:
    """The text, or as much of its beginning as fits with « … » behind."""
    if measure(text) <= width:
        return text
    fits, misses = 0, len(text)
    while misses - fits > 1:
        half = (fits + misses) // 2
        if measure(f"{text[:half].rstrip()}…") <= width:
            fits = half
        else:
            misses = half
    return f"{text[:fits].rstrip()}…"


def _runs(rows: list[bytes]) -> Iterable[tuple[int, int, int]]:
    """(row, column, length) of each run of dark modules."""
    for number, row in enumerate(rows):
        start = None
        for column, dark in enumerate((*row, 0)):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                yield number, start, column - start
                start = None
