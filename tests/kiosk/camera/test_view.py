"""Which part of the sensor is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.camera.view import Size, View, choose, crop

# As "rpicam-hello --list-cameras" prints them (Raspberry Pi's camera documentation): pixels, modes of the whole view.
SENSORS = {
    "imx708, Module 3": ((4608, 2592), [(2304, 1296), (4608, 2592)]),
    "imx477, HQ": ((4056, 3040), [(2028, 1520), (4056, 3040)]),
    "imx296, Global Shutter": ((1456, 1088), [(1456, 1088)]),
    "imx219, v2": ((3280, 2464), [(1640, 1232), (3280, 2464)]),
    "ov5647, v1": ((2592, 1944), [(1296, 972), (2592, 1944)]),
}


@pytest.mark.parametrize("sensor", SENSORS)
def test_a_sensor_is_read_out_in_the_first_mode_that_sees_everything(sensor: str) -> None:
    array, modes = SENSORS[sensor]
    assert choose(array, None, None).mode == modes[0]


@pytest.mark.parametrize(
    ("sensor", "side"),
    [("imx708, Module 3", 1232), ("imx477, HQ", 1232), ("imx296, Global Shutter", 1088), ("imx219, v2", 1232)],
)
def test_the_middle_square_is_at_the_modes_own_pixels(sensor: str, side: int) -> None:
    array, (mode, *_) = SENSORS[sensor]
    view = choose(array, None, None)
    assert view.size == (side, side)
    assert view.part is not None
    left, top, width, height = crop(view.part, (0, 0, *array))
    binned = array[0] // mode[0]
    assert (width, height) == (side * binned, side * binned), "neither stretched nor shrunk"
    assert (2 * left + width, 2 * top + height) == array, "in the middle"


def test_a_size_of_the_settings_is_taken_made_even_and_left_to_libcamera_to_crop() -> None:
    assert choose((4608, 2592), (801, 601), None) == View((800, 600), (2304, 1296), None)


def test_a_region_of_interest_has_the_modes_own_pixels() -> None:
    view = choose((1456, 1088), None, (0.25, 0.5, 0.5, 0.5))
    assert view.size == (728, 544)
    assert view.part == (0.25, 0.5, 0.5, 0.5)


def test_a_region_of_interest_is_never_stretched_to_a_size() -> None:
    view = choose((1456, 1088), (640, 640), (0.25, 0.5, 0.5, 0.5))
    assert view.size == (640, 640)
    assert view.part is not None
    _, _, width, height = crop(view.part, (0, 0, 1456, 1088))
    assert width == pytest.approx(height, abs=1)
    assert height == 544, "as much of it as there is"


def test_of_a_mode_that_does_not_see_everything_a_part_is_cut_out() -> None:
    assert crop((0.25, 0.0, 0.5, 1.0), (100, 200, 400, 300)) == (200, 200, 200, 300)


def test_without_knowing_the_sensor_the_picture_has_a_common_size() -> None:
    assert choose(None, None, None) == View((1280, 960), None, None)


@given(
    st.tuples(st.integers(64, 9248), st.integers(64, 6944)),
    st.none() | st.tuples(st.integers(32, 4056), st.integers(32, 3040)),
)
def test_whatever_the_sensor_the_picture_is_even_and_the_crop_lies_within(array: Size, size: Size | None) -> None:
    view = choose(array, size, None)
    assert all(side > 0 and side % 2 == 0 for side in view.size)
    if view.part is not None:
        left, top, width, height = crop(view.part, (0, 0, *array))
        assert left >= 0
        assert top >= 0
        assert left + width <= array[0] + 1
        assert top + height <= array[1] + 1
