"""Runs in the system that .ci/camera built: the gate's camera on real picamera2 and libcamera. Tells what it saw."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable

import virtual_pi

from kiosk import settings
from kiosk.camera import Camera, CameraFault, open_camera
from kiosk.camera.picamera import attached
from kiosk.reader import QrReader

CHOSEN = settings.Camera(fps=15)
FRAMES = 12
LOADED_MACHINE_S = 30.0


def main() -> None:
    """One JSON object on standard output."""
    pace = virtual_pi.install()
    print(json.dumps(_watched(pace) if attached() else {"attached": attached(), "missing": _fault(_open)}))


def _watched(pace: virtual_pi.Pace) -> dict[str, object]:
    reader = QrReader()
    told: dict[str, object] = {"attached": attached()}
    camera = _open()
    asked_at = time.monotonic()
    frames = [camera.next_frame(LOADED_MACHINE_S) for _ in range(FRAMES)]
    told["shapes"] = [[*frame.gray.shape, str(frame.gray.dtype)] for frame in frames]
    told["texts"] = [reader.read(frame.gray) for frame in frames]
    told["different"] = len({frame.gray.tobytes() for frame in frames})
    told["dated"] = all(frame.taken_at > asked_at - LOADED_MACHINE_S for frame in frames)
    told["in_order"] = all(one.taken_at < next_.taken_at for one, next_ in itertools.pairwise(frames))
    told["opened_twice"] = _fault(_open)
    pace.running.clear()
    told["stopped"] = [_fault(lambda: camera.next_frame(0.5)) for _ in range(2)]
    pace.running.set()
    told["went_on"] = _read(camera, reader)
    camera.close()
    camera.close()
    told["closed"] = _fault(lambda: camera.next_frame(0.5))
    camera = _open()
    told["opened_again"] = _read(camera, reader)
    camera.close()
    return told


def _open() -> Camera:
    return open_camera(CHOSEN)


def _read(camera: Camera, reader: QrReader) -> list[str]:
    return reader.read(camera.next_frame(LOADED_MACHINE_S).gray)


def _fault(act: Callable[[], object]) -> str | None:
    try:
        act()
    except CameraFault as fault:
        return str(fault)
    return None


if __name__ == "__main__":
    main()
