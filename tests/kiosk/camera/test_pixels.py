"""The grey picture in what cameras deliver, on made-up buffers with padding."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kiosk.camera.pixels import NoPicture, gray_of, luma

WIDTH, HEIGHT = 64, 48


@pytest.fixture
def picture() -> Any:
    return np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH), np.uint8)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 30), st.booleans())
def test_padding_and_colour_are_cut_away(width: int, height: int, padding: int, flat: bool) -> None:
    stride = width + padding
    picture = np.random.default_rng(width).integers(0, 256, (height, width), np.uint8)
    rows = np.full((height * 3 // 2, stride), 77, np.uint8)
    rows[:height, :width] = picture
    cut = luma(rows.reshape(-1) if flat else rows, width, height, stride)
    assert np.array_equal(cut, picture)
    assert cut.flags.c_contiguous
    assert cut.flags.owndata


@pytest.mark.parametrize("padding", [0, 1, 32])
@pytest.mark.parametrize(("fourcc", "every", "first"), [("GREY", 1, 0), ("YUYV", 2, 0), ("UYVY", 2, 1)])
def test_grey_is_taken_from_each_row_of_a_packed_format(
    picture: Any, fourcc: str, every: int, first: int, padding: int
) -> None:
    rows = np.full((HEIGHT, every * WIDTH + padding), 77, np.uint8)
    rows[:, first : every * WIDTH : every] = picture
    assert np.array_equal(gray_of(rows.tobytes(), fourcc, WIDTH, HEIGHT, rows.shape[1]), picture)


@pytest.mark.parametrize("fourcc", ["NV12", "YU12"])
def test_of_a_planar_format_the_first_plane_is_the_grey_one(picture: Any, fourcc: str) -> None:
    planes = picture.tobytes() + bytes(WIDTH * HEIGHT // 2)
    assert np.array_equal(gray_of(planes, fourcc, WIDTH, HEIGHT, WIDTH), picture)


def test_a_device_that_does_not_tell_its_stride_has_no_padding(picture: Any) -> None:
    assert np.array_equal(gray_of(picture.tobytes(), "GREY", WIDTH, HEIGHT, 0), picture)


def jpeg(mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").convert(mode).save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_compressed_picture_is_decompressed_to_grey(mode: str) -> None:
    gray = gray_of(jpeg(mode), "MJPG", 256, 256, 0)
    assert gray.shape == (256, 256)
    assert np.abs(gray.astype(int) - np.asarray(Image.linear_gradient("L"))).max() < 8


def test_webcams_leave_the_huffman_tables_out(picture: Any) -> None:
    whole = jpeg("L")
    bare = b""
    at = 2
    while whole[at + 1] != 0xDA:
        size = 2 + int.from_bytes(whole[at + 2 : at + 4], "big")
        bare += whole[at : at + size] if whole[at + 1] != 0xC4 else b""
        at += size
    bare = whole[:2] + bare + whole[at:]
    assert len(bare) < len(whole)
    assert np.array_equal(gray_of(bare, "MJPG", 256, 256, 0), gray_of(whole, "MJPG", 256, 256, 0))


@pytest.mark.parametrize(("fourcc", "content"), [("YUYV", b"\x80" * 100), ("MJPG", b""), ("MJPG", b"\xff\xd8\xff\xe0")])
def test_bytes_that_are_no_whole_picture_are_told_apart(fourcc: str, content: bytes) -> None:
    with pytest.raises(NoPicture):
        gray_of(content, fourcc, WIDTH, HEIGHT, 0)


def test_half_a_compressed_picture_is_none() -> None:
    with pytest.raises(NoPicture):
        gray_of(jpeg()[:-800], "MJPG", 256, 256, 0)


def test_what_only_says_that_it_is_a_jpeg_is_none() -> None:
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "PNG")
    with pytest.raises(NoPicture):
        gray_of(file.getvalue(), "MJPG", 8, 8, 0)
