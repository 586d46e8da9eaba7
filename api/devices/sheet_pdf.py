"""Pairing codes as PDF, six on an A4 sheet to be cut; and the process that draws them for the server.

A code with a server's pin has 61 modules and more. On 70 mm, its white border with it, each is a millimetre: what a
gate reads at 25 cm (see ``api.tickets.printing.sheets``), and a phone's picture of it too.
"""

from __future__ import annotations

import json
import os
import sys
from zoneinfo import ZoneInfo

from fpdf import FPDF

from api.devices.sheet import Pairable, Sheet, of_values
from api.scan.words import Language
from api.tickets.printing import drawing, words
from api.tickets.printing.fonts import Letters
from api.tickets.printing.wanted import Style

_COLUMNS, _ROWS = 2, 3
_MODULE = 1.15  # millimetres, of a code as long as a ticket's; a longer one keeps the place
_HOLD: dict[Language, str] = {
    "fr": "Tenez ce code à 20 cm devant la caméra du portillon, jusqu'au signal.",
    "en": "Hold this code 20 cm before the gate's camera, until it signals.",
}
_UNTIL: dict[Language, str] = {
    "fr": "Une seule fois, jusqu'au {time}. Gardez-le comme une clé.",
    "en": "Once, until {time}. Keep it like a key.",
}
_WAYS: dict[Language, dict[str, str]] = {
    "fr": {"in": "entrée", "out": "sortie"},
    "en": {"in": "entrance", "out": "exit"},
}


def draw(sheet: Sheet, style: Style) -> bytes:
    """The whole document."""
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_title(sheet.organisation)
    letters = Letters(pdf)
    for number, gate in enumerate(sheet.gates):
        place = number % (_COLUMNS * _ROWS)
        if place == 0:
            pdf.add_page()
            drawing.cut_marks(pdf, _COLUMNS, _ROWS)
        left, top = place % _COLUMNS * pdf.w / _COLUMNS, place // _COLUMNS * pdf.h / _ROWS
        _gate(pdf, letters, sheet, gate, style, (left, top))
    return bytes(pdf.output())


def _gate(pdf: FPDF, letters: Letters, sheet: Sheet, gate: Pairable, style: Style, corner: tuple[float, float]) -> None:
    left, top = corner
    width, language = pdf.w / _COLUMNS, style.language
    told = " · ".join(part for part in (_WAYS[language][gate.way], gate.rules, sheet.organisation) if part)

    def line(text: str, y: float, size: float, bold: bool = False) -> float:
        return drawing.line(pdf, letters, text, (left, y, width), size, bold)

    y = line(gate.name, top + 6, 15, bold=True)
    y = line(told, y, 8)
    y += drawing.code(pdf, gate.pairing_url, left + width / 2, y, _MODULE)
    y = line(_HOLD[language], y, 8)
    line(_UNTIL[language].format(time=words.when(language, sheet.until, style.zone)), y, 8)


def main() -> None:
    """The child: values from standard input, the PDF to standard output."""
    os.nice(10)
    told = json.load(sys.stdin)
    zone = ZoneInfo(told["zone"]) if told["zone"] else None
    sys.stdout.buffer.write(draw(of_values(**told["sheet"]), Style(told["language"], zone)))


if __name__ == "__main__":
    main()
