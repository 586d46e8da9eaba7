"""What the reader reads, and what it must survive. Real zxing-cpp and real zbar on rendered camera frames."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kiosk.reader import MAX_TEXTS, QrReader

FRAMES = Path(__file__).parents[1] / "frames"
CORPUS = [json.loads(line) for line in (FRAMES / "manifest.jsonl").read_text().splitlines()]

Gray = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def reader() -> QrReader:
    return QrReader()


def frame(name: str) -> Gray:
    return np.asarray(Image.open(FRAMES / name).convert("L"))


def code(text: str, module: int = 4, border: int = 4) -> Gray:
    """A QR code as printed: black on white, ``module`` pixels a module."""
    matrix = np.array([list(row) for row in segno.make_qr(text, error="m").matrix], dtype=np.uint8)
    return np.pad(
        np.kron((1 - matrix) * 255, np.ones((module, module), np.uint8)), border * module, constant_values=255
    )


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["file"])
def test_a_frame_gives_its_own_code_and_no_other(reader: QrReader, entry: dict[str, Any]) -> None:
    assert reader.read(frame(entry["file"])) == ([entry["payload"]] if entry["payload"] else [])


def test_the_largest_of_several_codes_comes_first(reader: QrReader) -> None:
    page = np.full((700, 700), 255, np.uint8)
    for text, module, top, left in (("near", 8, 0, 0), ("far", 3, 500, 0), ("middle", 5, 300, 400)):
        picture = code(text, module)
        page[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    assert reader.read(page) == ["near", "middle", "far"]


def test_the_same_code_printed_twice_is_told_once(reader: QrReader) -> None:
    assert reader.read(np.hstack([code("twice"), code("twice")])) == ["twice"]


def test_a_wall_of_codes_gives_no_more_than_the_bound(reader: QrReader) -> None:
    wall = np.vstack([np.hstack([code(f"{row}-{column}") for column in range(4)]) for row in range(4)])
    assert len(reader.read(wall)) == MAX_TEXTS


def test_a_code_in_dark_mode_is_read(reader: QrReader) -> None:
    assert reader.read(255 - code("dark mode")) == ["dark mode"]


def test_a_micro_qr_code_is_not_read(reader: QrReader) -> None:
    matrix = np.array([list(row) for row in segno.make_micro("12345").matrix], dtype=np.uint8)
    assert reader.read(np.pad(np.kron((1 - matrix) * 255, np.ones((8, 8), np.uint8)), 40, constant_values=255)) == []


def test_a_code_that_is_part_of_a_sequence_stops_nobody(reader: QrReader) -> None:
    """pyzbar raises ValueError on Structured Append, older libzbar aborts (NaturalHistoryMuseum/pyzbar#143)."""
    part = segno.make_sequence("x" * 200, symbol_count=4, error="m")[1]
    matrix = np.array([list(row) for row in part.matrix], dtype=np.uint8)
    page = np.pad(np.kron((1 - matrix) * 255, np.ones((4, 4), np.uint8)), 16, constant_values=255)
    assert all(isinstance(text, str) for text in reader.read(page))
    assert reader.read(code("after it")) == ["after it"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.zeros((0, 0), np.uint8),
        lambda: np.zeros((0, 640), np.uint8),
        lambda: np.zeros((1, 1), np.uint8),
        lambda: np.full((480, 640), 127, np.uint8),
        lambda: np.zeros(640, np.uint8),
        lambda: np.zeros((480, 640, 3), np.uint8),
        lambda: np.zeros((480, 640), np.bool_),
        lambda: np.zeros((480, 640), np.complex128),
        lambda: np.zeros((480, 640), object),
        lambda: np.full((480, 640), np.nan),
    ],
)
def test_a_picture_that_can_hold_no_code_gives_nothing(reader: QrReader, make: Callable[[], Any]) -> None:
    assert reader.read(make()) == []


@pytest.mark.parametrize(
    "view",
    [
        lambda picture: np.ascontiguousarray(picture.T).T,
        lambda picture: np.repeat(picture, 2, axis=1)[:, ::2],
        lambda picture: np.pad(picture, ((0, 50), (0, 64)))[: picture.shape[0], : picture.shape[1]],
        lambda picture: picture[::-1, ::-1],
        lambda picture: picture.astype(np.uint16),
        lambda picture: picture.astype(np.float64) * 2 - 100,
    ],
)
def test_any_layout_in_memory_is_read(reader: QrReader, view: Callable[[Gray], Any]) -> None:
    assert reader.read(view(code("layout"))) == ["layout"]


def test_the_picture_given_is_not_changed(reader: QrReader) -> None:
    picture = frame("neg_text_007.jpg")
    before = picture.copy()
    reader.read(picture)
    assert np.array_equal(picture, before)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 90), st.integers(0, 90), st.integers(0, 2**32 - 1))
def test_no_noise_of_any_shape_makes_it_raise(height: int, width: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    assert QrReader().read(noise) == []


def test_a_missing_libzbar_is_named_with_the_package_that_has_it() -> None:
    program = (
        "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
        "from kiosk.reader import QrReader, ReaderFault\n"
        "try: QrReader()\nexcept ReaderFault as fault: print(fault)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "apt install libzbar0" in run.stdout
