"""What the news say of the gate's health: faults begin and end with what was seen, and systemd hears the truth only."""

import json
import socket

import pytest

from kiosk.clock import Clock
from kiosk.edges import State
from kiosk.faults import Faults
from kiosk.health import Health
from kiosk.journal import FILE_NAME, Journal, read_lines
from kiosk.shown import Shown
from kiosk.status import FILE_NAME as STATUS
from kiosk.trace import Trace
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown


class Edges:
    """A gate and signs that only remember."""

    def __init__(self):
        self.ready, self.contact, self.told, self.pulses = True, [], [], []

    def is_ready(self):
        return self.ready

    def set_ready(self, on):
        self.contact.append(on)

    def show(self, state, verdict=None, trouble=None):
        self.told.append(state)


@pytest.fixture
def edges():
    return Edges()


@pytest.fixture
def make(tmp_path, edges, monkeypatch):
    """``make()``: health over a real journal, with systemd's socket; ``.systemd()`` is what that was told."""

    def make():
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        channel.bind(str(tmp_path / "notify"))
        channel.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        trace, journal = Trace(None), Journal(tmp_path / "state")
        shown = Shown(edges, trace, State.READY)
        faults = Faults(journal.note, tmp_path / "state" / STATUS, trace, Clock(tmp_path / "state"))
        it = Health(faults, journal, edges, shown, edges.pulses.append)
        it.faults, it.start = faults, it._started_at
        it.systemd = lambda: _drained(channel)
        return it

    return make


def _drained(channel):
    heard = []
    while True:
        try:
            heard.append(channel.recv(100))
        except BlockingIOError:
            return heard


def standing(health):
    return [each.fault for each in health.faults.standing]


def test_a_fault_of_the_server_ends_with_the_next_answer_and_another_takes_its_place(make):
    health = make()
    health.answered(unknown(Fault.NO_NETWORK))
    assert standing(health) == [Fault.NO_NETWORK]
    health.server_found(Fault.KEY_REFUSED)
    assert standing(health) == [Fault.KEY_REFUSED]
    health.answered(refused(Reason.CANCELLED))
    assert standing(health) == []


def test_an_answer_of_the_server_ends_no_fault_that_is_not_the_server_s(make):
    health = make()
    health.camera_failed("the cable is out")
    health.answered(ADMITTED)
    health.answered(unknown(Fault.JOURNAL))
    assert standing(health) == [Fault.CAMERA]
    health.frame_came(health.start + 1)
    assert standing(health) == []


def test_each_fault_s_begin_and_end_is_in_the_journal(make, tmp_path):
    health = make()
    health.sensor_doubted(True)
    health.sensor_doubted(False)
    told = [(line["note"], line["fault"]) for line in read_lines(tmp_path / "state")]
    assert told == [("fault", "passage_sensor"), ("fault_over", "passage_sensor")]


def test_a_guardian_that_is_replaced_at_once_is_no_fault_and_one_that_stays_away_is(make, edges):
    health = make()
    edges.ready = False
    health.tick(health.start + 1, None, True)
    assert standing(health) == []
    health.tick(health.start + 3, None, True)
    assert standing(health) == [Fault.GATE]
    edges.ready = True
    health.tick(health.start + 4, None, True)
    assert standing(health) == []


def test_a_journal_that_can_not_be_written_is_a_fault_until_a_line_went_through(make, tmp_path, edges):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE_NAME).symlink_to("/dev/full")
    health = make()
    health.tick(health.start, None, True)
    assert standing(health) == [Fault.JOURNAL]
    assert edges.told[-1] is State.FAULT
    (tmp_path / "state" / FILE_NAME).unlink()
    health.tick(health.start + 10, None, True)
    health.tick(health.start + 10.1, None, True)
    assert standing(health) == []


def test_the_ready_contact_is_on_while_guests_are_served_and_no_fault_keeps_them_out(make, edges):
    health = make()
    health.tick(health.start, None, is_serving=False)
    health.tick(health.start, None, is_serving=True)
    health.sensor_doubted(True)  # keeps nobody out
    health.tick(health.start, None, is_serving=True)
    health.answered(unknown(Fault.NO_NETWORK))
    health.tick(health.start, None, is_serving=True)
    assert edges.contact == [False, True, True, False]


def test_systemd_hears_that_all_is_well_while_frames_come_and_no_longer(make):
    health = make()
    health.frame_came(health.start)
    health.tick(health.start + 1, None, True)
    assert health.systemd() == [b"WATCHDOG=1"]
    health.tick(health.start + 9, None, True)
    assert health.systemd() == []


def test_systemd_hears_nothing_while_the_server_thread_is_stuck_at_one_job(make):
    health = make()
    health.frame_came(health.start + 40)
    health.tick(health.start + 40, health.start + 1, True)
    assert health.systemd() == []


def test_a_camera_that_is_missing_is_shown_and_does_not_make_systemd_restart_for_ever(make):
    health = make()
    health.camera_failed("no camera is found")
    health.tick(health.start + 300, None, True)
    assert health.systemd() == [b"WATCHDOG=1"]


def test_the_status_counts_presentations_and_tells_how_long_the_latest_took(make, tmp_path):
    health = make()
    health.heard("presentation", {"ticket": "t", "read_ms": 50.0})
    health.heard("verdict", {"ticket": "t", "verdict": "admitted"})
    health.tick(health.start + 100, None, True)
    health.faults.close()
    told = json.loads((tmp_path / "state" / STATUS).read_text())
    assert (told["admitted"], told["refused"]) == (1, 0)
    assert told["last_latency_ms"] >= 50


def test_the_server_thread_is_told_how_the_gate_is_without_a_word_about_guests(make, edges):
    health = make()
    health.heard("verdict", {"verdict": "refused", "ticket": "00000000-0000-4000-8000-000000000001"})
    health.camera_failed("unplugged by Jeanne")
    health.tick(health.start + 1, None, is_serving=True)
    pulse = edges.pulses[-1]
    assert (pulse.faults, pulse.refused, pulse.admitted, pulse.state) == (("camera",), 1, 0, "fault")
    assert "Jeanne" not in repr(pulse)
