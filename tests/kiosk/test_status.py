"""status.json: what a running gate tells of itself, and how a reader knows that it runs no more."""

import json
import os
import resource
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.camera.figures import Figures
from kiosk.status import FILE_NAME, Standing, StatusFile, read_status
from kiosk.verdict import Fault

SINCE = datetime(2036, 5, 4, 12, 0, tzinfo=UTC)


def test_what_was_told_is_read(tmp_path):
    file = StatusFile(tmp_path / FILE_NAME, SINCE)
    file.tell(state="ready", server="https://tickets.example.org/scan", device="Entrée", admitted=7)
    file.tell(standing=[Standing(Fault.CAMERA, "no cable", SINCE)], admitted=8)
    file.tick()
    status = read_status(tmp_path)
    assert (status.state, status.device, status.admitted) == ("ready", "Entrée", 8)
    assert status.standing == (Standing(Fault.CAMERA, "no cable", SINCE),)
    assert (status.pid, status.since) == (os.getpid(), SINCE)
    assert status.silent_s < 60


def test_the_gate_that_wrote_it_runs(tmp_path):
    StatusFile(tmp_path / FILE_NAME).write()
    assert read_status(tmp_path).is_of_a_running_gate


def test_the_status_of_a_gate_that_ended_says_so(tmp_path):
    program = "import sys, pathlib, kiosk.status; kiosk.status.StatusFile(pathlib.Path(sys.argv[1])).write()"
    subprocess.run([sys.executable, "-c", program, tmp_path / FILE_NAME], check=True, timeout=60)
    assert not read_status(tmp_path).is_of_a_running_gate


def test_another_process_with_the_pid_of_the_gate_is_not_taken_for_it(tmp_path):
    StatusFile(tmp_path / FILE_NAME).write()
    told = json.loads((tmp_path / FILE_NAME).read_text())
    (tmp_path / FILE_NAME).write_text(json.dumps(told | {"pid_began": told["pid_began"] - 1}))
    assert not read_status(tmp_path).is_of_a_running_gate


def test_a_loop_that_turns_ten_thousand_times_a_second_does_not_wear_the_card_out(tmp_path, monkeypatch):
    renames = []
    real = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, target: (renames.append(target), real(self, target)))
    file = StatusFile(tmp_path / FILE_NAME)
    began = time.monotonic()
    for number in range(10_000):
        file.tell(admitted=number)
        file.tick()
    assert 1 <= len(renames) <= 1 + (time.monotonic() - began)


def test_the_last_news_is_written_though_nothing_is_told_after_it(tmp_path):
    file = StatusFile(tmp_path / FILE_NAME)
    began = time.monotonic()
    file.tick()
    file.tell(state="fault")
    file.tick()
    assert read_status(tmp_path).state is None or time.monotonic() - began >= 1, "the second has not passed"
    deadline = time.monotonic() + 30
    while read_status(tmp_path).state is None and time.monotonic() < deadline:
        file.tick()
    assert read_status(tmp_path).state == "fault"


def test_what_is_told_again_is_no_news(tmp_path):
    file = StatusFile(tmp_path / FILE_NAME)
    file.tell(server=None, admitted=1)
    file.write()
    before = (tmp_path / FILE_NAME).stat().st_ino
    file.tell(server=None, admitted=1)
    file._written_at -= 30  # as if half a minute had passed
    file.tick()
    assert (tmp_path / FILE_NAME).stat().st_ino == before
    file._written_at -= 31
    file.tick()
    assert (tmp_path / FILE_NAME).stat().st_ino != before


def test_a_full_disk_stops_nothing_and_keeps_the_status_before(tmp_path):
    file = StatusFile(tmp_path / FILE_NAME)
    file.write()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))  # Python ignores SIGXFSZ: a write says EFBIG
    try:
        file.tell(state="fault")
        file.write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert read_status(tmp_path).state is None
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    file._written_at -= 1  # as if a second had passed: it is tried again, with nothing new to tell
    file.tick()
    assert read_status(tmp_path).state == "fault"


def test_a_folder_that_is_gone_stops_nothing(tmp_path):
    StatusFile(tmp_path / "gone" / FILE_NAME).write()
    StatusFile(None).write()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"pid": "x"}', b"\xff\0"])
def test_a_damaged_status_is_none(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    assert read_status(tmp_path) is None


def test_a_gate_that_never_ran_has_no_status(tmp_path):
    assert read_status(tmp_path) is None
    assert read_status(tmp_path / "nowhere") is None


def test_the_folder_holds_the_status_and_nothing_else(tmp_path):
    StatusFile(tmp_path / FILE_NAME).write()
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    assert stat.S_ISREG((tmp_path / FILE_NAME).stat().st_mode)


def test_the_cameras_figures_are_read_as_they_were_told(tmp_path):
    figures = Figures(fps=14.9, brightness=92, burnt=0.01, blur_px=1.2)
    file = StatusFile(tmp_path / FILE_NAME)
    file.tell(camera=figures)
    file.write()
    assert read_status(tmp_path).camera == figures
