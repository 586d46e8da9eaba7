"""The camera as a tech looks through it: each frame measured, with the advice that the last few frames give."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw

from kiosk.aim.advice import Advice, advise, best
from kiosk.aim.gauge import Gray, Measure, measure
from kiosk.camera import Camera

_BRACKET = 3  # frames: each is exposed otherwise, and the gate too goes by the best of them
_PATIENCE_S = 10.0  # a sensor that is slow to start
READ, UNREAD = (0, 220, 90), (255, 150, 0)  # colours of an outline


@dataclass(frozen=True, slots=True)
class Look:
    """One frame, and what is known by now."""

    gray: Gray
    now: Measure  # of this frame
    judged: Measure  # the best of the last few
    advice: Advice
    fps: float  # 0 until it is known


def watch(camera: Camera, distance_m: float) -> Iterator[Look]:
    """Look for ever; CameraFault ends it. ``distance_m``: where the settings expect the ticket, from the lens."""
    latest: deque[Measure] = deque(maxlen=_BRACKET)
    times: deque[float] = deque(maxlen=16)
    while True:
        frame = camera.next_frame(_PATIENCE_S)
        times.append(frame.taken_at)
        latest.append(measure(frame.gray))
        judged = best(latest)
        passed = times[-1] - times[0]
        fps = (len(times) - 1) / passed if passed > 0 else 0.0
        yield Look(frame.gray, latest[-1], judged, advise(judged, distance_m), fps)


def outlined(look: Look, size: tuple[int, int], thickness: int) -> Image.Image:
    """The frame at ``size`` (width, height), in RGB, with the code in it outlined."""
    picture = Image.fromarray(look.gray).resize(size, Image.Resampling.BOX).convert("RGB")
    if (seen := look.now.seen) is not None:
        height, width = look.gray.shape
        corners = [(x * size[0] / width, y * size[1] / height) for x, y in seen.corners]
        ImageDraw.Draw(picture).polygon(corners, outline=READ if seen.is_read else UNREAD, width=thickness)
    return picture


def figures(look: Look) -> list[tuple[str, str]]:
    """What the judged frame measures: keys of ``words`` and values, as both the page and the terminal show them."""
    judged, seen = look.judged, look.judged.seen
    height, width = look.gray.shape
    return [
        ("module", f"{seen.module_px:.1f}" if seen else "-"),
        ("blur", f"{seen.blur:.2f}" if seen else "-"),
        ("contrast", f"{judged.contrast:.0%}"),
        ("white", f"{judged.white}"),
        ("burnt", f"{judged.burnt:.0%}"),
        ("mean", f"{judged.mean}"),
        ("fps", f"{look.fps:.1f}"),
        ("size", f"{width}x{height}"),
    ]
