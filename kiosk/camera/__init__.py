"""Where frames come from: the Camera Module, a USB camera, or files that are shown in their place."""

from __future__ import annotations

from kiosk import settings
from kiosk.camera.frame import Camera, CameraFault, CameraHangs, Frame
from kiosk.camera.picamera import PiCamera
from kiosk.camera.replay import ReplayCamera
from kiosk.camera.usb import UsbCamera

__all__ = ["Camera", "CameraFault", "CameraHangs", "Frame", "open_camera"]


def open_camera(chosen: settings.Camera) -> Camera:
    """Open the camera that the settings choose; CameraFault, with what to do, when it can't be."""
    if chosen.path is not None and chosen.source == "replay":
        return ReplayCamera(chosen.path, chosen.fps)
    if chosen.source == "usb":
        return UsbCamera(chosen.path, chosen.fps, chosen.size)
    return PiCamera(chosen.fps, chosen.size, chosen.roi, chosen.lens_distance_m, chosen.exposure == "bracket")
