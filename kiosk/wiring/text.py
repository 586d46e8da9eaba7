"""The wiring sheet as text, 80 columns wide at the most: for a plain console, ssh or a mail."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.wiring import header
from kiosk.wiring.sheet import Sheet, Terminal
from kiosk.wiring.words import label, wrapped

WIDTH = 80
_SIDE = 33  # characters to the left and to the right of the two rows of pins


def as_text(sheet: Sheet) -> str:
    """The whole sheet, ending in a new line."""
    return "\n".join([*_head(sheet), *_drawing(sheet), *_list(sheet), *_notes(sheet)]) + "\n"


def _head(sheet: Sheet) -> Iterator[str]:
    title = f"Portillon: {label('title', sheet.language)}"
    yield f"{title}{sheet.origin:>{WIDTH - len(title)}}"
    yield from _wrapped(" · ".join(sheet.facts))
    yield ""


def _drawing(sheet: Sheet) -> Iterator[str]:
    yield label("card", sheet.language).center(WIDTH).rstrip()
    for odd in header.PINS[::2]:
        even = odd + 1
        left = f"{_beside(sheet, odd):>{_SIDE}} {odd:>2} [{_hole(sheet, odd)}"
        yield f"{left} {_hole(sheet, even)}] {even:<2} {_beside(sheet, even)}".rstrip()
    yield label("ports", sheet.language).center(WIDTH).rstrip()
    yield ""


def _beside(sheet: Sheet, pin: int) -> str:
    """What stands beside a pin: a supply, a terminal with the direction of its signal, or nothing."""
    terminal = sheet.at(pin)
    if terminal is None:
        return label(header.POWER[pin], sheet.language) if pin in header.POWER else "·"
    if pin % 2:
        return f"{terminal.title} {'─►─' if terminal.is_input else '─◄─'} BCM {terminal.bcm:>2}"
    return f"BCM {terminal.bcm:<2} {'─◄─' if terminal.is_input else '─►─'} {terminal.title}"


def _hole(sheet: Sheet, pin: int) -> str:
    return "o" if sheet.at(pin) is None else "#"


def _list(sheet: Sheet) -> Iterator[str]:
    for heading, is_input in (("outputs", False), ("inputs", True)):
        yield label(heading, sheet.language)
        terminals = [terminal for terminal in sheet.terminals if terminal.is_input is is_input]
        for terminal in terminals:
            yield from _entry(terminal, sheet)
        if not terminals:
            yield f"  {label('none_wired', sheet.language)}"
        yield ""


def _entry(terminal: Terminal, sheet: Sheet) -> Iterator[str]:
    language = sheet.language
    where = f"BCM {terminal.bcm}, {label('pin', language, pin=terminal.pin)}"
    yield f"  {terminal.title:<20} {where:<20} {label('ground', language, pin=terminal.ground)}"
    yield f"    {terminal.name}: {terminal.hint}"
    if terminal.is_input:
        kind = "nc" if terminal.normally_closed else "no"
        yield f"    {label(f'contact_{kind}', language)}: {label(f'rest_{kind}', language)}"


def _notes(sheet: Sheet) -> Iterator[str]:
    for heading, notes in (("cautions", sheet.cautions), ("advice", sheet.advice)):
        if notes:
            yield label(heading, sheet.language)
            yield from (line for note in notes for line in _wrapped(note, "- "))
            yield ""


def _wrapped(words: str, bullet: str = "") -> Iterator[str]:
    for number, each in enumerate(wrapped(words, WIDTH - len(bullet))):
        yield f"{' ' * len(bullet) if number else bullet}{each}"
