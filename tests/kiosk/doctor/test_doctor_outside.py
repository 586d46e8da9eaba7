"""What doctor asks beyond the state folder: the server over real HTTP, the camera, the pins."""

import importlib
import sys
from pathlib import Path

import pytest

from kiosk import settings
from kiosk.clock import Clock
from kiosk.doctor import outside

GATE = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"
WELL = {"success": True, "device_info": {"uuid": GATE, "name": "Entrée", "claimed": True, "archived": False}}
TURNSTILE = settings.Gate(relay=17, green=27, passage=5, emergency=6, normally_closed=("passage",))


def asked(folder):
    credentials = outside.paired_with(folder, None)
    return list(outside.server(credentials, settings.Server(), Clock(folder), "en")) if credentials else []


def test_a_server_that_knows_the_gate_is_well_and_nothing_is_consumed(paired, raw_server, respond):
    server = raw_server(lambda heard: respond(200, WELL))
    findings = asked(paired(server.url))
    assert [(finding.check, finding.level) for finding in findings] == [("server", "ok")] * 2
    assert [(heard.method, heard.path) for heard in server.heard] == [("GET", "/api/scan/test_api/")]


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (401, {"success": False, "code": "unauthorized"}, "key_refused"),
        (500, {"success": False}, "server_trouble"),
        (200, b"<html>Welcome to our Wi-Fi</html>", "odd_answer"),
    ],
)
def test_what_a_server_answers_amiss_is_a_failure_with_its_remedy(paired, raw_server, respond, status, body, fault):
    server = raw_server(lambda heard: respond(status, body))
    (finding,) = asked(paired(server.url))
    assert (finding.check, finding.level) == (f"fault.{fault}", "fail")
    assert finding.fix


def test_a_server_that_is_not_there_is_no_network(paired, raw_server):
    server = raw_server(lambda heard: b"")
    folder = paired(server.url)
    server.stop_listening()
    assert [finding.check for finding in asked(folder)] == ["fault.no_network"]


def test_without_a_pinned_key_no_other_address_than_the_pairings_is_asked(paired):
    folder = paired("https://tickets.example.org")
    assert outside.paired_with(folder, "https://10.0.0.9:8443").base_url == "https://tickets.example.org"


def test_an_unpaired_gate_asks_nobody(state):
    assert asked(state) == []


def test_a_damaged_pairing_is_told_elsewhere(paired):
    folder = paired()
    (folder / "credentials.json").write_bytes(b"{")
    assert asked(folder) == []


@pytest.fixture
def pi(monkeypatch):
    """The machine that the stand-in for picamera2 plays."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "camera" / "stand_in")
    yield importlib.import_module("picamera2").machine
    del sys.modules["picamera2"]


def seen(camera=None, gate_runs=False):
    (finding,) = outside.camera(camera or settings.Camera(), gate_runs, "en")
    return finding.level, finding.found


def test_a_camera_that_is_plugged_in_is_named(pi):
    assert seen() == ("ok", "imx296")


def test_a_missing_camera_is_a_failure(pi):
    pi.cameras = 0
    assert seen()[0] == "fail"


def test_without_picamera2_the_reason_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    level, found = seen()
    assert level == "fail"
    assert "picamera2 can't be used" in found


def test_a_camera_that_the_running_gate_has_is_left_alone(pi):
    pi.cameras = 0
    assert seen(gate_runs=True) == ("ok", "In use by the running gate")


def test_a_missing_usb_camera_is_a_failure_and_needs_no_picamera2(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    assert seen(settings.Camera(source="usb", path="/dev/null")) == ("fail", "No USB camera: no ticket is read")


def test_a_replay_is_told_as_what_it_is(tmp_path):
    assert seen(settings.Camera(source="replay", path=tmp_path))[0] == "warn"
    assert seen(settings.Camera(source="replay", path=tmp_path / "nowhere"))[0] == "fail"


def test_every_line_that_is_wired_is_named_with_its_contact(tmp_path):
    (tmp_path / "gpiochip0").touch()
    (finding,) = outside.gate(TURNSTILE, "en", tmp_path)
    assert finding.found == "turnstile: relay BCM 17, green BCM 27, passage BCM 5 (NC), emergency BCM 6 (NO)"


def test_a_machine_without_pins_is_a_failure(tmp_path):
    assert [str(finding.level) for finding in outside.gate(TURNSTILE, "en", tmp_path)] == ["ok", "fail"]


def test_mock_pins_are_a_warning(tmp_path):
    mock = TURNSTILE.model_copy(update={"pins": "mock"})
    assert [str(finding.level) for finding in outside.gate(mock, "en", tmp_path)] == ["ok", "warn"]


def test_a_turnstile_without_a_passage_sensor_is_told_what_it_does_without(tmp_path):
    bare = settings.Gate(relay=17, pins="mock")
    assert "given back" in list(outside.gate(bare, "en", tmp_path))[-1].found
