"""Files in the place of a camera: real files, real pictures, in the order and number that the design promises."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kiosk.camera import CameraFault, Frame
from kiosk.camera.replay import ReplayCamera

EMPTY = 127


def picture(path: Path, value: int, size: tuple[int, int] = (64, 48)) -> None:
    """A plain grey PNG that a test knows again by its value."""
    Image.new("L", size, value).save(path, "PNG")


def values(camera: ReplayCamera, count: int) -> list[int]:
    return [int(camera.next_frame(60).gray[0, 0]) for _ in range(count)]


def test_files_are_shown_in_name_order_once_and_then_an_empty_street(tmp_path: Path) -> None:
    for name, value in (("b.png", 20), ("c.png", 30), ("a.png", 10)):
        picture(tmp_path / name, value)
    assert values(ReplayCamera(tmp_path, 120), 6) == [10, 20, 30, EMPTY, EMPTY, EMPTY]


def test_a_gap_file_and_a_subfolder_are_an_empty_street(tmp_path: Path) -> None:
    picture(tmp_path / "1.png", 10)
    (tmp_path / "2.empty").touch()
    picture(tmp_path / "3.png", 30)
    (tmp_path / "4").mkdir()
    picture(tmp_path / "4" / "inside.png", 99)
    picture(tmp_path / "5.png", 50)
    assert values(ReplayCamera(tmp_path, 120), 6) == [10, EMPTY, 30, EMPTY, 50, EMPTY]


def test_files_added_later_are_shown_too(tmp_path: Path) -> None:
    camera = ReplayCamera(tmp_path, 120)
    assert values(camera, 2) == [EMPTY, EMPTY]
    picture(tmp_path / "m.png", 10)
    assert values(camera, 2) == [10, EMPTY]
    picture(tmp_path / "z.png", 30)
    picture(tmp_path / "a.png", 20)
    assert values(camera, 3) == [20, 30, EMPTY]


def test_who_asks_slower_than_the_rate_misses_no_file(tmp_path: Path) -> None:
    for index in range(5):
        picture(tmp_path / f"{index}.png", 10 + index)
    camera = ReplayCamera(tmp_path, 1000)
    seen = []
    for _ in range(5):
        seen += values(camera, 1)
        threading.Event().wait(0.005)  # busy for five frames' time
    assert seen == [10, 11, 12, 13, 14]


def test_frames_come_no_faster_than_the_rate(tmp_path: Path) -> None:
    opened_at = time.monotonic()
    camera = ReplayCamera(tmp_path, 50)
    frames = [camera.next_frame(60) for _ in range(6)]
    assert frames[-1].taken_at >= opened_at + 5 / 50
    assert frames[-1].taken_at <= time.monotonic()


def test_an_empty_street_comes_at_the_rate_after_a_stall(tmp_path: Path) -> None:
    camera = ReplayCamera(tmp_path, 50)
    camera.next_frame(60)
    threading.Event().wait(10 / 50)  # the consumer is busy for ten frames' time
    frames = [camera.next_frame(60) for _ in range(5)]
    assert frames[4].taken_at - frames[0].taken_at >= 3 / 50 - 0.001  # one of four may come at once


def test_files_and_gaps_catch_up_with_their_time_after_a_stall(tmp_path: Path) -> None:
    for name in ("1.png", "3.png"):
        picture(tmp_path / name, int(name[0]))
    for name in ("0.empty", "2.empty"):
        (tmp_path / name).touch()
    camera = ReplayCamera(tmp_path, 0.01)
    assert values(camera, 1) == [EMPTY]
    camera._due -= 1000  # as if the consumer had been busy for ten frames' time
    assert [int(camera.next_frame(0.0).gray[0, 0]) for _ in range(3)] == [1, EMPTY, 3]


def test_a_half_written_file_is_shown_when_it_is_whole(tmp_path: Path) -> None:
    picture(tmp_path / "whole", 77, (640, 480))
    content = (tmp_path / "whole").read_bytes()
    street = tmp_path / "street"
    street.mkdir()
    (street / "1.png").write_bytes(content[: len(content) // 2])
    picture(street / "2.png", 88)
    camera = ReplayCamera(street, 120)
    assert values(camera, 2) == [EMPTY, EMPTY], "and nothing overtakes it"
    (street / "1.png").write_bytes(content)
    assert values(camera, 3) == [77, 88, EMPTY]


def test_a_file_that_never_becomes_a_picture_is_left_out_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.camera.replay._PATIENCE", 0.05)
    (tmp_path / "1.jpg").write_bytes(b"\xff\xd8 no picture")
    (tmp_path / "2.png").touch()
    picture(tmp_path / "3.png", 30)
    camera = ReplayCamera(tmp_path, 120)
    with caplog.at_level(logging.WARNING):
        while values(camera, 1) == [EMPTY]:
            pass
    assert [Path(record.args[0]).name for record in caplog.records if isinstance(record.args, tuple)] == [
        "1.jpg",
        "2.png",
    ]


def test_hidden_files_are_not_seen(tmp_path: Path) -> None:
    picture(tmp_path / ".1.png.new", 10)
    picture(tmp_path / "2.png", 20)
    camera = ReplayCamera(tmp_path, 120)
    assert values(camera, 2) == [20, EMPTY]
    (tmp_path / ".1.png.new").rename(tmp_path / "1.png")
    assert values(camera, 2) == [10, EMPTY]


def test_a_file_removed_before_its_turn_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "1.png").symlink_to(tmp_path / "nowhere.png")
    picture(tmp_path / "2.png", 20)
    assert values(ReplayCamera(tmp_path, 120), 2) == [20, EMPTY]


def test_a_single_image_is_shown_too(tmp_path: Path) -> None:
    picture(tmp_path / "one.png", 42)
    assert values(ReplayCamera(tmp_path / "one.png", 120), 3) == [42, EMPTY, EMPTY]


def test_colour_becomes_grey(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), (255, 0, 0)).save(tmp_path / "red.png")
    frame = ReplayCamera(tmp_path, 120).next_frame(60)
    assert frame.gray.shape == (48, 64)
    assert frame.gray.dtype == np.uint8
    assert 60 < frame.gray[0, 0] < 90


def test_the_empty_street_has_the_size_of_the_last_picture(tmp_path: Path) -> None:
    camera = ReplayCamera(tmp_path, 120)
    assert camera.next_frame(60).gray.shape == (480, 640)
    picture(tmp_path / "1.png", 10, (200, 100))
    assert camera.next_frame(60).gray.shape == (100, 200)
    assert camera.next_frame(60).gray.shape == (100, 200)


def test_no_frame_within_the_time_is_a_fault_and_loses_nothing(tmp_path: Path) -> None:
    picture(tmp_path / "1.png", 10)
    picture(tmp_path / "2.png", 20)
    camera = ReplayCamera(tmp_path, 2)
    assert values(camera, 1) == [10]
    with pytest.raises(CameraFault, match=r"raise \[camera\] fps"):
        camera.next_frame(0.01)
    assert values(camera, 1) == [20]


def test_closing_wakes_who_waits(tmp_path: Path) -> None:
    camera = ReplayCamera(tmp_path, 0.001)
    camera.next_frame(60)
    outcome: list[Frame | CameraFault] = []

    def ask() -> None:
        try:
            outcome.append(camera.next_frame(1000))
        except CameraFault as fault:
            outcome.append(fault)

    thread = threading.Thread(target=ask)
    thread.start()
    camera.close()
    thread.join(60)
    assert isinstance(outcome[0], CameraFault)


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CameraFault, match=r"does not exist.*set \[camera\] path"):
        ReplayCamera(tmp_path / "nowhere", 15)


def test_a_folder_that_vanishes_is_a_fault(tmp_path: Path) -> None:
    street = tmp_path / "street"
    street.mkdir()
    camera = ReplayCamera(street, 120)
    camera.next_frame(60)
    street.rmdir()
    with pytest.raises(CameraFault, match="street"):
        camera.next_frame(60)
