"""Frames that nobody would hold up on purpose but somebody might: real ones, bent, torn, mixed and grown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import segno
from PIL import Image

Gray = npt.NDArray[np.uint8]
Random = np.random.Generator

FRAMES = Path(__file__).parents[1] / "frames"
LARGEST = 2_000_000  # pixels


def real_frames() -> list[tuple[Gray, str | None]]:
    """The project's frames, each with its text."""
    entries = [json.loads(line) for line in (FRAMES / "manifest.jsonl").read_text().splitlines()]
    return [(np.asarray(Image.open(FRAMES / one["file"]).convert("L")), one["payload"]) for one in entries]


def drawn(matrix: object, module: int = 4, border: int = 4) -> Gray:
    """A code as printed, from rows of 1 for dark."""
    dark = np.array([list(row) for row in matrix], dtype=np.uint8)  # type: ignore[call-overload]
    return np.pad(np.kron((1 - dark) * 255, np.ones((module, module), np.uint8)), border * module, constant_values=255)


def finders(count: int, random: Random, size: tuple[int, int] = (960, 1280)) -> Gray:
    """So many finder patterns of random sizes, strewn over a white page."""
    page = np.full(size, 255, np.uint8)
    ring = np.array([[max(abs(y - 3), abs(x - 3)) for x in range(7)] for y in range(7)])
    eye = np.where(ring == 2, 255, 0).astype(np.uint8)
    for _ in range(count):
        one = np.kron(eye, np.ones((random.integers(1, 6),) * 2, np.uint8))
        top, left = (int(random.integers(0, side - len(one))) for side in size)
        page[top : top + len(one), left : left + len(one)] = one
    return page


def hostile(random: Random) -> Gray:
    """A code that is made to trouble decoders: a part of a sequence, ECI, bytes, Kanji, digits without end."""
    match int(random.integers(6)):
        case 0:
            return drawn(segno.make_sequence("x" * 300, symbol_count=int(random.integers(2, 16)), error="l")[0].matrix)
        case 1:
            return drawn(segno.make_qr("ticket é ünï 漢字" * 8, encoding="utf-8", eci=True).matrix)
        case 2:
            return drawn(segno.make_qr(random.bytes(int(random.integers(1, 2900))), error="l").matrix)
        case 3:
            return drawn(segno.make_qr("7" * 7089, error="l").matrix)
        case 4:
            return drawn(segno.make_qr("点茗" * int(random.integers(1, 200))).matrix)
    return finders(int(random.integers(10, 3000)), random)


def mutated(gray: Gray, other: Gray, random: Random) -> Gray:
    """Up to four changes, one after another."""
    for _ in range(int(random.integers(1, 5))):
        gray = _changed(gray, other, random)
    return np.ascontiguousarray(gray)


def _changed(gray: Gray, other: Gray, random: Random) -> Gray:
    return (_patched if random.integers(2) else _reshaped)(gray.copy(), other, random)


def _patched(gray: Gray, other: Gray, random: Random) -> Gray:
    """Other light in some or all places."""
    height, width = gray.shape
    top, left = int(random.integers(0, height)), int(random.integers(0, width))
    down, right = int(random.integers(1, height + 1)), int(random.integers(1, width + 1))
    match int(random.integers(6)):
        case 0:  # a piece somewhere else
            piece = gray[top : top + down // 2, left : left + right // 2]
            y, x = (
                int(random.integers(0, side - part + 1)) for side, part in zip(gray.shape, piece.shape, strict=True)
            )
            gray[y : y + piece.shape[0], x : x + piece.shape[1]] = piece
        case 1:  # a piece of another frame
            piece = other[:down, :right][: height - top, : width - left]
            gray[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
        case 2:
            gray[top : top + down // 3, left : left + right // 3] = random.integers(0, 256)
        case 3:
            noise = random.normal(0, random.uniform(1, 80), gray.shape)
            gray = np.clip(gray + noise, 0, 255).astype(np.uint8)
        case 4:
            gray = 255 - gray
        case _:
            gray = np.where(gray > random.integers(20, 230), np.uint8(255), np.uint8(0))
    return gray


def _reshaped(gray: Gray, other: Gray, random: Random) -> Gray:
    """The same light in other places."""
    height, width = gray.shape
    top, left = int(random.integers(0, height)), int(random.integers(0, width))
    match int(random.integers(4)):
        case 0:  # squeezed or stretched
            shape = [max(1, round(side * random.uniform(0.3, 1.8))) for side in (width, height)]
            if shape[0] * shape[1] < LARGEST:
                gray = np.asarray(Image.fromarray(gray).resize((shape[0], shape[1]), Image.Resampling.BILINEAR))
        case 1:
            corners = tuple(random.uniform(-0.2, 1.2) * side for side in (width, height) * 4)
            gray = np.asarray(Image.fromarray(gray).transform((width, height), Image.Transform.QUAD, corners))
        case 2:  # rows that slipped, as after a lost packet
            gray[top:] = np.roll(gray[top:], left, axis=1)
        case _:
            gray = gray[
                top : top + int(random.integers(1, height + 1)), left : left + int(random.integers(1, width + 1))
            ]
    return gray
