"""What is measured of a code in a frame, against how the frame was drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kiosk.aim.gauge import measure

MODULES = 77  # a side of TiBillet's code at level M
HEIGHT = 960


@pytest.mark.parametrize("share", [0.3, 0.55, 0.65])
@pytest.mark.parametrize("roll", [0.0, 20.0, 45.0])
def test_the_side_of_a_module_is_known_to_a_twentieth(frame: Callable[..., Any], share: float, roll: float) -> None:
    seen = measure(frame(share=share, roll=roll)).seen
    assert seen is not None
    assert seen.is_read
    assert seen.module_px == pytest.approx(share * HEIGHT / MODULES, rel=0.05)
    assert seen.share == pytest.approx(share, rel=0.05)


@pytest.mark.parametrize("sigma", [1.1, 1.6, 2.2, 2.8])
def test_blur_is_measured_in_modules(frame: Callable[..., Any], sigma: float) -> None:
    seen = measure(frame(blur=sigma)).seen
    assert seen is not None
    assert seen.blur == pytest.approx(sigma / (0.55 * HEIGHT / MODULES), rel=0.15)
    assert seen.smear < 1.1


def test_motion_smears_one_axis_more_than_the_other(frame: Callable[..., Any]) -> None:
    seen = measure(frame(smear=8)).seen
    assert seen is not None
    assert seen.smear > 1.8


def test_a_code_too_small_to_be_read_is_measured_too(frame: Callable[..., Any]) -> None:
    seen = measure(frame(share=0.2)).seen
    assert seen is not None
    assert not seen.is_read
    assert seen.module_px == pytest.approx(0.2 * HEIGHT / MODULES, rel=0.05)


def test_the_corners_are_those_of_the_code(frame: Callable[..., Any]) -> None:
    seen = measure(frame()).seen
    assert seen is not None
    half = 0.55 * HEIGHT / 2
    for (x, y), (right, below) in zip(seen.corners, [(-1, -1), (1, -1), (1, 1), (-1, 1)], strict=True):
        assert x == pytest.approx(640 + right * half, abs=4)
        assert y == pytest.approx(480 + below * half, abs=4)


def test_light_is_measured_in_the_code(frame: Callable[..., Any]) -> None:
    bright, dim = measure(frame()), measure(frame(screen=0.1))
    assert bright.white > 220
    assert bright.contrast > 0.7
    assert dim.white < 110
    assert measure(frame(screen=3.0)).burnt > bright.burnt


@pytest.mark.parametrize("level", [0, 127, 255])
def test_an_empty_frame_has_no_code_and_its_own_light(level: int) -> None:
    measured = measure(np.full((480, 640), level, np.uint8))
    assert measured.seen is None
    assert (measured.white, measured.mean) == (level, level)
    assert measured.burnt == (1.0 if level == 255 else 0.0)


def test_noise_is_no_code() -> None:
    assert measure(np.random.default_rng(1).integers(0, 256, (480, 640), np.uint8)).seen is None
