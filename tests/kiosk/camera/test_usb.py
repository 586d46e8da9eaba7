"""A USB camera's faults, on what is there without one; a whole one is played by the kernel's vivid driver."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.camera import CameraFault
from kiosk.camera.usb import UsbCamera, plugged_in


def test_without_a_usb_camera_the_fault_says_to_plug_one_in() -> None:
    if plugged_in():
        pytest.skip("this machine has a USB camera")
    with pytest.raises(CameraFault, match=r"no USB camera is found.*plug one in"):
        UsbCamera(None, 15)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/nothing"])
def test_what_is_no_camera_is_named(path: str) -> None:
    with pytest.raises(CameraFault, match=f"{path} is no camera that Portillon can use.*set .camera. path"):
        UsbCamera(Path(path), 15)


def test_a_folder_is_no_camera(tmp_path: Path) -> None:
    with pytest.raises(CameraFault, match="is no camera"):
        UsbCamera(tmp_path, 15)
