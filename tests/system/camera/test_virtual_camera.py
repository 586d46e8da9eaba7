"""The Camera Module's room on the real picamera2 and libcamera, which shows it rendered tickets by a virtual camera.

``inside/play.py`` runs once, in the system that ``.ci/camera`` builds and keeps, and tells what it saw.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kiosk.demo.render import Look, render
from kiosk.demo.sample import TICKET_CODE
from tests import needs

ROOT = Path(__file__).parents[3]
INSIDE = "/checkout/tests/system/camera/inside/play.py"
LONGEST_S = 300  # on a loaded machine; 10 s usually
# A namespace of its own for the mounts: they are gone with the process, however it ends.
ENTER = """
mount --rbind "$2" "$1/checkout" && mount --bind "$3" "$1/frames" && mount --rbind /dev "$1/dev" &&
exec chroot "$1" env -i PATH=/usr/bin PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/checkout:/opt/site python3 "$4"
"""


@pytest.fixture(scope="module")
def system() -> str:
    """The folder of a Debian with libcamera's virtual camera. Made in minutes when it is not there yet."""
    built = subprocess.run([ROOT / ".ci/camera"], check=False, capture_output=True, text=True)
    if built.returncode != 0:
        needs.missing(built.stderr.strip())
    return built.stdout.strip()


@pytest.fixture(scope="module")
def seen(system: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the gate's camera met on libcamera, with a ticket in view."""
    frames = tmp_path_factory.mktemp("frames")
    for number in range(6):
        ticket = render(TICKET_CODE, replace(Look(share=0.55), yaw=3.0 * number), seed=number)
        (frames / f"{number}.jpg").write_bytes(ticket)
    return _played(system, frames)


def _played(system: str, frames: Path) -> dict[str, Any]:
    own_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    words = ["unshare", *own_root, "--mount", "sh", "-c", ENTER, "sh", system, ROOT, frames, INSIDE]
    ran = subprocess.run(words, check=False, capture_output=True, text=True, timeout=LONGEST_S)
    assert ran.returncode == 0, ran.stderr[-4000:]
    return json.loads(ran.stdout)


def test_without_a_camera_the_fault_is_that_there_is_none(system: str, tmp_path: Path) -> None:
    seen = _played(system, tmp_path)  # a virtual camera without pictures is none
    assert seen["attached"] == []
    assert "no camera is found" in seen["missing"]


def test_what_libcamera_finds_is_attached(seen: dict[str, Any]) -> None:
    assert seen["attached"] == ["virtual"]


def test_every_frame_is_the_grey_picture_in_the_size_asked_for(seen: dict[str, Any]) -> None:
    assert seen["shapes"] == [[960, 1280, "uint8"]] * 12


def test_the_ticket_is_read_frame_after_frame(seen: dict[str, Any]) -> None:
    assert seen["texts"] == [[TICKET_CODE]] * 12


def test_frames_are_new_ones_in_order_and_dated_by_the_monotonic_clock(seen: dict[str, Any]) -> None:
    assert seen["different"] >= 3
    assert seen["in_order"]
    assert seen["dated"]


def test_a_second_opening_is_told_that_the_camera_is_in_use(seen: dict[str, Any]) -> None:
    assert "the camera can't be started (Failed to acquire camera" in seen["opened_twice"]
    assert "stop what else uses it" in seen["opened_twice"]


def test_a_camera_that_stops_is_a_fault_until_it_goes_on(seen: dict[str, Any]) -> None:
    assert all("no frame from the camera within 0.5 s" in fault for fault in seen["stopped"])
    assert seen["went_on"] == [TICKET_CODE]


def test_a_closed_camera_gives_a_fault_and_can_be_opened_again(seen: dict[str, Any]) -> None:
    assert seen["closed"] is not None
    assert seen["opened_again"] == [TICKET_CODE]
