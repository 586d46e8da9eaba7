"""What a guest holds up: a printed ticket or a telephone, drawn flat. Frames are made of it in render."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import segno
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Medium = Literal["paper", "poster", "phone", "phone_dark", "phone_inverted"]
Level = Literal["l", "m"]
PAPER_MM = (105, 148)  # A6, the usual ticket
PHONE_MM = (74, 158)  # outside of a common phone; its screen is 4 mm smaller all round
INK, WHITE = 18, 250  # grey levels of print on paper and of a screen's black and white


@dataclass(frozen=True, slots=True)
class Prop:
    """A flat thing: ``face`` and ``mask`` are uint8[h, w], ``code`` is (centre x, centre y, side), pixels."""

    face: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    code: tuple[float, float, float]
    shines: bool  # a screen gives light, paper returns it


def modules(content: str | bytes, level: Level) -> NDArray[np.bool_]:
    """The QR code of this text as bool[n, n]: dark is True, no border, the level as asked.

    Raises segno.DataOverflowError above 2,953 bytes (version 40, level L).
    """
    code = segno.make_qr(content, error=level, boost_error=False)
    return np.array([list(row) for row in code.matrix], dtype=bool)


def draw(content: str | bytes, medium: Medium, level: Level, border: int, code_px: float) -> Prop:
    """Draw the thing with this code on it; the code without its border is about ``code_px`` pixels wide."""
    dark = modules(content, level)
    scale = max(2, round(code_px / len(dark)))
    inverted = medium == "phone_inverted"
    ink, page = (230, 12) if inverted else (INK, WHITE)
    tile = np.where(np.pad(dark, border), ink, page).astype(np.uint8)
    tile = np.kron(tile, np.ones((scale, scale), np.uint8))
    picture = Image.fromarray(tile)
    if medium == "poster":
        return _poster(picture, len(dark) * scale)
    if medium == "paper":
        return _paper(picture, len(dark) * scale)
    return _phone(picture, len(dark) * scale, dark_page=medium != "phone")


def _poster(tile: Image.Image, code: int) -> Prop:
    edge = code // 16
    board = Image.new("L", (tile.width + 2 * edge, tile.height + 2 * edge), 236)
    board.paste(tile, (edge, edge))
    return _prop(board, Image.new("L", board.size, 255), (board.width / 2, board.height / 2, code), shines=False)


def _paper(tile: Image.Image, code: int) -> Prop:
    """An A6 ticket: a title, a rule, two lines of text, the code below; a thumb on the lower corner."""
    width = round(tile.width * 1.30)
    height = round(width * PAPER_MM[1] / PAPER_MM[0])
    sheet = Image.new("L", (width, height), 232)
    margin = (width - tile.width) // 2
    top = height - tile.height - margin
    _write(sheet, "PORTILLON", (margin, round(top * 0.18)), top // 5, INK)
    _write(sheet, "Concert - 1 place", (margin, round(top * 0.48)), top // 8, 70)
    _write(sheet, "porte 19:30", (margin, round(top * 0.68)), top // 8, 70)
    pen = ImageDraw.Draw(sheet)
    pen.line((margin, round(top * 0.42), width - margin, round(top * 0.42)), 90, max(1, width // 200))
    pen.line((0, height // 3, width, height // 3), 214, max(1, width // 160))  # it was folded
    sheet.paste(tile, (margin, top))
    mask = Image.new("L", sheet.size, 255)
    thumb = width // 5
    pen.ellipse((width - thumb // 2, height - thumb * 2, width + thumb, height + thumb // 4), 128)
    return _prop(sheet, mask, (width / 2, top + tile.height / 2, code), shines=False)


def _phone(tile: Image.Image, code: int, *, dark_page: bool) -> Prop:
    """A telephone: bezel, clock, the organiser's page around the code; a dark one has a white tile or none."""
    width = round(tile.width * 1.12)
    height = round(width * PHONE_MM[1] / PHONE_MM[0])
    bezel = width // 28
    page, words = (14, 190) if dark_page else (244, 60)
    body = Image.new("L", (width + 2 * bezel, height + 2 * bezel), 6)
    pen = ImageDraw.Draw(body)
    corner = bezel * 2
    pen.rounded_rectangle((bezel, bezel, bezel + width, bezel + height), corner, page)
    top = bezel + round(height * 0.30)
    _write(body, "19:42", (bezel * 2, round(bezel * 1.6)), bezel, words)
    _write(body, "Concert", (bezel * 2, round(height * 0.12)), width // 10, words)
    _write(body, "billet 1 / 1", (bezel * 2, round(height * 0.20)), width // 18, words)
    body.paste(tile, (bezel + (width - tile.width) // 2, top))
    bar = (width // 3, bezel + round(height * 0.9), bezel * 2 + width * 2 // 3, bezel + round(height * 0.95))
    pen.rounded_rectangle(bar, bezel, 120 if dark_page else 90)
    mask = Image.new("L", body.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, body.width - 1, body.height - 1), corner * 1.5, 255)
    return _prop(body, mask, (body.width / 2, top + tile.height / 2, code), shines=True)


def _prop(face: Image.Image, mask: Image.Image, code: tuple[float, float, float], *, shines: bool) -> Prop:
    return Prop(np.asarray(face), np.asarray(mask), code, shines)


def _write(page: Image.Image, words: str, at: tuple[int, int], height: int, grey: int) -> None:
    """Pillow's own font, stretched: its size argument is newer than bookworm's Pillow 9.4."""
    font = ImageFont.load_default()
    left, top, right, bottom = (round(v) for v in font.getbbox(words))
    stamp = Image.new("L", (right - left, bottom - top), 0)
    ImageDraw.Draw(stamp).text((-left, -top), words, 255, font=font)
    width = max(1, round(stamp.width * height / stamp.height))
    stamp = stamp.resize((width, max(1, height)), Image.Resampling.BICUBIC)
    page.paste(grey, at, stamp)
