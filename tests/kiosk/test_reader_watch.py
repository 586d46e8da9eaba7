"""The reader at the gate: effort spread over the frames of somebody who comes, and of nobody."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import segno
from PIL import Image

from kiosk.demo.render import Look, street
from kiosk.reader.busy import busiest
from kiosk.reader.watch import Watch

FRAMES = Path(__file__).parents[1] / "frames"
PAYLOADS = {one["file"]: one["payload"] for one in map(json.loads, (FRAMES / "manifest.jsonl").open())}
TICKETS = [name for name, payload in PAYLOADS.items() if payload]
PATIENCE = 120  # frames: its clock is the CPU's, which is coarse and shared with other tests

Gray = npt.NDArray[np.uint8]


def frame(name: str) -> Gray:
    return np.asarray(Image.open(FRAMES / name).convert("L"))


def empty_street(seed: int) -> Gray:
    return np.asarray(Image.open(BytesIO(street(Look(size=(640, 480)), seed))))


def seen(watch: Watch, picture: Gray, wanted: str) -> bool:
    return any(wanted in watch.read(picture) for _ in range(PATIENCE))


@pytest.mark.parametrize("name", TICKETS)
def test_what_is_held_still_is_read(name: str) -> None:
    assert seen(Watch(), frame(name), PAYLOADS[name])


def test_after_an_empty_street_it_reads_as_before() -> None:
    watch = Watch()
    for seed in range(20):
        assert watch.read(empty_street(seed)) == []
    for name in ("clean_01.jpg", "finger_00.jpg", "defocus_00.jpg"):
        assert seen(watch, frame(name), PAYLOADS[name])


def test_a_code_that_is_read_at_once_needs_no_second_frame() -> None:
    assert Watch().read(frame("clean_09.jpg")) == [PAYLOADS["clean_09.jpg"]]


def test_beside_a_poster_a_bent_ticket_is_read_too() -> None:
    matrix = np.array([list(row) for row in segno.make_qr("https://example.org/poster").matrix], np.uint8)
    poster = np.pad(np.kron((1 - matrix) * 255, np.ones((6, 6), np.uint8)), 40, constant_values=255)
    ticket = frame("crumple_01.jpg")
    both = np.full((ticket.shape[0], ticket.shape[1] + poster.shape[1]), 200, np.uint8)
    both[:, : ticket.shape[1]] = ticket
    both[: poster.shape[0], ticket.shape[1] :] = poster
    watch = Watch()
    assert watch.read(both)[-1:] == ["https://example.org/poster"]
    assert seen(watch, both, PAYLOADS["crumple_01.jpg"])


def test_an_empty_street_has_no_busy_part_and_a_ticket_has() -> None:
    assert busiest(empty_street(3)) is None
    for name in TICKETS:
        picture = frame(name)
        part = busiest(picture)
        assert part is not None
        assert part.size <= picture.size


@pytest.mark.parametrize("shape", [(21, 21), (21, 4000), (31, 33), (480, 640)])
def test_the_busy_part_of_a_picture_of_any_shape_is_a_part_of_it(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    part = busiest(noise)
    assert part is None or part.size <= noise.size
    Watch().read(noise)
