"""Three small circuits on the wiring sheet: an output, an input, and what fire safety goes past."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.wiring.ink import GREY, INK, PAPER, box, dot, line, paragraph, text
from kiosk.wiring.sheet import Sheet, Terminal
from kiosk.wiring.words import label

_WIDTH, _HEIGHT, _BETWEEN = 60.0, 44.0, 4.0
_FIRE = "#b91c1c"


def circuits(sheet: Sheet, y: float, x: float) -> Iterator[str]:
    """The three panels side by side, from this upper left corner."""
    panels = (("how_output", _output), ("how_input", _input), ("how_fire", _fire))
    for number, (heading, draw) in enumerate(panels):
        left = x + number * (_WIDTH + _BETWEEN)
        tint = _FIRE if heading == "how_fire" else GREY
        yield box(left, y, _WIDTH, _HEIGHT, fill="#f9fafb", stroke=tint, rx=2)
        yield text(left + 3, y + 5, label(heading, sheet.language), 3.1, font_weight="bold", fill=tint)
        yield from draw(sheet, left, y)


def _output(sheet: Sheet, x: float, y: float) -> Iterator[str]:
    """Pin, resistor, driver; a relay's contact at the turnstile, or a load."""
    language = sheet.language
    outputs = [terminal for terminal in sheet.terminals if not terminal.is_input]
    if not outputs:
        yield text(x + 3, y + 22, label("none_wired", language), 2.6, fill=GREY)
        return
    terminal = outputs[0]
    is_relay = terminal.name in ("relay", "exit_relay")
    wire = y + 16
    yield from _pin(x + 3, wire, terminal, sheet)
    yield line(x + 17, wire, x + 26, wire)
    yield dot(x + 21.5, wire, 0.8, fill=INK)
    yield line(x + 21.5, wire, x + 21.5, wire + 5)
    yield box(x + 20, wire + 5, 3, 8, stroke=INK)
    yield text(x + 24, wire + 10, "10 kΩ", 2.4)
    yield line(x + 21.5, wire + 13, x + 21.5, wire + 16)
    if sheet.active_high:
        yield from _ground(x + 21.5, wire + 16)
    else:
        yield text(x + 21.5, wire + 18.6, label("3.3 V", language), 2.4, text_anchor="middle", font_weight="bold")
    yield box(x + 26, wire - 5, 12, 10, stroke=INK, rx=1)
    yield text(x + 32, wire - 1, label("driver", language), 2.4, text_anchor="middle")
    yield text(x + 32, wire + 2.6, "IN", 2.2, text_anchor="middle", fill=GREY)
    yield box(x + 46, wire - 5, 12, 10 if not is_relay else 15, fill="#e5e7eb", stroke=INK, rx=1)
    if is_relay:
        yield from _contact(x + 38, x + 46, wire, closed=False)
        yield line(x + 38, wire + 7, x + 46, wire + 7)
        yield text(x + 39, wire - 2.4, "NO", 1.9, fill=GREY)
        yield text(x + 37.5, wire + 10.2, "COM", 1.9, fill=GREY)
        yield line(x + 38, wire + 5, x + 38, wire + 7)
        yield text(x + 52, wire + 1.6, label("open_input", language), 2.1, text_anchor="middle")
        yield text(x + 52, wire + 13.6, label("turnstile", language), 2.2, text_anchor="middle")
        yield text(x + 42, wire + 16, label("dry", language), 2.3, text_anchor="middle", fill=GREY)
    else:
        yield line(x + 38, wire, x + 46, wire)
        yield text(x + 52, wire + 0.9, label("load", language), 2.3, text_anchor="middle")


