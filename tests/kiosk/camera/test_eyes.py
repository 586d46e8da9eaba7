"""The camera thread: a camera that is missing is tried again, one that froze ends it, and no hang holds anybody up."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kiosk import settings
from kiosk.eyes import OPEN_WITHIN_S, Eyes
from kiosk.news import CameraFailed, CameraFroze, News, Seen

WIDTH, HEIGHT, STRIDE = 1296, 972, 1344
CAMERA_MODULE = settings.Camera(width=WIDTH, height=HEIGHT)


@pytest.fixture
def told() -> queue.SimpleQueue[News]:
    """What the camera thread told."""
    return queue.SimpleQueue()


@pytest.fixture
def look(told: queue.SimpleQueue[News], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Eyes]]:
    """``look(camera)``: a camera thread, which has half a second for a frame; ended after the test."""
    monkeypatch.setattr("kiosk.eyes.FRAME_WITHIN_S", 0.5)
    monkeypatch.setattr("kiosk.eyes.OPEN_AGAIN_S", 0.05)
    monkeypatch.setattr("kiosk.camera.picamera._LET_GO", 0.1)
    opened: list[Eyes] = []

    def start(camera: settings.Camera = CAMERA_MODULE) -> Eyes:
        opened.append(Eyes(camera, told.put, lambda _: None))
        return opened[-1]

    yield start
    for eyes in opened:
        eyes.close()


def deliver_until(told: queue.SimpleQueue[News], pi: Any) -> News:
    """The sensor finishes frame after frame until something is told."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if pi.opened is not None and pi.opened.started:
            pi.opened.deliver(np.full(STRIDE * HEIGHT * 3 // 2, 90, np.uint8))
        try:
            return told.get(timeout=0.02)
        except queue.Empty:
            continue
    raise AssertionError("nothing was told")


def deliver_until_seen(told: queue.SimpleQueue[News], pi: Any) -> None:
    """Until a frame was; one that a busy machine brought too late is a camera that is missing, and tried again."""
    while isinstance(news := deliver_until(told, pi), CameraFailed):
        pass
    assert isinstance(news, Seen)


def until(told: queue.SimpleQueue[News], kind: type[News]) -> Any:
    """The first news of this kind."""
    deadline = time.monotonic() + 60
    while not isinstance(news := told.get(timeout=max(0.0, deadline - time.monotonic())), kind):
        pass
    return news


def comes_true(question: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 60
    while not question() and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return bool(question())


def test_a_camera_that_is_missing_is_told_and_tried_again_until_it_is_there(
    pi: Any, look: Callable[..., Eyes], told: queue.SimpleQueue[News]
) -> None:
    pi.cameras = 0
    eyes = look()
    for _ in range(3):
        assert isinstance(told.get(timeout=60), CameraFailed)
    assert not eyes.has_delivered
    pi.cameras = 1
    deliver_until_seen(told, pi)
    assert eyes.has_delivered


def test_a_camera_that_never_delivered_a_frame_is_missing_not_frozen(
    pi: Any, look: Callable[..., Eyes], told: queue.SimpleQueue[News]
) -> None:
    eyes = look()
    for _ in range(2):
        failed = told.get(timeout=60)
        assert isinstance(failed, CameraFailed)
        assert "no frame from the camera" in failed.why
    assert not eyes.has_delivered


def test_a_camera_that_delivered_and_stopped_is_frozen_and_told_once(
    pi: Any, look: Callable[..., Eyes], told: queue.SimpleQueue[News]
) -> None:
    eyes = look()
    deliver_until_seen(told, pi)
    assert "no frame from the camera" in until(told, CameraFroze).why
    eyes._thread.join(60)
    assert not eyes._thread.is_alive()
    assert told.empty()


def test_a_camera_that_does_not_close_is_frozen_though_it_never_delivered(
    pi: Any, look: Callable[..., Eyes], told: queue.SimpleQueue[News]
) -> None:
    pi.close_hangs = threading.Event()
    look()
    assert "only a new process" in until(told, CameraFroze).why


def test_a_capture_that_is_lost_inside_libcamera_is_seen_from_outside(
    pi: Any, look: Callable[..., Eyes], told: queue.SimpleQueue[News], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.eyes.FRAME_WITHIN_S", 60)  # it is not to freeze before it is lost
    eyes = look()
    deliver_until_seen(told, pi)
    pi.capture_hangs = threading.Event()
    pi.opened.deliver(np.full(STRIDE * HEIGHT * 3 // 2, 90, np.uint8))  # so that the one under way comes back
    assert eyes.froze(time.monotonic()) is None
    assert comes_true(lambda: eyes.froze(time.monotonic() + 70) is not None)
    assert "taking a picture does not come back" in str(eyes.froze(time.monotonic() + 70))


def test_an_opening_that_is_lost_inside_libcamera_is_seen_from_outside(pi: Any, look: Callable[..., Eyes]) -> None:
    pi.open_hangs = threading.Event()
    eyes = look()
    assert comes_true(lambda: eyes.froze(time.monotonic() + OPEN_WITHIN_S) is not None)
    assert eyes.froze(time.monotonic()) is None


def test_a_camera_that_hangs_does_not_hold_up_the_end_of_the_gate(
    pi: Any, look: Callable[..., Eyes], told: queue.SimpleQueue[News]
) -> None:
    pi.capture_hangs = threading.Event()
    eyes = look()
    assert comes_true(lambda: eyes.froze(time.monotonic() + 60) is not None)
    ended = threading.Thread(target=eyes.close)
    ended.start()
    ended.join(30)
    assert not ended.is_alive()
    assert eyes._thread.is_alive(), "it is left to the end of the process"


def test_a_replay_never_freezes_also_when_its_folder_goes_away(
    tmp_path: Path, look: Callable[..., Eyes], told: queue.SimpleQueue[News]
) -> None:
    street = tmp_path / "street"
    street.mkdir()
    eyes = look(settings.Camera(source="replay", path=street))
    assert isinstance(told.get(timeout=60), Seen)
    street.rmdir()
    until(told, CameraFailed)
    assert eyes.froze(time.monotonic() + 3600) is None
    street.mkdir()
    until(told, Seen)


def test_the_decoder_ends_with_the_camera_thread(
    tmp_path: Path, look: Callable[..., Eyes], told: queue.SimpleQueue[News]
) -> None:
    eyes = look(settings.Camera(source="replay", path=tmp_path))
    assert isinstance(told.get(timeout=60), Seen)
    eyes.close()
    eyes._thread.join(60)
    assert eyes._reader.pid is None
