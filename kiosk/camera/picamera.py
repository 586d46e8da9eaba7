"""The Camera Module through picamera2: the grey plane of its stream, newest frame first."""

from __future__ import annotations

import importlib
import threading
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from kiosk.camera import view
from kiosk.camera.exposure import Bracket, Exposure, Limits
from kiosk.camera.frame import CameraFault, CameraHangs, Frame
from kiosk.camera.pixels import luma

_STREAM = "main"  # the only one: a second, smaller stream costs memory bandwidth and may be stretched
_BUFFERS = 4
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

    def __init__(
        self,
        fps: float,
        size: view.Size | None = None,
        roi: view.Part | None = None,
        lens_distance_m: float = 0.2,
        bracketed: bool = True,
    ) -> None:
        """Start a stream; CameraFault when it can't be.

        ``size``, or ``roi``, or neither: see ``view.choose``. ``lens_distance_m``: where a lens with a motor is sharp.
        ``bracketed``: see ``exposure``; else, and where the camera can't be told how to expose, by its own automatic.
        """
        self._picamera2 = _picamera2()
        if not attached():  # opening would raise an IndexError (older picamera2) or a RuntimeError (0.3.38)
            raise CameraFault(_NOT_FOUND)
        try:
            self._camera = self._picamera2.Picamera2()
        except RuntimeError as error:
            raise CameraFault(_BUSY.format(_first_cause(error))) from error
        try:
            self._configure(view.choose(self._camera.camera_properties.get("PixelArraySize"), size, roi), fps)
            self._bracket = _bracket(self._advertised, fps) if bracketed else None
            self._set(_focus(self._advertised, lens_distance_m) | (self._next_exposure() or _AUTOMATIC))
            self._camera.start()
        except RuntimeError as error:
            self.close()
            raise CameraFault(_BUSY.format(error)) from error

    def next_frame(self, timeout: float) -> Frame:
        """The first frame that ends after this call. CameraFault after ``timeout`` seconds without one."""
        try:
            with (
                self._camera.captured_request(wait=timeout) as request,
                self._picamera2.MappedArray(request, _STREAM, reshape=False, write=False) as mapped,
            ):
                gray = luma(mapped.array, *self._size, self._stride)
                taken_with = request.get_metadata()
            self._expose(gray, taken_with)
        except TimeoutError as error:
            raise CameraFault(_SILENT.format(timeout)) from error
        except RuntimeError as error:
            raise CameraFault(_BUSY.format(error)) from error
        return Frame(gray, _taken_at(taken_with))

    def close(self) -> None:
        """Let the camera go; CameraHangs after 3 s, and then it is left to the end of the process."""
        closing = threading.Thread(target=self._camera.close, name="camera close", daemon=True)
        closing.start()
        closing.join(_LET_GO)
        if closing.is_alive():
            raise CameraHangs(_HUNG.format(_LET_GO))

    def _configure(self, chosen: view.View, fps: float) -> None:
        period = round(1_000_000 / fps)  # microseconds
        configuration = self._camera.create_video_configuration(
            main={"size": chosen.size, "format": "YUV420"},
            buffer_count=_BUFFERS,
            queue=False,  # never a frame from before it was asked for
            display=None,
            encode=None,
            sensor={"output_size": chosen.mode} if chosen.mode else {},
        )
        self._camera.configure(configuration)
        self._advertised: dict[str, Any] = self._camera.camera_controls  # name: (least, most, default), in this mode
        given = self._camera.camera_configuration()[_STREAM]  # libcamera may have chosen other numbers
        self._size: tuple[int, int] = given["size"]
        self._stride: int = given["stride"]
        self._set({"FrameDurationLimits": (period, period)})
        if chosen.part is not None and "ScalerCrop" in self._advertised:
            rectangle = view.crop(chosen.part, self._advertised["ScalerCrop"][1])  # its maximum: what the mode sees
            # picamera2 sets ScalerCrops, one a stream, where there is such a control, and it outweighs the other.
            self._set({"ScalerCrops": [rectangle]} if "ScalerCrops" in self._advertised else {"ScalerCrop": rectangle})

    def _set(self, wanted: dict[str, Any]) -> None:
        """Set what the camera has; picamera2 raises RuntimeError on a control that it does not have."""
        self._camera.set_controls({name: value for name, value in wanted.items() if name in self._advertised})

    def _next_exposure(self) -> dict[str, Any]:
        if self._bracket is None:
            return {}
        exposure = self._bracket.next()
        return {"AeEnable": False, "ExposureTime": round(exposure.shutter_us), "AnalogueGain": exposure.gain}

    def _expose(self, gray: npt.NDArray[np.uint8], taken_with: dict[str, Any]) -> None:
        """Learn from this frame, and set the exposure of one to come."""
        if self._bracket is None:
            return
        if {"ExposureTime", "AnalogueGain"} <= taken_with.keys():
            gain = taken_with["AnalogueGain"] * taken_with.get("DigitalGain", 1.0)
            self._bracket.learn(gray, Exposure(taken_with["ExposureTime"], gain))
        self._set(self._next_exposure())


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


_AUTOMATIC = {"AeExposureMode": 1}  # Short: people do not hold a ticket still; gain before smear


def _focus(advertised: dict[str, Any], distance_m: float) -> dict[str, Any]:
    """Once and for all: picamera2 does not focus by itself. AfMode 0 is manual, else LensPosition is ignored."""
    if "LensPosition" not in advertised:
        return {}
    nearest = advertised["LensPosition"][1]  # dioptres: 1 / metres
    return {"AfMode": 0, "LensPosition": min(1 / distance_m, nearest)}


def _bracket(advertised: dict[str, Any], fps: float) -> Bracket | None:
    """None for a camera that can't be told how to expose."""
    if not {"ExposureTime", "AnalogueGain"} <= advertised.keys():
        return None
    (shortest, longest, _), (least, most, _) = advertised["ExposureTime"], advertised["AnalogueGain"]
    shortest, least = max(shortest, 1), max(least, 1.0)
    return Bracket(Limits((shortest, max(min(longest, 1_000_000 / fps), shortest)), (least, max(most, least))))


def _taken_at(metadata: dict[str, Any]) -> float:
    """SensorTimestamp in monotonic seconds.

    libcamera documents CLOCK_BOOTTIME, the Pi's drivers stamp CLOCK_MONOTONIC (christianrauch/camera_ros pull 127,
    raspberrypi/linux issue 1836): the same on a machine that never sleeps. Anything else is dated now.
    """
    now = time.monotonic()
    taken_at = metadata.get("SensorTimestamp", 0) / 1e9
    return float(taken_at) if 0 <= now - taken_at < _OLDEST else now
