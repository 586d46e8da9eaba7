"""The wiring sheet as a picture (SVG) for one sheet of A4: people rather look than read. Millimetres throughout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kiosk.wiring import header
from kiosk.wiring.circuits import circuits
from kiosk.wiring.ink import GREY, INK, LEADING, PAPER, box, dot, line, paragraph, text, triangle
from kiosk.wiring.sheet import Sheet, Terminal
from kiosk.wiring.words import label, wrapped

WIDTH, HEIGHT = 210, 297  # A4
_MARGIN = 11
_TOP, _PITCH = 43.0, 6.3  # middle of the first row of pins; from row to row
_ODD, _EVEN = 101.6, 108.4  # middles of the two columns
_BOX_WIDTH, _BOX_HEIGHT = 64, 5.5
_CIRCUITS = 178.0
_NOTES = 229.0
_TINTS = {
    "relay": "#1d4ed8",
    "exit_relay": "#1d4ed8",
    "ready": "#0f766e",
    "green": "#15803d",
    "red": "#b91c1c",
    "amber": "#b45309",
    "buzzer": "#7e22ce",
}
_INPUT_TINT = "#334155"
_SUPPLIES = {"GND": "#111827", "3.3 V": "#ea580c", "5 V": "#dc2626"}


def as_svg(sheet: Sheet) -> str:
    """The whole sheet; drawn again from the same settings it is the same, byte for byte."""
    parts = [
        *_head(sheet),
        *_board(sheet),
        *_whole_board(sheet),
        *_pins(sheet),
        *circuits(sheet, _CIRCUITS, _MARGIN),
        *_notes(sheet),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}mm" height="{HEIGHT}mm" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="DejaVu Sans, Verdana, sans-serif">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _head(sheet: Sheet) -> Iterator[str]:
    yield text(_MARGIN, 16, "Portillon", 7, font_weight="bold")
    yield text(_MARGIN + 42, 16, label("title", sheet.language), 7, fill=GREY)
    yield text(WIDTH - _MARGIN, 16, sheet.origin, 2.8, text_anchor="end", fill=GREY)
    yield line(_MARGIN, 19.5, WIDTH - _MARGIN, 19.5, stroke_width=0.5)
    yield text(_MARGIN, 25, "   ·   ".join(sheet.facts), 3.1)


def _board(sheet: Sheet) -> Iterator[str]:
    """The strip of the board that the header is on: its edge to the right, so that pin 2 is at the outside."""
    top, bottom = _TOP - 8, _TOP + 19 * _PITCH + 8
    middle = (_ODD + _EVEN) / 2
    yield box(middle - 19, top, 38, bottom - top, fill="#e7f3ec", stroke="#9cc5ab", rx=3)
    yield box(_ODD - 3.6, _TOP - 3.6, _EVEN - _ODD + 7.2, 19 * _PITCH + 7.2, fill="#1f2937", rx=1)
    yield text(middle, top - 1.6, label("card", sheet.language), 2.6, text_anchor="middle", fill=GREY)
    yield text(middle, bottom + 3.6, label("ports", sheet.language), 2.6, text_anchor="middle", fill=GREY)


def _whole_board(sheet: Sheet) -> Iterator[str]:
    """The whole Pi, small, as it lies when the header is as drawn: 56 by 85 mm, at a third."""
    x, y, third = WIDTH - _MARGIN - 18.7, 28.5, 1 / 3
    yield box(x, y, 56 * third, 85 * third, fill="#e7f3ec", stroke="#9cc5ab", rx=1)
    yield box(x + 21 * third, y - 0.6, 14 * third, 1.8, fill="#d1d5db")  # the card's slot
    yield box(x + 49 * third, y + 7 * third, 5 * third, 51 * third, fill="#1f2937", rx=0.3)
    yield box(x + 49.3 * third, y + 7.3 * third, 2 * third, 2 * third, fill=_SUPPLIES["3.3 V"])
    for left in (3, 21, 39):  # network and USB
        yield box(x + left * third, y + 70 * third, 14 * third, 17 * third, fill="#d1d5db", stroke=GREY)
    yield line(x - 3, y + 8.3 * third, x + 48 * third, y + 8.3 * third, stroke=_SUPPLIES["3.3 V"], stroke_width=0.3)
    yield text(x - 4, y + 8.3 * third + 0.8, label("square", sheet.language), 2.4, text_anchor="end", fill=GREY)


def _pins(sheet: Sheet) -> Iterator[str]:
    for pin in header.PINS:
        y = _TOP + (pin - 1) // 2 * _PITCH
        side = -1 if pin % 2 else 1
        x = _ODD if side < 0 else _EVEN
        terminal = sheet.at(pin)
        if terminal is not None:
            yield from _wire(terminal, sheet, x, y, side)
        elif pin in header.POWER:
            yield from _supply(sheet, pin, x, y, side)
        else:
            yield from _free(pin, x, y, side)


def _wire(terminal: Terminal, sheet: Sheet, x: float, y: float, side: int) -> Iterator[str]:
    """A pin in use: its box outside, an arrow in the direction of the signal, the BCM number beside the header."""
    tint = _TINTS.get(terminal.name, _INPUT_TINT)
    inner = x + side * 26.5  # where the box begins
    yield line(x + side * 3.6, y, inner, y, stroke=tint, stroke_width=0.7)
    yield box(x + side * 9.8 - 5.4, y - 1.9, 10.8, 3.8, fill=tint, rx=1)
    yield text(
        x + side * 9.8, y + 0.95, f"BCM {terminal.bcm}", 2.5, text_anchor="middle", fill=PAPER, font_weight="bold"
    )
    tip, back = (inner - side * 3.2, inner) if terminal.is_input else (inner, inner - side * 3.2)
    yield triangle(tip, y, back, fill=tint)
    left = inner if side > 0 else inner - _BOX_WIDTH
    yield box(left, y - _BOX_HEIGHT / 2, _BOX_WIDTH, _BOX_HEIGHT, stroke=tint, rx=1)
    yield box(left, y - _BOX_HEIGHT / 2, 1.6, _BOX_HEIGHT, fill=tint)
    yield text(left + 3, y - 0.35, terminal.title, 2.6, font_weight="bold", fill=tint)
    yield text(left + _BOX_WIDTH - 1.5, y - 0.35, _short(terminal, sheet), 2.2, text_anchor="end", fill=GREY)
    yield text(left + 3, y + 2.15, terminal.hint, 2.1)
    yield from _hole(terminal.pin, x, y, tint, PAPER)


def _short(terminal: Terminal, sheet: Sheet) -> str:
    """A box's upper right corner: the kind of contact, and where the ground goes."""
    ground = label("ground", sheet.language, pin=terminal.ground)
    if not terminal.is_input:
        return ground
    return f"{label('contact_nc' if terminal.normally_closed else 'contact_no', sheet.language)} · {ground}"


