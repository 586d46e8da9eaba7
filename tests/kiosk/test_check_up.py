"""The running gate has itself looked at: real doctors in processes of their own."""

import ctypes
import platform
import queue
import struct
import subprocess
import sys

import pytest

from kiosk import check_up
from kiosk.check_up import CheckUp, advice, read
from kiosk.doctor.finding import Finding, Level

POWER = Finding("power", Level.WARN, "There was under-voltage", "Another supply.")
DISK = Finding("disk", Level.FAIL, "read-only", "Replace the card.")
GOOD = Finding("temperature", Level.OK, "About 50 °C")


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "street").mkdir()
    (tmp_path / "state").mkdir(mode=0o700)
    file = tmp_path / "kiosk.toml"
    file.write_text(
        f'state_dir = "/nowhere"\n[camera]\nsource = "replay"\npath = "{tmp_path / "street"}"\n'
        '[gate]\npins = "mock"\nrelay = 17\n[screen]\nlanguages = ["en"]\n'
    )
    return file


def test_soon_after_the_start_doctor_is_asked_with_the_gates_own_settings(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(check_up, "FIRST_AFTER_S", 0.0)
    told = queue.Queue()
    looking = CheckUp(settings, tmp_path / "state", told.put)
    found = {finding.check: finding for finding in told.get(timeout=60)}
    looking.close()
    assert str(tmp_path / "state") in found["state"].found
    assert found["daemon"].found == "On this disk no gate can tell of itself"  # it runs: nothing says otherwise
    assert found["pairing"] == Finding(
        "pairing",
        Level.WARN,
        "Not paired: nobody gets in",
        "Show the camera the device's QR code, or: portillon-kiosk pair URL",
    )


def test_one_that_can_not_be_done_is_logged_and_the_next_is_tried(settings, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(check_up, "FIRST_AFTER_S", 0.0)
    monkeypatch.setattr(check_up, "THEN_EVERY_S", 0.01)
    monkeypatch.setenv("PATH", str(tmp_path))  # without any program
    tried, told = queue.Queue(), queue.Queue()
    began = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **how: (tried.put(words), began(*words, **how))[1])
    looking = CheckUp(settings, tmp_path / "state", told.put)
    for _ in range(3):
        tried.get(timeout=60)
    looking.close()
    assert "could not be looked at" in caplog.text
    assert told.empty()


def test_a_stop_ends_the_one_under_way(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(check_up, "FIRST_AFTER_S", 0.0)
    begun = queue.Queue()
    began = subprocess.Popen

    def noted(*words, **how):
        child = began(["sleep", "600"], **how)
        begun.put(child)
        return child

    monkeypatch.setattr(subprocess, "Popen", noted)
    looking = CheckUp(settings, tmp_path / "state", lambda found: pytest.fail("told of a killed one"))
    child = begun.get(timeout=60)
    looking.close()
    assert child.wait(60) != 0


@pytest.mark.parametrize("is_filtered", [False, True], ids=["by hand", "in its unit"])
def test_it_has_a_tenth_of_a_claim_to_the_processor_also_where_its_unit_refuses_setpriority(
    settings, tmp_path, is_filtered
):
    command = check_up.doctor(settings, tmp_path)
    step_back = command[: command.index(sys.executable)]
    told = subprocess.run(
        [*step_back, "sh", "-c", "cat /proc/self/autogroup; nice"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
        preexec_fn=refuse_setpriority if is_filtered else None,
    ).stdout.split()
    assert told[1:] == ["nice", "10", "0" if is_filtered else "10"]


def refuse_setpriority():
    """For this process: EPERM, as by SystemCallFilter=~@resources (seccomp(2); the call's number is the machine's)."""
    number = {"x86_64": 141, "aarch64": 140}[platform.machine()]
    load, equal, give, allow, eperm = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050001
    steps = [(load, 0, 0, 0), (equal, 0, 1, number), (give, 0, 0, eperm), (give, 0, 0, allow)]
    packed = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(packed)))
    no_new_privs, set_seccomp, filtered = 38, 22, 2
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(no_new_privs, 1, 0, 0, 0) or libc.prctl(set_seccomp, filtered, program, 0, 0):
        raise OSError(ctypes.get_errno(), "no filter")


@pytest.mark.parametrize(
    "printed", [b"", b"{}", b"[1]", b'[{"check": "a"}]', b'[{"check":"a","level":"odd","found":"","fix":""}]']
)
def test_what_is_no_finding_is_no_report(printed):
    with pytest.raises(ValueError):
        read(printed)


def test_a_tech_is_shown_failures_first_and_nothing_that_is_well():
    assert advice((GOOD, POWER, DISK)) == (
        "fail disk | read-only → Replace the card.",
        "warn power | There was under-voltage → Another supply.",
    )
