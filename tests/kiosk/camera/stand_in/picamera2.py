"""Stands in for picamera2 where there is no Pi: the few calls that kiosk.camera.picamera makes, as strict as the real
one about sizes, controls and released requests. Put on sys.path by the tests only.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

# name: (least, most, default), as a Module 3 in its binned mode has them
CONTROLS = {
    "FrameDurationLimits": (17_849, 220_417_486, None),
    "AeEnable": (False, True, True),
    "AeExposureMode": (0, 3, 0),
    "ExposureTime": (13, 112_015_443, 20_000),
    "AnalogueGain": (1.12, 16.0, 1.12),
    "LensPosition": (0.0, 32.0, 1.0),
    "AfMode": (0, 2, 0),
    "ScalerCrop": ((0, 0, 128, 128), (0, 0, 4608, 2592), (576, 0, 3456, 2592)),
}


@dataclass
class Machine:
    """What is plugged into this Pi; the tests change it."""

    cameras: int = 1
    in_use: bool = False
    stride: int = 1344  # libcamera aligns rows to 64 bytes: 1296 → 1344
    # Each is None, or the call never returns until it is set.
    open_hangs: threading.Event | None = None
    capture_hangs: threading.Event | None = None
    close_hangs: threading.Event | None = None
    advertised: tuple[str, ...] = tuple(CONTROLS)
    array: tuple[int, int] | None = (4608, 2592)  # pixels of the sensor
    opened: Picamera2 | None = None

    def free(self) -> None:
        """Let every call that hangs return."""
        for hanging in (self.open_hangs, self.capture_hangs, self.close_hangs):
            if hanging:
                hanging.set()


machine = Machine()


class Request:
    def __init__(self, buffer: np.ndarray[Any, Any], metadata: dict[str, Any]) -> None:
        self.buffer: np.ndarray[Any, Any] | None = buffer
        self.metadata = metadata

    def get_metadata(self) -> dict[str, Any]:
        assert self.buffer is not None, "released"
        return dict(self.metadata)

    def release(self) -> None:
        assert self.buffer is not None, "released twice"
        self.buffer[:] = 0  # the sensor writes the next frame into it
        self.buffer = None


class MappedArray:
    def __init__(self, request: Request, stream: str, reshape: bool = True, write: bool = True) -> None:
        assert stream == "main"
        assert not reshape
        assert not write
        assert request.buffer is not None, "released"
        self.array = request.buffer

    def __enter__(self) -> MappedArray:
        return self

    def __exit__(self, *_: object) -> None:
        del self.array


class Picamera2:
    def __init__(self) -> None:
        if machine.open_hangs:
            machine.open_hangs.wait()
        if machine.cameras == 0:
            raise IndexError("list index out of range")
        if machine.in_use:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.camera_controls = {name: CONTROLS.get(name) for name in machine.advertised}
        self.camera_properties = {} if machine.array is None else {"PixelArraySize": machine.array}
        self.controls: list[dict[str, Any]] = [{}]  # in force at the start, then each set while it runs
        self.configuration: dict[str, Any] = {}
        self.started = self.closed = False
        self.requests: list[Request] = []
        self._waiting = 0
        self._completed: deque[Request] = deque()
        self._news = threading.Condition()
        machine.opened = self

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [{"Model": "imx296", "Num": number} for number in range(machine.cameras)]

    def create_video_configuration(self, **wanted: Any) -> dict[str, Any]:
        assert set(wanted) <= {"main", "buffer_count", "queue", "display", "encode", "sensor"}
        return wanted

    def configure(self, configuration: dict[str, Any]) -> None:
        if any(side % 2 for side in configuration["main"]["size"]):
            raise RuntimeError("main stream size must be even")
        self.configuration = configuration

    def camera_configuration(self) -> dict[str, Any]:
        return {**self.configuration, "main": {**self.configuration["main"], "stride": machine.stride}}

    def set_controls(self, controls: dict[str, Any]) -> None:
        for name in controls:
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        if self.started:
            self.controls.append(controls)
        else:
            self.controls[0] |= controls

    def start(self) -> None:
        self.started = True

    def deliver(self, buffer: np.ndarray[Any, Any], **metadata: Any) -> None:
        """The sensor has finished a frame. Without a queue, one that nobody waits for is dropped."""
        with self._news:
            if self._waiting or self.configuration["queue"]:
                request = Request(buffer, metadata)
                self.requests.append(request)
                self._completed.append(request)
                self._news.notify()

    def await_caller(self) -> None:
        """Return once somebody waits for a frame."""
        with self._news:
            assert self._news.wait_for(lambda: self._waiting, 60)

    @contextlib.contextmanager
    def captured_request(self, wait: float) -> Iterator[Request]:
        if machine.capture_hangs:
            machine.capture_hangs.wait()
        with self._news:
            self._waiting += 1
            self._news.notify_all()
            there = self._news.wait_for(lambda: self._completed, wait)
            self._waiting -= 1
            if not there:
                raise TimeoutError
            request = self._completed.popleft()
        try:
            yield request
        finally:
            request.release()

    def close(self) -> None:
        if machine.close_hangs:
            machine.close_hangs.wait()
        self.closed = True
