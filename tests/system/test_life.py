"""The running gate when its camera fails, and doctor beside it: the real daemon, with a stand-in for picamera2."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

STAND_IN = Path(__file__).parents[1] / "kiosk" / "camera" / "stand_in"
# A sensor that delivers five frames and then does as ``script`` says, under the daemon as its users start it.
PROGRAM = """
import sys, threading, time
import numpy
import picamera2
from kiosk.__main__ import main

machine = picamera2.machine

def deliver():
    for _ in range(5):
        machine.opened.await_caller()
        machine.opened.deliver(numpy.full(1344 * 972 * 3 // 2, 90, numpy.uint8))

def sensor():
    while machine.opened is None or not machine.opened.started:
        time.sleep(0.01)
    deliver()
    {then}

{first}
threading.Thread(target=sensor, daemon=True).start()
sys.exit(main(["run", "--config", sys.argv[1]]))
"""


@pytest.fixture
def gate(tmp_path):
    """``gate(first, then)``: a daemon whose camera is a stand-in; ended after the test."""
    file = tmp_path / "kiosk.toml"
    file.write_text(
        f'state_dir = "{tmp_path / "state"}"\n[camera]\nwidth = 1296\nheight = 972\n'
        '[gate]\npins = "mock"\nrelay = 17\n[screen]\nlanguages = ["en"]\n'
    )
    started = []

    def start(first="", then="pass"):
        environment = {**os.environ, "PYTHONPATH": str(STAND_IN)}
        program = PROGRAM.format(first=first, then=then)
        started.append(subprocess.Popen([sys.executable, "-c", program, file], env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(30)


@pytest.fixture
def doctor(tmp_path):
    """Runs doctor beside the gate: its exit code, and its findings by check."""

    def run():
        command = [Path(sys.executable).with_name("portillon-kiosk"), "doctor", "--config", tmp_path / "kiosk.toml"]
        done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, {finding["check"]: finding for finding in json.loads(done.stdout)}

    return run


@pytest.mark.parametrize(
    "then", ["pass", "machine.capture_hangs = threading.Event()"], ids=["falls silent", "is lost in libcamera"]
)
def test_a_camera_that_freezes_ends_the_gate_with_3_and_doctor_names_it(gate, doctor, then):
    assert gate(then=then).wait(60) == 3
    code, findings = doctor()
    assert code == 1
    assert findings["daemon"]["level"] == "fail"
    assert findings["fault.camera"]["fix"]


def test_a_camera_that_does_not_open_for_ever_ends_the_gate_with_3(gate):
    first = "machine.open_hangs = threading.Event(); import kiosk.eyes; kiosk.eyes.OPEN_WITHIN_S = 2"
    assert gate(first=first).wait(90) == 3


def test_a_gate_whose_camera_hangs_still_stops_when_asked_to(gate, tmp_path, eventually):
    process = gate(first="machine.capture_hangs = threading.Event()")
    eventually("it runs", (tmp_path / "state" / "status.json").exists)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_a_missing_camera_is_a_fault_shown_by_a_gate_that_runs_on(gate, doctor, eventually):
    process = gate(first="machine.cameras = 0")
    eventually("doctor names the camera", lambda: "fault.camera" in doctor()[1])
    code, findings = doctor()
    assert code == 1
    assert findings["daemon"]["level"] == "ok"
    assert findings["fault.camera"]["fix"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert doctor()[1]["daemon"]["level"] == "warn", "stopped by somebody"


def test_systemd_is_told_that_a_gate_without_a_camera_is_alive(gate, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        gate(first="machine.cameras = 0")
        assert [systemd.recv(100) for _ in range(4)] == [b"READY=1", *[b"WATCHDOG=1"] * 3]


def test_a_camera_that_is_plugged_in_later_ends_its_fault(gate, doctor, eventually):
    process = gate(
        first="""
import signal
machine.cameras = 0
signal.signal(signal.SIGUSR1, lambda *_: setattr(machine, "cameras", 1))
""",
        then="while True: deliver()",
    )
    eventually("doctor names the camera", lambda: "fault.camera" in doctor()[1])
    process.send_signal(signal.SIGUSR1)
    eventually("the fault is over", lambda: "fault.camera" not in doctor()[1])
    assert doctor()[1]["faults"]["level"] == "ok"
    assert process.poll() is None
