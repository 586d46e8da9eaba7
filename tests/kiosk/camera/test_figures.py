"""What the gate tells of its camera: real frames with known rhythm, light and blur."""

import numpy as np
import pytest
import segno
from PIL import Image, ImageFilter

from kiosk.camera.figures import FIRST_AFTER_S, THEN_EVERY_S, Gauge

STREET = np.full((480, 640), 90, np.uint8)


def frame_with_code(sigma_px):
    """A code of 4 pixels a module on a smooth wall, defocused by a Gaussian of this sigma."""
    scene = Image.fromarray(STREET)
    matrix = segno.make("A" * 120, micro=False).matrix_iter(scale=4, border=4)
    code = np.array([[0 if dark else 255 for dark in row] for row in matrix], np.uint8)
    scene.paste(Image.fromarray(code), (120, 80))
    return np.asarray(scene.filter(ImageFilter.GaussianBlur(sigma_px)))


def told(gauge, frames, fps, began=100.0, has_code=False):
    """Every figure that was told of these frames."""
    looks = (gauge.look(gray, began + number / fps, has_code) for number, gray in enumerate(frames))
    return [figures for figures in looks if figures is not None]


def test_the_rhythm_is_told_soon_and_then_once_a_minute():
    gauge, fps = Gauge(), 10
    seconds = FIRST_AFTER_S + 2 * THEN_EVERY_S
    figures = told(gauge, [STREET] * int(seconds * fps + 1), fps)
    assert [each.fps for each in figures] == [10.0, 10.0, 10.0]


def test_of_alternating_exposures_the_best_one_counts():
    dark, burnt = np.full_like(STREET, 4), np.full_like(STREET, 255)
    (figures,) = told(Gauge(), [dark, STREET, burnt] * 20, 10)
    assert figures.brightness == 255
    assert figures.burnt == 0.0
    (only_burnt,) = told(Gauge(), [burnt] * 60, 10)
    assert only_burnt.burnt == 1.0


def test_each_minute_counts_for_itself():
    gauge = Gauge()
    told(gauge, [STREET] * 51, 10)
    (covered,) = told(gauge, [np.zeros_like(STREET)] * 601, 10, began=105.1)
    assert covered.brightness == 0


@pytest.mark.parametrize("sigma_px", [1.0, 2.0])
def test_the_blur_of_a_read_code_is_measured_in_pixels(sigma_px):
    (figures,) = told(Gauge(), [frame_with_code(sigma_px)] * 51, 10, has_code=True)
    assert figures.blur_px == pytest.approx(sigma_px, rel=0.3)


def test_no_frame_with_a_code_is_measured_before_the_figures_are_due(monkeypatch):
    """A guest waits behind each: the blur costs milliseconds on a Pi."""
    measured, partition = [], np.partition
    monkeypatch.setattr(np, "partition", lambda *each: (measured.append(None), partition(*each))[1])
    assert len(told(Gauge(), [frame_with_code(1)] * 51, 10, has_code=True)) == 1
    assert len(measured) == 1


def test_without_a_code_nothing_is_said_of_sharpness_and_the_last_code_is_remembered():
    gauge = Gauge()
    (figures,) = told(gauge, [frame_with_code(1)] * 51, 10)
    assert figures.blur_px is None
    gauge.look(frame_with_code(1), 106.0, has_code=True)
    (figures,) = told(gauge, [STREET] * 600, 10, began=106.1)
    assert figures.blur_px is not None
