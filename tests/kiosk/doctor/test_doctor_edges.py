"""What doctor finds of camera and inputs: told by the gate that runs, or looked at where none does."""

import importlib
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from kiosk import settings
from kiosk.camera import figures
from kiosk.camera.figures import Figures
from kiosk.doctor import outside, seeing

WELL = Figures(fps=14.8, brightness=92, burnt=0.0, blur_px=1.1)
PICAMERA = settings.Camera()


def told(last, gate_runs=True):
    return [(str(each.level), each.found) for each in seeing.picture(PICAMERA, last, gate_runs, "en")]


def test_a_good_picture_is_told_with_its_figures():
    assert told(WELL) == [
        ("ok", "15 frames a second, brightness 90 of 255"),
        ("ok", "The last code read was sharp (blur 1.1 pixel)"),
    ]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (Figures(8.9, 92, 0.0, None), "8.9 frames a second instead of 15"),
        (Figures(15, 11, 0.0, None), "nearly black (11 of 255)"),
        (Figures(15, 250, 0.51, None), "51 % of the picture is white"),
        (Figures(15, 92, 0.0, 2.1), "blurred (2.1 pixels)"),
    ],
)
def test_what_spoils_a_picture_is_a_warning(seen, words):
    warnings = [found for level, found in told(seen) if level == "warn"]
    assert len(warnings) == 1
    assert words in warnings[0]


def test_a_gate_that_has_just_started_has_told_nothing_yet():
    assert told(None) == []


@pytest.fixture
def pi(monkeypatch):
    """The machine that the stand-in for picamera2 plays."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "camera" / "stand_in")
    yield importlib.import_module("picamera2").machine
    del sys.modules["picamera2"]


def _film(pi, ended):
    """The sensor of that machine: grey frames, each once somebody waits for it."""
    while not ended.wait(0.005):
        if (camera := pi.opened) is not None and camera.started:
            height = camera.configuration["main"]["size"][1]
            camera.deliver(np.full((height * 3 // 2, pi.stride), 92, np.uint8))


def test_where_no_gate_runs_the_camera_is_opened_and_closed_again(pi, monkeypatch):
    monkeypatch.setattr(figures, "FIRST_AFTER_S", 0.2)
    ended = threading.Event()
    sensor = threading.Thread(target=_film, args=(pi, ended))
    sensor.start()
    found = told(None, gate_runs=False)
    ended.set()
    sensor.join()
    assert "frames a second" in found[0][1], "how many is a matter of this machine"
    assert pi.opened.closed


def test_a_camera_that_delivers_nothing_is_a_failure_and_is_closed_again(pi, monkeypatch):
    monkeypatch.setattr(seeing, "_FRAME_WITHIN_S", 0.05)
    ((level, found),) = told(None, gate_runs=False)
    assert (level, "no frame from the camera" in found) == ("fail", True)
    assert pi.opened.closed


def test_a_camera_that_the_running_gate_holds_is_not_opened(pi):
    pi.cameras = 0
    assert told(WELL)[0][0] == "ok"


WIRED = settings.Gate(relay=17, pins="mock", emergency=6, tamper=13, normally_closed=("emergency",))


def inputs(wired, active=None, gate_runs=False):
    return [(str(each.level), each.found) for each in outside.inputs(wired, active, gate_runs, "en")]


def test_without_a_gate_the_contacts_are_read_themselves(tmp_path):
    wired = WIRED.model_copy(update={"mock_inputs": tmp_path})
    assert inputs(wired) == [("ok", "Contacts at rest")]
    (tmp_path / "emergency").touch()
    (tmp_path / "tamper").touch()
    assert inputs(wired) == [("warn", "Contacts active now: emergency, tamper")]


def test_beside_a_gate_its_own_word_counts_and_no_pin_is_touched():
    real = WIRED.model_copy(update={"pins": "lgpio"})  # which this machine has not
    assert inputs(real, ("tamper",), gate_runs=True) == [("warn", "Contacts active now: tamper")]
    assert inputs(real, (), gate_runs=True) == [("ok", "Contacts at rest")]


def test_pins_that_can_not_be_had_are_told():
    ((level, found),) = inputs(WIRED.model_copy(update={"pins": "lgpio"}))
    assert (level, found.startswith("The inputs can't be read: ")) == ("warn", True)


def test_a_gate_without_inputs_tells_nothing_of_them():
    assert inputs(settings.Gate(relay=17, pins="mock")) == []
