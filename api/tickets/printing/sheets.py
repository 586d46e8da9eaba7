"""Tickets as PDF: four on an A4 sheet to be cut, or one a page for a phone. QR codes are vector squares.

How large a code must be: the gate reads a ticket of ours (53 modules) from 180 pixels of side on (facts: Making
tickets). At 25 cm a Camera Module 3 (66° wide) sees 325 mm, on the 1,088 pixels that the reader gets of it: 3.3 a
millimetre. So 54 mm are the least; modules of 1.2 mm make 64 mm, and one of them may be lost to blur.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fpdf import FPDF

from api import qr
from api.scan.words import Language
from api.tickets.printing import words
from api.tickets.printing.fonts import Letters
from api.tickets.printing.wanted import Format, Happening, Printed, Style

_POINTS = 72 / 25.4  # a millimetre


@dataclass(frozen=True, slots=True)
class _Layout:
    """One kind of sheet. Millimetres; letters in points."""

    page: tuple[float, float]
    columns: int
    rows: int
    module: float
    letters: float  # of the event's name; all others follow

    @property
    def cell(self) -> tuple[float, float]:
        return self.page[0] / self.columns, self.page[1] / self.rows


_LAYOUTS: dict[Format, _Layout] = {
    "a4": _Layout((210, 297), 2, 2, 1.2, 15),
    "phone": _Layout((90, 160), 1, 1, 1.4, 16),
}


class Sheets:
    """One document of tickets of one event; ``write`` ends it."""

    def __init__(self, happening: Happening, kind: Format, style: Style) -> None:
        self._happening = happening
        self._layout = _LAYOUTS[kind]
        self._style = style
        self._pdf = FPDF(format=self._layout.page)
        self._pdf.set_auto_page_break(False)
        self._pdf.set_margin(0)
        self._pdf.set_title(happening.name)
        self._pdf.set_author(happening.organisation)
        self._letters = Letters(self._pdf)
        self._count = 0

    @property
    def replaced(self) -> int:
        """How many texts have characters that no font of this machine shows."""
        return self._letters.replaced

    def add(self, ticket: Printed) -> None:
        """Put a ticket on the next free place."""
        layout = self._layout
        place = self._count % (layout.columns * layout.rows)
        if place == 0:
            self._pdf.add_page()
            self._cut_marks()
        self._count += 1
        left = place % layout.columns * layout.cell[0]
        top = place // layout.columns * layout.cell[1]
        self._ticket(ticket, left, top)

    def content(self) -> bytes:
        """The whole document."""
        return bytes(self._pdf.output())

    def write(self, file: Path) -> None:
        """Write the document; only its owner may read it: whoever shows a code, gets in. Raises OSError."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(self.content())

    def _ticket(self, ticket: Printed, left: float, top: float) -> None:
        width, height = self._layout.cell
        language = ticket.language or self._style.language
        size = self._layout.letters
        y = top + height * 0.05
        y = self._line(self._happening.organisation, left, y, size * 0.6)
        y = self._line(self._happening.name, left, y, size, bold=True)
        for told in self._times(language):
            y = self._line(told, left, y, size * 0.65)
        side = self._code(ticket.code, left + width / 2, y + 1)
        y += side + 2
        y = self._line(ticket.name, left, y, size * 0.9, bold=True)
        y = self._line(_product(ticket, language), left, y, size * 0.7)
        y = self._line(words.number(language, ticket.number), left, y, size * 0.7, bold=True)
        y = self._line(ticket.uuid, left, y, size * 0.42)
        self._line(words.one_entry(language), left, y, size * 0.45)

    def _times(self, language: Language) -> Iterable[str]:
        happening, zone = self._happening, self._style.zone
        if happening.starts_at is not None:
            yield words.when(language, happening.starts_at, zone)
        if happening.opens_at is not None:
            yield words.doors(language, happening.opens_at, happening.starts_at, zone)

    def _line(self, text: str, left: float, top: float, size: float, bold: bool = False) -> float:
        """A centred line; too long: smaller, down to 60 %, then cut. Gives where the next one begins."""
        width = self._layout.cell[0] - 2 * 6  # millimetres of margin, which most printers keep white
        shown = self._letters.show(text.strip())
        if not shown:
            return top
        pdf = self._pdf
        pdf.set_font(self._letters.family, "B" if bold else "", size)
        needed = pdf.get_string_width(shown)
        if needed > width:
            pdf.set_font_size(max(size * 0.6, size * width / needed * 0.99))
            shown = _cut(shown, width, pdf.get_string_width)
        high = size / _POINTS * 1.25
        pdf.set_xy(left, top)
        pdf.cell(self._layout.cell[0], high, shown, align="C")
        return top + high

    def _code(self, text: str, middle: float, top: float) -> float:
        """The QR code with its white border: runs of dark modules, as filled rectangles. Gives its side."""
        rows = [bytes(row) for row in qr.make(text).matrix_iter(border=qr.BORDER)]
        module = self._layout.module * min(1.0, 61 / len(rows))  # a longer code keeps the place
        side = module * len(rows)
        corner = middle - side / 2
        self._pdf.set_fill_color(255)
        self._pdf.rect(corner, top, side, side, style="F")
        # One path in whole modules: one fill, so that no hairline of white shows between two rows.
        scale, height = module * _POINTS, self._layout.page[1]
        x, y = corner * _POINTS, (height - top) * _POINTS
        path = "".join(f"{start} {-row - 1} {length} 1 re\n" for row, start, length in _runs(rows))
        self._pdf._out(f"q 0 g {scale:.4f} 0 0 {scale:.4f} {x:.3f} {y:.3f} cm\n{path}f Q")
        return side

    def _cut_marks(self) -> None:
        """Short lines in the margins, where the sheet is to be cut."""
        layout, pdf = self._layout, self._pdf
        wide, high = layout.page
        pdf.set_draw_color(140)
        pdf.set_line_width(0.2)
        for column in range(1, layout.columns):
            x = column * layout.cell[0]
            for y in (0.0, high / 2 - 4, high - 8):
                pdf.line(x, y, x, y + 8)
        for row in range(1, layout.rows):
            y = row * layout.cell[1]
            for x in (0.0, wide / 2 - 4, wide - 8):
                pdf.line(x, y, x + 8, y)


def _product(ticket: Printed, language: Language) -> str:
    amount = words.money(language, ticket.amount) if ticket.amount is not None else ""
    return " · ".join(part for part in (ticket.product, ticket.price, amount) if part)


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
