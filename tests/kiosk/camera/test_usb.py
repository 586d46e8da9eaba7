"""A USB camera's faults, on what is there without one; a whole one is played by the kernel's vivid driver."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk.camera import CameraFault
from kiosk.camera.usb import UsbCamera
from tests import apart

OPEN_THE_FIRST = """
from kiosk.camera import CameraFault
from kiosk.camera.usb import UsbCamera
try:
    UsbCamera(None, 15)
except CameraFault as fault:
    print(fault)
"""


def test_without_a_usb_camera_the_fault_says_to_plug_one_in() -> None:
    said = apart.python(OPEN_THE_FIRST, space="mount", first=apart.without("video"))
    assert re.search(r"no USB camera is found.*plug one in", said)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/nothing"])
def test_what_is_no_camera_is_named(path: str) -> None:
    with pytest.raises(CameraFault, match=f"{path} is no camera that Portillon can use.*set .camera. path"):
        UsbCamera(Path(path), 15)


def test_a_folder_is_no_camera(tmp_path: Path) -> None:
    with pytest.raises(CameraFault, match="is no camera"):
        UsbCamera(tmp_path, 15)
