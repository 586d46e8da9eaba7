"""The Camera Module through picamera2: the grey plane of its small stream, newest frame first."""

from __future__ import annotations

import importlib
import threading
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from kiosk.camera.frame import CameraFault, CameraHangs, Frame

_READING_DISTANCE = 0.2  # metres from lens to ticket; LensPosition is 1 / distance, picamera2 does not focus by itself
_OLDEST = 10.0  # seconds: a frame's time further back than this is of another clock
_LET_GO = 3.0  # seconds that closing may take; libcamera can hang (raspberrypi/picamera2 issues 1048, 952)
_MISSING = (
    "picamera2 can't be used ({}), so there are no frames: sudo apt install python3-picamera2, "
    "and make the virtual environment with --system-site-packages"
)
_NOT_FOUND = (
    "no camera is found, so there are no frames: seat the ribbon cable at both ends with the power off, "
    "then look with: rpicam-hello --list-cameras"
)
_BUSY = "the camera can't be started ({}), so there are no frames: stop what else uses it, or power the Pi off and on"
_SILENT = "no frame from the camera within {:g} s: it hangs; if it does so again, check its cable and the power supply"
_HUNG = "the camera can't be closed within {:g} s: it hangs, and only a new process can open it again"


class PiCamera:
    """One Camera Module. Only this module ever meets picamera2, which exists on a Pi alone."""

    def __init__(self, width: int, height: int, fps: float) -> None:
        """Start a stream of ``width`` x ``height`` pixels (made even); CameraFault when it can't be."""
        self._picamera2 = _picamera2()
        if not attached():  # opening would raise an IndexError (older picamera2) or a RuntimeError (0.3.38)
            raise CameraFault(_NOT_FOUND)
        try:
            self._camera = self._picamera2.Picamera2()
        except RuntimeError as error:
            raise CameraFault(_BUSY.format(_first_cause(error))) from error
        try:
            self._configure(width & ~1, height & ~1, fps)
            self._camera.start()
        except RuntimeError as error:
            self.close()
            raise CameraFault(_BUSY.format(error)) from error

    def next_frame(self, timeout: float) -> Frame:
        """The first frame that ends after this call. CameraFault after ``timeout`` seconds without one."""
        try:
            with (
                self._camera.captured_request(wait=timeout) as request,
                self._picamera2.MappedArray(request, "lores", reshape=False, write=False) as mapped,
            ):
                return Frame(luma(mapped.array, *self._size, self._stride), _taken_at(request.get_metadata()))
        except TimeoutError as error:
            raise CameraFault(_SILENT.format(timeout)) from error
        except RuntimeError as error:
            raise CameraFault(_BUSY.format(error)) from error

    def close(self) -> None:
        """Let the camera go; CameraHangs after 3 s, and then it is left to the end of the process."""
        closing = threading.Thread(target=self._camera.close, name="camera close", daemon=True)
        closing.start()
        closing.join(_LET_GO)
        if closing.is_alive():
            raise CameraHangs(_HUNG.format(_LET_GO))

    def _configure(self, width: int, height: int, fps: float) -> None:
        # Both streams have one size: "lores" of another shape than "main" would be stretched.
        stream = {"size": (width, height), "format": "YUV420"}
        configuration = self._camera.create_video_configuration(
            main=dict(stream),
            lores=dict(stream),
            buffer_count=4,
            queue=False,  # never a frame from before it was asked for
            display=None,
            encode=None,
            controls=_controls(self._camera.camera_controls, fps),
        )
        self._camera.configure(configuration)
        given = self._camera.camera_configuration()["lores"]  # libcamera may have chosen other numbers
        self._size: tuple[int, int] = given["size"]
        self._stride: int = given["stride"]


def attached() -> list[str]:
    """The models of the Camera Modules that are plugged in; opens none of them. CameraFault without picamera2."""
    return [str(camera.get("Model")) for camera in _picamera2().Picamera2.global_camera_info()]


def _picamera2() -> Any:
    try:
        return importlib.import_module("picamera2")
    except (ImportError, ValueError) as error:  # ValueError: built for another numpy than the one in the venv
        raise CameraFault(_MISSING.format(error)) from error


def _first_cause(error: BaseException) -> BaseException:
    """What libcamera said: picamera2 wraps it in sentences such as "Camera __init__ sequence did not complete."."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def luma(buffer: npt.NDArray[np.uint8], width: int, height: int, stride: int) -> npt.NDArray[np.uint8]:
    """The grey picture, uint8[height, width], copied out of a YUV420 or NV12 buffer of rows ``stride`` bytes long."""
    rows = buffer.reshape(-1)[: height * stride].reshape(height, stride)
    return rows[:, :width].copy()


def _controls(advertised: dict[str, Any], fps: float) -> dict[str, Any]:
    """What the gate wants of the sensor; picamera2 raises RuntimeError on a control the camera does not have."""
    period = round(1_000_000 / fps)  # microseconds
    wanted = {
        "FrameDurationLimits": (period, period),
        "AeExposureMode": 1,  # Short: people do not hold a ticket still; gain before smear
        "AfMode": 0,  # Manual, else LensPosition is ignored
        "LensPosition": 1 / _READING_DISTANCE,  # dioptres
    }
    return {name: value for name, value in wanted.items() if name in advertised}


def _taken_at(metadata: dict[str, Any]) -> float:
    """SensorTimestamp in monotonic seconds.

    libcamera documents CLOCK_BOOTTIME, the Pi's drivers stamp CLOCK_MONOTONIC (christianrauch/camera_ros pull 127,
    raspberrypi/linux issue 1836): the same on a machine that never sleeps. Anything else is dated now.
    """
    now = time.monotonic()
    taken_at = metadata.get("SensorTimestamp", 0) / 1e9
    return float(taken_at) if 0 <= now - taken_at < _OLDEST else now
