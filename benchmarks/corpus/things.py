"""What is held before the camera, seen flat: grey levels, float32[H, W], 0 to 255, and where the code lies on it."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import segno
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

Flat = npt.NDArray[np.float32]
Random = np.random.Generator
Kind = Literal["own", "tibillet", "pairing"]
Medium = Literal["paper", "phone", "dark phone"]

_LEVELS = {"own": ("m", "l"), "tibillet": ("l", "l", "m"), "pairing": ("l",)}
_EDGE = 24.0  # grey level of a phone's frame


@dataclass(frozen=True, slots=True)
class Thing:
    """``face``: grey levels; ``code``: the code's left, top and side on it in pixels; ``modules`` a side."""

    face: Flat
    code: tuple[float, float, float]
    modules: int


def kind(random: Random) -> Kind:
    """As often as in the public corpus: half of them TiBillet's."""
    return ("tibillet", "tibillet", "own", "pairing")[random.integers(4)]


def content(kind: Kind, random: Random) -> str:
    """A code that nobody issued, of the length and grammar of a real one."""
    if kind == "pairing":
        token = base64.urlsafe_b64encode(random.bytes(90)).decode()
        return f"https://demo.example.org/scan/{token}/pair"
    name = str(uuid.UUID(bytes=random.bytes(16), version=4))
    signature = random.bytes(64 if kind == "own" else 256)
    parts = json.dumps({"uuid": name}).encode(), signature
    return ":".join(base64.urlsafe_b64encode(part).decode() for part in parts)


def dark_modules(text: str, kind: Kind, random: Random) -> npt.NDArray[np.bool_]:
    """The code's modules, True where dark."""
    level = _LEVELS[kind][random.integers(len(_LEVELS[kind]))]
    return np.array([list(row) for row in segno.make_qr(text, error=level, boost_error=False).matrix], dtype=bool)


def ticket(dark: npt.NDArray[np.bool_], medium: Medium, px: int, tones: tuple[float, float], random: Random) -> Thing:
    """A sheet or a screen with a code and some text; ``px`` pixels a module, ``tones``: grey of ink and of paper."""
    ink, page = tones[::-1] if medium == "dark phone" else tones
    code = np.kron(np.where(dark, ink, page), np.ones((px, px))).astype(np.float32)
    side = len(code)
    border, above, below = 5 * px, int(side * random.uniform(0.15, 0.5)), int(side * random.uniform(0.15, 0.5))
    sheet = Image.fromarray(np.full((side + above + below, side + 2 * border), page, np.float32))
    sheet.paste(Image.fromarray(code), (border, above))
    pen = ImageDraw.Draw(sheet)
    for low, high in ((4, above - 5 * px), (above + side + 5 * px, above + side + below - 12)):
        _write(pen, random, range(low, high, max(12, side // 12)), sheet.width, ink)
    face = np.asarray(sheet)
    edge = side // 25 if medium != "paper" else 0
    face = np.pad(face, edge, constant_values=_EDGE).astype(np.float32)
    return Thing(face, (edge + border, edge + above, side), len(dark))


def other(what: str, random: Random) -> Thing:
    """Something that is no ticket: ``text``, ``barcode``, ``broken`` code."""
    if what == "text":
        sheet = Image.new("F", (500, 600), 215)
        _write(ImageDraw.Draw(sheet), random, range(20, 580, int(random.integers(14, 40))), 500, 60)
        return Thing(np.asarray(sheet), (100, 150, 300), 60)
    if what == "barcode":
        formats = ("Aztec", "DataMatrix", "PDF417", "Code128", "Code39", "EAN13", "ITF")
        name = formats[random.integers(len(formats))]
        text = "".join(map(str, random.integers(0, 10, 12)))
        code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, name))
        face = np.asarray(zxingcpp.write_barcode_to_image(code, scale=4)).astype(np.float32) * 0.7 + 40
        face = np.pad(face, 20, constant_values=face.max())
        return Thing(face, (20, 20, max(face.shape) - 40), 40)
    kind: Kind = "own"
    dark = dark_modules(content(kind, random), kind, random)
    size = len(dark)
    if random.integers(2):
        dark[7 : size - 8, 9:] = random.integers(0, 2, (size - 15, size - 9), dtype=np.uint8) > 0
    else:
        dark[8:, size // 2 :] = False
    return ticket(dark, "paper", 6, (50, 215), random)


def _write(pen: ImageDraw.ImageDraw, random: Random, lines: range, width: int, ink: float) -> None:
    font = ImageFont.load_default(max(8, lines.step - 5))
    for top in lines:
        letters = "".join(chr(letter) for letter in random.integers(48, 122, int(random.integers(8, 40))))
        pen.text((width // 12, top), letters[: int(width * 1.5 / max(8, lines.step - 5))], ink, font=font)