def _supply(sheet: Sheet, pin: int, x: float, y: float, side: int) -> Iterator[str]:
    what = header.POWER[pin]
    tint = _SUPPLIES[what]
    anchor = "end" if side < 0 else "start"
    yield from _hole(pin, x, y, tint, PAPER)
    yield text(x + side * 5, y + 1, label(what, sheet.language), 2.6, text_anchor=anchor, fill=tint, font_weight="bold")
    if grounded := sheet.grounded_at(pin):
        names = label("ground_for", sheet.language, names=", ".join(each.name for each in grounded))
        yield line(x + side * 12.5, y, x + side * 26.5, y, stroke=tint, stroke_width=0.35)
        yield text(x + side * 28, y + 0.8, names, 2.2, text_anchor=anchor, fill=tint)


def _free(pin: int, x: float, y: float, side: int) -> Iterator[str]:
    yield from _hole(pin, x, y, "#f3f4f6", INK)
    yield text(
        x + side * 5, y + 0.9, f"BCM {header.BCM[pin]}", 2.1, text_anchor="end" if side < 0 else "start", fill="#9ca3af"
    )


def _hole(pin: int, x: float, y: float, fill: str, ink: str) -> Iterator[str]:
    if pin == 1:  # the square pad
        yield box(x - 2.5, y - 2.5, 5, 5, fill=fill, stroke=PAPER)
    else:
        yield dot(x, y, 2.5, fill=fill, stroke=PAPER)
    yield text(x, y + 0.85, str(pin), 2.3, text_anchor="middle", fill=ink, font_weight="bold")


def _notes(sheet: Sheet) -> Iterator[str]:
    """Two columns: what these settings ask a second look at, and what is always true."""
    columns = ((_MARGIN, "cautions", sheet.cautions, "#b45309"), (WIDTH / 2 + 2, "advice", sheet.advice, INK))
    for x, heading, notes, tint in columns:
        if not notes:
            continue
        yield text(x, _NOTES, label(heading, sheet.language), 3.1, font_weight="bold", fill=tint)
        size = next((size for size in (2.35, 2.1, 1.9) if _height(notes, size) < HEIGHT - _NOTES - 8), 1.7)
        y = _NOTES + 5
        for note in notes:
            yield dot(x + 0.8, y - 0.85, 0.6, fill=tint)
            lines = paragraph(x + 3, y, note, size, columns=_columns(size))
            yield from lines
            y += LEADING * size * len(lines) + 1.0


def _columns(size: float) -> int:
    """How many characters of this size half a sheet is wide."""
    return round(154 / size)


def _height(notes: Sequence[str], size: float) -> float:
    return sum(LEADING * size * len(wrapped(note, _columns(size))) + 1.0 for note in notes)