def _input(sheet: Sheet, x: float, y: float) -> Iterator[str]:
    """A contact between pin and ground, open or closed at rest, and which inputs are wired so."""
    language = sheet.language
    inputs = [terminal for terminal in sheet.terminals if terminal.is_input]
    if not inputs:
        yield text(x + 3, y + 22, label("none_wired", language), 2.6, fill=GREY)
        return
    for number, closed in enumerate((False, True)):
        wire = y + 13 + 14 * number
        kind = "nc" if closed else "no"
        names = ", ".join(terminal.name for terminal in inputs if terminal.normally_closed is closed)
        yield box(x + 3, wire - 2.5, 10, 5, stroke=INK, rx=1)
        yield text(x + 8, wire + 0.9, "BCM", 2.3, text_anchor="middle")
        yield from _contact(x + 13, x + 34, wire, closed=closed)
        yield from _ground(x + 34, wire)
        yield text(x + 40, wire - 0.4, label(f"contact_{kind}", language), 2.8, font_weight="bold")
        yield text(x + 40, wire + 2.8, label(f"rest_{kind}", language), 2.0, fill=GREY)
        yield from paragraph(x + 3, wire + 6.2, names or "–", 2.2, 36, font_weight="bold", fill="#334155")
    yield text(x + 3, y + _HEIGHT - 2.5, label("pull_up_inside", language), 2.2, fill=GREY)


def _fire(sheet: Sheet, x: float, y: float) -> Iterator[str]:
    """The panel acts on the turnstile by a wire of its own; the Pi sees a copy."""
    language = sheet.language
    yield box(x + 3, y + 9, 24, 9, stroke=_FIRE, rx=1)
    yield text(
        x + 14, y + 14.4, label("fire_panel", language), 2.1, text_anchor="middle", fill=_FIRE, font_weight="bold"
    )
    yield line(x + 27, y + 13.5, x + 40, y + 13.5, stroke=_FIRE, stroke_width=1.2)
    yield text(x + 33.5, y + 12, label("directly", language), 2.1, text_anchor="middle", fill=_FIRE)
    yield box(x + 40, y + 9, 17, 9, fill="#e5e7eb", stroke=INK, rx=1)
    yield text(x + 48.5, y + 14.4, label("turnstile", language), 2.2, text_anchor="middle")
    yield line(x + 14, y + 18, x + 14, y + 27, stroke=GREY, stroke_dasharray="1.5 1.2")
    yield line(x + 14, y + 27, x + 40, y + 27, stroke=GREY, stroke_dasharray="1.5 1.2")
    yield text(x + 16, y + 25.8, label("copy", language), 2.1, fill=GREY)
    yield box(x + 40, y + 23, 17, 8, fill="#e7f3ec", stroke="#9cc5ab", rx=1)
    yield text(x + 48.5, y + 28, "emergency", 2.2, text_anchor="middle")
    yield from paragraph(x + 3, y + 37, label("no_safety", language), 2.2, columns=44, fill=_FIRE)


def _pin(x: float, y: float, terminal: Terminal, sheet: Sheet) -> Iterator[str]:
    yield box(x, y - 4, 14, 8, stroke=INK, rx=1)
    yield text(x + 7, y - 0.4, f"BCM {terminal.bcm}", 2.3, text_anchor="middle", font_weight="bold")
    yield text(x + 7, y + 2.6, label("pin", sheet.language, pin=terminal.pin), 1.9, text_anchor="middle", fill=GREY)


def _contact(x: float, to_x: float, y: float, closed: bool) -> Iterator[str]:
    """Two terminals and a lever; the lever stands off when open at rest."""
    middle = (x + to_x) / 2
    yield line(x, y, middle - 2.2, y)
    yield line(middle + 2.2, y, to_x, y)
    yield line(middle - 2.2, y, middle + 2.2, y if closed else y - 2.4, stroke_width=0.7)
    yield dot(middle - 2.2, y, 0.7, fill=PAPER, stroke=INK)
    yield dot(middle + 2.2, y, 0.7, fill=PAPER, stroke=INK)


def _ground(x: float, y: float) -> Iterator[str]:
    for number, half in enumerate((2.2, 1.4, 0.6)):
        yield line(x - half, y + number * 0.9, x + half, y + number * 0.9)
