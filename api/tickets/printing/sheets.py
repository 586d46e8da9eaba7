"""Tickets as PDF: four on an A4 sheet to be cut, or one a page for a phone. QR codes are vector squares.

How large a code must be: the gate reads a ticket of ours (53 modules) from 180 pixels of side on (facts: Making
tickets). At 25 cm a Camera Module 3 (66° wide) sees 325 mm, on the 1,088 pixels that the reader gets of it: 3.3 a
millimetre. So 54 mm are the least; modules of 1.2 mm make 64 mm, and one of them may be lost to blur.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fpdf import FPDF

from api import secret_file
from api.scan.words import Language
from api.tickets.printing import drawing, words
from api.tickets.printing.fonts import Letters
from api.tickets.printing.wanted import Format, Happening, Printed, Style


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
            drawing.cut_marks(self._pdf, layout.columns, layout.rows)
        self._count += 1
        left = place % layout.columns * layout.cell[0]
        top = place // layout.columns * layout.cell[1]
        self._ticket(ticket, left, top)

    def content(self) -> bytes:
        """The whole document."""
        return bytes(self._pdf.output())

    def write(self, file: Path) -> None:
        """Write the document; only its owner may read it: whoever shows a code, gets in. Raises OSError."""
        with secret_file.opened(file) as out:
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
        side = drawing.code(self._pdf, ticket.code, left + width / 2, y + 1, self._layout.module)
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
        return drawing.line(self._pdf, self._letters, text, (left, top, self._layout.cell[0]), size, bold)


def _product(ticket: Printed, language: Language) -> str:
    amount = words.money(language, ticket.amount) if ticket.amount is not None else ""
    return " · ".join(part for part in (ticket.product, ticket.price, amount) if part)
