"""The daemon when a part of it fails: what ends it, with which exit code, and what goes on being shown."""

import dataclasses
import json
import socket
import threading
import time

import pytest

from kiosk import settings
from kiosk.attempt import Entry, Step
from kiosk.codes import TicketCode, Unreadable
from kiosk.credentials import Credentials
from kiosk.daemon import Daemon
from kiosk.journal import read_lines
from kiosk.news import Answered, CameraFailed, Died, PairingEnded, Seen
from kiosk.pairing import Paired
from kiosk.verdict import ADMITTED

DEVICE = "d0000000-0000-4000-8000-000000000001"
A, B = (TicketCode(f"data{n}:sig", f"00000000-0000-4000-8000-00000000000{n}", b"data", b"sig") for n in (1, 2))
NOBODY = Credentials("http://127.0.0.1:1", "/api/scan", "key-of-the-gate", DEVICE, "Gate")


@pytest.fixture
def make_gate(tmp_path):
    """``make_gate(more)``: a gate by settings with these lines too."""

    def make(more=""):
        (tmp_path / "frames").mkdir()
        file = tmp_path / "kiosk.toml"
        file.write_text(
            f'state_dir = "{tmp_path}/state"\n[camera]\nsource = "replay"\npath = "{tmp_path}/frames"\n'
            f'[gate]\npins = "mock"\nrelay = 17\nred = 22\n[trace]\nfile = "{tmp_path}/trace.jsonl"\n{more}'
        )
        return Daemon(settings.load(file, environment={}))

    return make


@pytest.fixture
def gate(make_gate):
    return make_gate()


def traced(tmp_path, event):
    lines = map(json.loads, (tmp_path / "trace.jsonl").read_text().splitlines())
    return [line for line in lines if line["event"] == event]


def test_a_thread_that_died_ends_the_gate_with_an_exit_code_that_says_so(gate, tmp_path):
    gate._news.put(Died("server", "RecursionError"))
    assert gate.run() == 1
    assert traced(tmp_path, "fault")[-1]["thread"] == "server"
    assert traced(tmp_path, "state")[-1]["state"] == "stopping"


def test_asked_to_stop_nothing_that_waits_in_the_queue_is_done_any_more(gate, tmp_path):
    gate._news.put(CameraFailed("from before the signal"))
    gate.stop()
    assert gate.run() == 0
    assert traced(tmp_path, "fault") == []


def test_a_camera_that_stays_dead_is_shown_again_after_a_verdict_has_run_out(gate, tmp_path):
    gate._take(PairingEnded(Paired(NOBODY)), 100.0)
    gate._take(Seen((Unreadable("not_a_code", "d1ge57"),), 100.0), 100.0)
    gate._take(CameraFailed("the cable is out"), 101.0)
    gate._house.tick(101.1)
    assert traced(tmp_path, "state")[-1]["state"] == "refused"
    gate._take(CameraFailed("the cable is out"), 102.0)
    gate._house.tick(104.0)
    assert traced(tmp_path, "state")[-1]["state"] == "fault"
    assert [line["fault"] for line in traced(tmp_path, "fault")] == ["camera"]
    gate.stop()
    assert gate.run() == 0


def _is_ready_with_its_screen_at_fault(gate, folder):
    gate._take(PairingEnded(Paired(NOBODY)), 100.0)
    gate._house.tick(100.1)
    assert [line["fault"] for line in traced(folder, "fault")] == ["screen"]
    assert traced(folder, "state")[-1]["state"] == "ready"
    gate.stop()
    assert gate.run() == 0


def test_a_guest_screen_that_can_not_be_had_is_a_fault_told_and_a_gate_that_is_ready(tmp_path, make_gate):
    with socket.create_server(("127.0.0.1", 0)) as other:
        gate = make_gate(f"[screen]\nguest_port = {other.getsockname()[1]}\n")
        _is_ready_with_its_screen_at_fault(gate, tmp_path)


def test_a_branding_file_that_breaks_its_parser_is_a_fault_told_and_a_gate_that_is_ready(tmp_path, make_gate):
    (tmp_path / "branding.toml").write_text("name = " + "[" * 5000)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    gate = make_gate(f'[screen]\nguest_port = {port}\nbranding = "{tmp_path}/branding.toml"\n')
    _is_ready_with_its_screen_at_fault(gate, tmp_path)


def test_the_time_that_a_line_takes_is_known_before_its_pulse(gate):
    assert gate._house.turns.seconds_since(time.monotonic() - 2.1) >= 2.1
    gate.stop()
    assert gate.run() == 0


def test_what_was_seen_before_a_standstill_is_in_front_of_the_gate_no_more(gate, tmp_path):
    """Frames that waited out the standstill: by them somebody who has gone would still be held to be there."""
    began = time.monotonic() - 8
    gate._take(PairingEnded(Paired(NOBODY)), began)
    gate._take(Seen((A,), began), began)
    gate._house.tick(began)
    (scan_id,) = {line["scan_id"] for line in read_lines(tmp_path / "state") if line.get("ticket") == A.uuid}
    for late in (A, B):
        gate._take(Seen((late,), began + 0.1), began + 8)
    gate._take(Answered(scan_id, ADMITTED), began + 8)
    gate._house.tick(began + 8)
    assert traced(tmp_path, "opened") == []
    assert [line["ticket"] for line in traced(tmp_path, "presentation")] == [A.uuid]
    gate._take(Seen((A,), began + 8.1), began + 8.1)
    assert [line["scan_id"] for line in traced(tmp_path, "opened")] == [scan_id]
    gate.stop()
    assert gate.run() == 0


def test_what_is_held_up_while_the_gate_starts_opens_for_nobody_whom_the_server_was_not_asked_for_anew(gate, tmp_path):
    gate._house._journal.write(
        Entry(Step.ATTEMPT, "scan-1", A.uuid, "scan", A.digest, DEVICE),
        Entry(Step.ASKED, "scan-1"),
        Entry(Step.ANSWERED, "scan-1", verdict=ADMITTED),
    )
    now = time.monotonic()
    gate._take(PairingEnded(Paired(dataclasses.replace(NOBODY, extensions=frozenset({"scan_id", "annul"})))), now)
    gate._take(Seen((A,), now), now)
    assert (traced(tmp_path, "opened"), traced(tmp_path, "state")[-1]["state"]) == ([], "asking")
    gate.stop()
    assert gate.run() == 0


def test_frames_do_not_pile_up_before_a_loop_that_is_behind(gate):
    told = [threading.Event() for _ in range(5)]

    def look():
        for event in told:
            gate._from_camera(Seen((), 100.0))
            event.set()

    threading.Thread(target=look, daemon=True).start()
    assert told[1].wait(30)
    assert not told[2].wait(0.5)
    gate._take(gate._news.get(), 100.0)
    assert told[2].wait(30)
    assert not told[3].is_set()
    gate.stop()
    assert told[4].wait(30)
    assert gate.run() == 0
