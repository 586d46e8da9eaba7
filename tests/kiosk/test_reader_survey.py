"""What the decoders see and can't read: out of focus, moved, bent, under a thumb."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import segno
from PIL import Image

from kiosk.reader import surveyed
from kiosk.reader.decoders import Glance, Outline, by_zxing
from kiosk.reader.survey import survey
from kiosk.reader.tries import darkened

FRAMES = Path(__file__).parents[1] / "frames"
PAYLOADS = {one["file"]: one["payload"] for one in map(json.loads, (FRAMES / "manifest.jsonl").open())}

Gray = npt.NDArray[np.uint8]


def frame(name: str) -> Gray:
    return np.asarray(Image.open(FRAMES / name).convert("L"))


def texts(glance: Glance) -> list[str]:
    return [found.text for found in surveyed(glance)]


@pytest.mark.parametrize(
    "name", ["defocus_00.jpg", "motion_07.jpg", "finger_00.jpg", "finger_05.jpg", "crumple_01.jpg", "crumple_05.jpg"]
)
def test_what_zxing_sees_and_cannot_read_is_read(name: str) -> None:
    glance = by_zxing(frame(name))
    assert glance.found == ()
    assert texts(glance) == [PAYLOADS[name]] * len(texts(glance)) != []


def test_a_phone_in_dark_mode_is_read_as_well() -> None:
    glance = by_zxing(255 - frame("finger_05.jpg"))
    assert glance.found == ()
    assert PAYLOADS["finger_05.jpg"] in texts(glance)


def test_a_screen_overexposed_until_it_is_white_is_read() -> None:
    glance = darkened(frame("night_screen_04.jpg"))
    assert [*[found.text for found in glance.found], *texts(glance)] == [PAYLOADS["night_screen_04.jpg"]]


@pytest.mark.parametrize("off", [(6, 0), (0, -6), (4, 4)])
def test_an_outline_that_is_off_by_a_module_does(off: tuple[int, int]) -> None:
    glance = by_zxing(frame("crumple_01.jpg"))
    corners = glance.outlines[0].corners + 0.7 * np.array(off)
    assert survey(glance.picture, Outline(corners, glance.outlines[0].version)) == PAYLOADS["crumple_01.jpg"]


@pytest.mark.parametrize("version", [1, 8, 10, 20, 21, 40])
def test_an_outline_of_another_version_gives_nothing(version: int) -> None:
    glance = by_zxing(frame("crumple_01.jpg"))
    assert survey(glance.picture, Outline(glance.outlines[0].corners, version)) is None


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0), (0, 0), (0, 0), (0, 0)],
        [(0, 0), (100, 0), (200, 0), (300, 0)],
        [(-900, -900), (5000, -900), (5000, 5000), (-900, 5000)],
        [(0, 0), (400, 400), (400, 0), (0, 400)],
    ],
)
def test_no_outline_makes_it_raise(corners: list[tuple[int, int]]) -> None:
    assert survey(frame("crumple_01.jpg"), Outline(np.array(corners, np.float64), 9)) is None


def test_a_text_that_is_no_ticket_is_not_believed() -> None:
    """Reed-Solomon alone would take it: the outline of a code that the decoder can read, too."""
    found = by_zxing(frame("clean_01.jpg")).found[0]
    glance = Glance(frame("clean_01.jpg"), (), (Outline(found.corners, 7),))
    assert texts(glance) == [PAYLOADS["clean_01.jpg"]]
    page = _page("hello, this is no ticket at all")
    seen = by_zxing(page).found[0]
    assert survey(page, Outline(seen.corners, 2)) is None


def _page(text: str) -> Gray:
    dark = np.array([list(row) for row in segno.make_qr(text, version=2, error="l").matrix], np.uint8)
    return np.pad(np.kron((1 - dark) * 255, np.ones((6, 6), np.uint8)), 24, constant_values=255)
