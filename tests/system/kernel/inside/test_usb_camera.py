"""A USB camera on the kernel's own Video4Linux2: the vivid driver plays a webcam, with its sizes, rates and faults."""

import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from kiosk.camera import CameraFault, v4l2
from kiosk.camera.usb import UsbCamera

PATIENCE_S = 30
# drivers/media/test-drivers/vivid/vivid-ctrls.c: buttons that make it fail
UNPLUG, BREAK_A_FRAME = 0xF00000 + 0xF000 + 65, 0xF00000 + 0xF000 + 66


def webcam():
    """The device that captures; the others of the driver put out, or give no pictures."""
    for path in sorted(Path("/dev").glob("video*")):
        device = v4l2.Device(path)
        captures = device.captures
        device.close()
        if captures:
            return path
    raise AssertionError("the kernel has no webcam")


def press(button):
    file = os.open(webcam(), os.O_RDWR)
    try:
        fcntl.ioctl(file, v4l2.S_CTRL, v4l2.CONTROL.pack(button, 1))
    finally:
        os.close(file)


@pytest.fixture
def open_usb():
    opened = []

    def open_one(fps=15, size=(1280, 720)):
        opened.append(UsbCamera(webcam(), fps, size))
        return opened[-1]

    yield open_one
    for camera in opened:
        camera.close()


def test_frames_flow_in_grey_and_are_dated(open_usb):
    camera = open_usb()
    frames = [camera.next_frame(PATIENCE_S) for _ in range(5)]
    assert {frame.gray.shape for frame in frames} == {(720, 1280)}
    assert all(frame.gray.std() > 20 for frame in frames), "the test pattern"
    times = [frame.taken_at for frame in frames]
    assert times == sorted(set(times))
    assert times[-1] <= time.monotonic()


def test_the_size_nearest_to_the_one_asked_for_is_taken(open_usb):
    assert open_usb(size=(600, 400)).next_frame(PATIENCE_S).gray.shape == (360, 640)


@pytest.mark.parametrize("fourcc", ["GREY", "NV12", "YU12", "YUYV", "UYVY"])
def test_the_colour_bars_are_grey_steps_in_every_format(monkeypatch, open_usb, fourcc):
    monkeypatch.setattr("kiosk.camera.usb.FORMATS", (fourcc,))
    gray = open_usb(size=(640, 480)).next_frame(PATIENCE_S).gray
    bars = gray[-40:, 40::80].mean(axis=0)  # below the driver's own text
    # White, yellow, cyan, green, magenta, red, blue, black at 75 %; formats differ in range and weight of colours.
    assert list(bars) == sorted(set(bars), reverse=True)
    assert bars[0] == pytest.approx(185, abs=10)
    assert bars[-1] == pytest.approx(8, abs=10)


def test_what_waited_in_the_driver_is_not_given_as_new(open_usb):
    camera = open_usb()
    camera.next_frame(PATIENCE_S)
    threading.Event().wait(1.5)  # whoever reads is slow: all buffers are full of old frames
    asked_at = time.monotonic()
    assert camera.next_frame(PATIENCE_S).taken_at > asked_at - 0.5


def test_a_camera_in_use_says_so(open_usb):
    open_usb()
    with pytest.raises(CameraFault, match="is in use by another program"):
        open_usb()


def test_a_closed_camera_can_be_opened_again(open_usb):
    camera = open_usb()
    camera.next_frame(PATIENCE_S)
    camera.close()
    camera.close()
    with pytest.raises(CameraFault, match="it was closed"):
        camera.next_frame(1)
    assert open_usb().next_frame(PATIENCE_S).gray.size


def test_a_frame_that_broke_on_its_way_is_left_out(open_usb):
    camera = open_usb()
    camera.next_frame(PATIENCE_S)
    press(BREAK_A_FRAME)
    assert all(camera.next_frame(PATIENCE_S).gray.std() > 20 for _ in range(5))


def test_a_camera_that_is_pulled_out_is_a_fault_and_works_again_when_plugged_in(open_usb):
    camera = open_usb()
    camera.next_frame(PATIENCE_S)
    press(UNPLUG)
    with pytest.raises(CameraFault, match=r"gives no frames any more.*plug it in again"):
        for _ in range(10):
            camera.next_frame(PATIENCE_S)
    camera.close()
    assert open_usb().next_frame(PATIENCE_S).gray.size
