"""What doctor finds of the camera's picture: from the running gate's status, or by opening it where none runs."""

from __future__ import annotations

import time
from collections.abc import Iterator

from kiosk import settings
from kiosk.camera import CameraFault, open_camera
from kiosk.camera.figures import FIRST_AFTER_S, Figures, Gauge
from kiosk.doctor.finding import Finding
from kiosk.doctor.inside import fault
from kiosk.doctor.words import tell
from kiosk.screen.words import Language
from kiosk.verdict import Fault

SLOW = 0.6  # of the frames that are asked for
DARK = 12  # of 255, the brightest frame
BURNT = 0.5  # of the darkest frame
BLURRED_PX = 2.0  # half a module of 4 pixels: from there on nothing is read (facts: Reading QR codes)
_FRAME_WITHIN_S = 3.0
_TRIED_FOR_S = 3 * FIRST_AFTER_S  # a camera that delivers less than a frame in 3 s is told of by CameraFault


def picture(chosen: settings.Camera, figures: Figures | None, gate_runs: bool, language: Language) -> Iterator[Finding]:
    """Its rhythm, its light, its focus. A camera that the running gate holds is never opened."""
    if not gate_runs and chosen.source != "replay":
        try:
            figures = _looked(chosen)
        except CameraFault as missing:
            yield fault(Fault.CAMERA, str(missing), language)
            return
    if figures is None:
        return
    yield from _judged(figures, chosen.fps, language)


def _judged(seen: Figures, asked: float, language: Language) -> Iterator[Finding]:
    if seen.fps < SLOW * asked:
        yield tell("camera.slow", language, fps=seen.fps, asked=asked)
    if seen.brightness < DARK:
        yield tell("camera.dark", language, brightness=seen.brightness)
    elif seen.burnt > BURNT:
        yield tell("camera.burnt", language, percent=100 * seen.burnt)
    if seen.fps >= SLOW * asked and seen.brightness >= DARK and seen.burnt <= BURNT:
        yield tell("camera.seen", language, fps=seen.fps, brightness=10 * round(seen.brightness / 10))
    if seen.blur_px is not None:
        yield tell("camera.blurred" if seen.blur_px > BLURRED_PX else "camera.sharp", language, blur=seen.blur_px)


def _looked(chosen: settings.Camera) -> Figures | None:
    """Open it, look for some seconds, close it. Nothing is read of the frames, so nothing is said of sharpness."""
    camera, gauge = open_camera(chosen), Gauge()
    end = time.monotonic() + _TRIED_FOR_S
    try:
        while time.monotonic() < end:
            frame = camera.next_frame(_FRAME_WITHIN_S)
            if (figures := gauge.look(frame.gray, frame.taken_at, has_code=False)) is not None:
                return figures
    finally:
        camera.close()
    return None
