"""Frames of the demo: a camera's, not a drawing's, and every one that is held still can be read."""

from __future__ import annotations

import base64
import io
import json
import uuid

import numpy as np
import pytest
import segno
import zxingcpp
from PIL import Image

from kiosk.codes import TicketCode, parse
from kiosk.demo import sample
from kiosk.demo.props import modules
from kiosk.demo.render import Look, presentation, render, street
from kiosk.demo.scenes import LARGEST, Cast, Scene, Ticket, forge, scenes
from kiosk.demo.street import ARRIVAL
from kiosk.reader import QrReader


def ticket(number: int) -> Ticket:
    """A ticket of our own server's size: 64 characters of data and an Ed25519 signature's length."""
    name = str(uuid.UUID(int=number, version=4))
    data = base64.urlsafe_b64encode(json.dumps({"uuid": name}).encode()).decode()
    signature = base64.urlsafe_b64encode(np.random.default_rng(number).bytes(64)).decode()
    return Ticket(name, f"{data}:{signature}")


def cast() -> Cast:
    token = base64.urlsafe_b64encode(np.random.default_rng(5).bytes(66)).decode().rstrip("=")
    return Cast(
        front_pairing=f"http://127.0.0.1:45678/api/scan/{token}/pair",
        side_pairing=f"http://127.0.0.1:45678/api/scan/{token[::-1]}/pair",
        guest=ticket(1),
        patient=ticket(2),
        cancelled=ticket(3),
        elsewhere=ticket(4),
        tibillet=Ticket(sample.TICKET_UUID, sample.TICKET_CODE),
    )


def pixels(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)))


@pytest.fixture(scope="module")
def reader() -> QrReader:
    return QrReader()


@pytest.mark.parametrize("scene", scenes(cast()), ids=lambda scene: scene.title)
def test_what_is_held_still_is_read(scene: Scene, reader: QrReader) -> None:
    frames = list(presentation(scene.content, scene.look, seed=3))
    for frame in frames[ARRIVAL:]:
        texts = reader.read(pixels(frame))
        assert len(texts) == 1
        if isinstance(scene.content, str):
            assert texts == [scene.content]


def test_the_same_seed_gives_the_same_frame_and_another_seed_another() -> None:
    look = Look(yaw=10, glare=0.3)
    assert render("a", look, 1) == render("a", look, 1)
    assert render("a", look, 1) != render("a", look, 2)


def test_a_frame_is_grey_and_of_the_camera_s_size() -> None:
    frame = pixels(render("a", Look(size=(1088, 1088)), 1))
    assert frame.dtype == np.uint8
    assert frame.shape == (1088, 1088)


def test_a_thing_is_not_whole_in_view_when_it_comes_in(reader: QrReader) -> None:
    first = next(presentation(ticket(1).code, Look(), seed=3))
    assert reader.read(pixels(first)) == []


def test_an_empty_street_has_nothing_to_read(reader: QrReader) -> None:
    assert reader.read(pixels(street(Look(), 1))) == []


def test_a_turned_sheet_is_seen_in_perspective() -> None:
    """Turned by 35 degrees, the near edge of a code is longer than the far one, and the code is narrower."""
    (code,) = zxingcpp.read_barcodes(pixels(render(ticket(1).code, Look("paper", share=0.5, yaw=35), 1)))
    corners = code.position
    left = corners.bottom_left.y - corners.top_left.y
    right = corners.bottom_right.y - corners.top_right.y
    assert abs(left - right) > 0.05 * left
    assert corners.top_right.x - corners.top_left.x < 0.9 * max(left, right)


def test_noise_blur_and_vignette_are_in_the_frame() -> None:
    plain = Look(noise=0, blur=0.3, vignette=0)
    clean = pixels(render("a", plain, 1)).astype(float)
    noisy = pixels(render("a", Look(noise=6, blur=0.3, vignette=0), 1)).astype(float)
    soft = pixels(render("a", Look(noise=0, blur=3, vignette=0), 1)).astype(float)
    dark = pixels(render("a", Look(noise=0, blur=0.3, vignette=0.6), 1)).astype(float)
    assert np.abs(np.diff(noisy, axis=1)).mean() > 2 * np.abs(np.diff(clean, axis=1)).mean()
    assert np.abs(np.diff(soft, axis=1)).max() < 0.6 * np.abs(np.diff(clean, axis=1)).max()
    assert dark[:40, :40].mean() < clean[:40, :40].mean()


def test_codes_are_as_large_as_those_that_are_printed() -> None:
    assert modules(sample.TICKET_CODE, "l").shape == (69, 69)  # version 13, as TiBillet prints
    assert modules(ticket(1).code, "m").shape == (53, 53)  # version 9, as ours are printed
    assert modules(b"\xff" * LARGEST, "l").shape == (177, 177)
    with pytest.raises(segno.DataOverflowError):
        modules(b"\xff" * (LARGEST + 1), "l")


def test_a_forged_ticket_keeps_the_uuid_and_the_grammar() -> None:
    real, forged = ticket(1), forge(ticket(1))
    code = parse(forged.code)
    assert isinstance(code, TicketCode)
    assert code.uuid == real.uuid
    assert forged.code != real.code
