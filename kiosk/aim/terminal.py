"""The live picture in a terminal, over ssh too: half blocks in true colour or 256 colours, else plain letters."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import TextIO

import numpy as np
from PIL import Image

from kiosk.aim.watching import READ, UNREAD, Look, figures, outlined
from kiosk.aim.words import told
from kiosk.screen.words import Language

Paint = Callable[[Image.Image], str]  # a picture of twice as many rows as there are lines → those lines
_LETTERS = " .:-=+*#%@"  # from black to white
_HOME, _CLEAR_BELOW, _PLAIN = "\x1b[H", "\x1b[J", "\x1b[0m"
_LINES_OF_TEXT = 3


def show(looks: Iterable[Look], language: Language, out: TextIO = sys.stdout) -> None:
    """Draw each look over the one before, until they end."""
    paint = best_paint(os.environ.get("TERM", ""), os.environ.get("COLORTERM", ""), out.encoding)
    out.write("\x1b[2J")
    for look in looks:
        room = shutil.get_terminal_size()
        text = words(look, language, room.columns)
        picture = paint(outlined(look, _fitted(look, room.columns, room.lines - _LINES_OF_TEXT), 1))
        out.write(f"{_HOME}{picture}{text}{_CLEAR_BELOW}")
        out.flush()


def words(look: Look, language: Language, columns: int) -> str:
    """The advice in a line of the terminal, the figures in two more."""
    numbers = [f"{told(key, language)} {value}" for key, value in figures(look)]
    half = len(numbers) // 2
    lines = look.advice.in_words(language), "  ".join(numbers[:half]), "  ".join(numbers[half:])
    return "\n".join(line[: columns - 1] + "\x1b[K" for line in lines)


def best_paint(term: str, colorterm: str, encoding: str) -> Paint:
    """What this terminal can show."""
    if "utf" not in encoding.lower() or term in {"", "dumb"}:
        return letters
    if colorterm in {"truecolor", "24bit"}:
        return lambda picture: _half_blocks(picture, lambda red, green, blue: f"2;{red};{green};{blue}")
    if "256color" in term:
        return lambda picture: _half_blocks(picture, _of_256)
    return letters


def letters(picture: Image.Image) -> str:
    """A letter for each two pixels, the brighter the denser; an outline is drawn in O where read, X where not."""
    marks = {READ: "O", UNREAD: "X"}
    rows = _rows(picture)[::2]
    return "".join(
        "".join(marks.get(colour, _LETTERS[colour[0] * len(_LETTERS) // 256]) for colour in row) + "\n" for row in rows
    )


def _half_blocks(picture: Image.Image, code: Callable[[int, int, int], str]) -> str:
    """Two pixels in each place: the upper one as the block's colour, the lower one as its ground."""
    lines = []
    rows = _rows(picture)
    for upper, lower in zip(rows[::2], rows[1::2], strict=False):
        line, before = "", ("", "")
        for pair in zip(upper, lower, strict=True):
            colours = code(*pair[0]), code(*pair[1])
            if colours != before:
                line += f"\x1b[38;{colours[0]};48;{colours[1]}m"
                before = colours
            line += "▀"
        lines.append(f"{line}{_PLAIN}\n")
    return "".join(lines)


def _rows(picture: Image.Image) -> list[list[tuple[int, int, int]]]:
    return [[(red, green, blue) for red, green, blue in row] for row in np.asarray(picture).tolist()]


def _of_256(red: int, green: int, blue: int) -> str:
    """Of xterm's 256 colours: 24 greys from 232 on, and a cube of 6 x 6 x 6 from 16 on."""
    if red == green == blue:
        return f"5;{232 + red * 24 // 256}"
    return f"5;{16 + 36 * (red * 6 // 256) + 6 * (green * 6 // 256) + blue * 6 // 256}"


def _fitted(look: Look, columns: int, lines: int) -> tuple[int, int]:
    """Pixels, of which a place has one across and two down; as large as fits, in the shape of the frame."""
    height, width = look.gray.shape
    scale = min((columns - 1) / width, 2 * max(lines, 1) / height)
    return max(round(width * scale), 1), max(round(height * scale) & ~1, 2)
