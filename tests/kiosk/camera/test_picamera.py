"""The Camera Module, on a stand-in for the picamera2 module; the real libcamera is another test's."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kiosk import settings
from kiosk.camera import CameraFault, CameraHangs, Frame, open_camera
from kiosk.camera.picamera import PiCamera, attached

WIDTH, HEIGHT = 1296, 972


def yuv420(value: int, stride: int = 1344) -> Any:
    """One buffer as the camera fills it: grey ``value``, padding 255, then both colour planes."""
    luma_rows = np.full((HEIGHT, stride), 255, np.uint8)
    luma_rows[:, :WIDTH] = value
    return np.concatenate([luma_rows.reshape(-1), np.full(HEIGHT * stride // 2, 128, np.uint8)])


def next_frame(camera: PiCamera, pi: Any, *buffers: Any, **metadata: Any) -> Frame:
    """What the camera gives when these frames come while it is asked."""
    frames: list[Frame] = []
    thread = threading.Thread(target=lambda: frames.append(camera.next_frame(60)))
    thread.start()
    pi.opened.await_caller()
    for buffer in buffers:
        pi.opened.deliver(buffer, **metadata)
    thread.join(60)
    return frames[0]


def test_a_frame_is_the_grey_plane_in_the_size_asked_for(pi: Any) -> None:
    camera = PiCamera(15, (WIDTH, HEIGHT))
    frame = next_frame(camera, pi, yuv420(90))
    assert frame.gray.shape == (HEIGHT, WIDTH)
    assert frame.gray.dtype == np.uint8
    assert set(np.unique(frame.gray)) == {90}, "still whole after its buffer went back to the sensor"
    assert all(request.buffer is None for request in pi.opened.requests), "given back"
    camera.close()


def test_frames_from_before_the_question_are_never_given(pi: Any) -> None:
    camera = PiCamera(15, (WIDTH, HEIGHT))
    for old in (1, 2, 3):
        pi.opened.deliver(yuv420(old))
    assert next_frame(camera, pi, yuv420(200)).gray[0, 0] == 200
    camera.close()


def test_a_frame_is_dated_by_the_sensor(pi: Any) -> None:
    camera = PiCamera(15, (WIDTH, HEIGHT))
    light = time.monotonic_ns() - 40_000_000
    assert next_frame(camera, pi, yuv420(1), SensorTimestamp=light).taken_at == pytest.approx(light / 1e9)
    camera.close()


@pytest.mark.parametrize("off", [3_600_000_000_000, -3_600_000_000_000])
def test_a_sensor_time_of_another_clock_is_not_believed(pi: Any, off: int) -> None:
    camera = PiCamera(15, (WIDTH, HEIGHT))
    before = time.monotonic()
    frame = next_frame(camera, pi, yuv420(1), SensorTimestamp=time.monotonic_ns() + off)
    assert before <= frame.taken_at <= time.monotonic()
    camera.close()


def test_only_controls_that_the_camera_has_are_set(pi: Any) -> None:
    pi.advertised = ("FrameDurationLimits",)
    camera = PiCamera(20)
    next_frame(camera, pi, yuv420(90))
    assert pi.opened.controls == [{"FrameDurationLimits": (50_000, 50_000)}]
    camera.close()


def test_a_camera_with_a_lens_motor_is_focused_on_the_ticket(pi: Any) -> None:
    PiCamera(15, lens_distance_m=0.25).close()
    assert pi.opened.controls[0]["LensPosition"] == pytest.approx(4.0)
    assert pi.opened.controls[0]["AfMode"] == 0


def test_a_lens_is_not_sent_beyond_its_end(pi: Any) -> None:
    PiCamera(15, lens_distance_m=0.01).close()
    assert pi.opened.controls[0]["LensPosition"] == 32.0


def test_the_middle_square_is_read_at_the_sensors_own_pixels(pi: Any) -> None:
    PiCamera(15).close()
    assert pi.opened.configuration["sensor"] == {"output_size": (2304, 1296)}
    assert pi.opened.configuration["main"]["size"] == (1232, 1232)
    assert pi.opened.controls[0]["ScalerCrop"] == (1072, 64, 2464, 2464)


def test_a_pi_5_is_told_the_crop_of_its_stream(pi: Any) -> None:
    pi.advertised += ("ScalerCrops",)
    PiCamera(15).close()
    assert pi.opened.controls[0]["ScalerCrops"] == [(1072, 64, 2464, 2464)]
    assert "ScalerCrop" not in pi.opened.controls[0]


def test_a_size_of_the_settings_is_cropped_by_libcamera_itself(pi: Any) -> None:
    PiCamera(15, (1280, 960)).close()
    assert pi.opened.configuration["main"]["size"] == (1280, 960)
    assert "ScalerCrop" not in pi.opened.controls[0]


def test_a_camera_that_does_not_tell_its_pixels_gives_a_common_size(pi: Any) -> None:
    pi.array = None
    PiCamera(15).close()
    assert pi.opened.configuration["main"]["size"] == (1280, 960)
    assert pi.opened.configuration["sensor"] == {}


def test_each_frame_is_taken_with_the_next_exposure_of_the_bracket(pi: Any) -> None:
    camera = PiCamera(15, (WIDTH, HEIGHT))
    for _ in range(3):
        next_frame(camera, pi, yuv420(180), ExposureTime=4_000, AnalogueGain=6.0)
    first, *later = pi.opened.controls
    assert first["AeEnable"] is False
    assert "AeExposureMode" not in first
    assert len({controls["ExposureTime"] for controls in (first, *later[:2])}) == 3
    assert all(controls["AnalogueGain"] >= 1.12 for controls in later)
    camera.close()


def test_the_bracket_learns_from_what_a_frame_was_really_taken_with(pi: Any) -> None:
    camera = PiCamera(15, (WIDTH, HEIGHT))
    before = pi.opened.controls[0]
    for _ in range(3):
        next_frame(camera, pi, yuv420(255), ExposureTime=400, AnalogueGain=1.12, DigitalGain=1.0)
    again = pi.opened.controls[3]
    assert again["ExposureTime"] < before["ExposureTime"]
    camera.close()


def test_an_exposure_is_never_longer_than_a_frame(pi: Any) -> None:
    camera = PiCamera(100, (WIDTH, HEIGHT))
    for _ in range(9):
        next_frame(camera, pi, yuv420(1), ExposureTime=10_000, AnalogueGain=16.0)
    assert max(controls["ExposureTime"] for controls in pi.opened.controls) == 10_000
    camera.close()


def test_the_cameras_own_automatic_is_told_to_be_short(pi: Any) -> None:
    camera = PiCamera(15, (WIDTH, HEIGHT), bracketed=False)
    next_frame(camera, pi, yuv420(90), ExposureTime=10_000, AnalogueGain=2.0)
    assert pi.opened.controls[0]["AeExposureMode"] == 1
    assert "ExposureTime" not in pi.opened.controls[0]
    assert pi.opened.controls[1:] == []
    camera.close()


def test_odd_sizes_are_made_even(pi: Any) -> None:
    PiCamera(15, (WIDTH + 1, HEIGHT + 1)).close()
    assert pi.opened.configuration["main"]["size"] == (WIDTH, HEIGHT)
    assert pi.opened.closed


def test_a_silent_camera_is_a_fault(pi: Any) -> None:
    camera = PiCamera(15, (WIDTH, HEIGHT))
    with pytest.raises(CameraFault, match=r"no frame from the camera within 0\.01 s.*cable"):
        camera.next_frame(0.01)
    camera.close()


def test_no_camera_says_to_look_at_the_cable(pi: Any) -> None:
    pi.cameras = 0
    with pytest.raises(CameraFault, match="ribbon cable"):
        PiCamera(15, (WIDTH, HEIGHT))


def test_a_camera_in_use_says_so(pi: Any) -> None:
    pi.in_use = True
    with pytest.raises(CameraFault, match="stop what else uses it"):
        PiCamera(15, (WIDTH, HEIGHT))


def test_a_camera_that_hangs_does_not_hold_the_one_who_closes_it(pi: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.camera.picamera._LET_GO", 0.01)
    pi.close_hangs = threading.Event()
    camera = PiCamera(15, (WIDTH, HEIGHT))
    with pytest.raises(CameraHangs, match="only a new process"):
        camera.close()
    assert not pi.opened.closed


def test_without_picamera2_the_fault_names_the_apt_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraFault, match=r"apt install python3-picamera2.*--system-site-packages"):
        open_camera(settings.Camera())


def test_the_settings_choose_the_camera(pi: Any) -> None:
    camera = open_camera(settings.Camera(width=WIDTH, height=HEIGHT))
    assert pi.opened.started
    camera.close()


def test_what_is_plugged_in_is_named_without_opening_it(pi: Any) -> None:
    pi.in_use = True
    assert attached() == ["imx296"]
    pi.cameras = 0
    assert attached() == []


def test_a_replay_never_imports_picamera2(tmp_path: Path) -> None:
    open_camera(settings.Camera(source="replay", path=tmp_path)).close()
    assert "picamera2" not in sys.modules
