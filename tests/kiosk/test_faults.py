"""Standing faults: told once as they begin and once as they end, in journal, trace, log and status."""

import json
import logging

import pytest

from kiosk.clock import Clock
from kiosk.edges import Note
from kiosk.faults import BY_IMPORTANCE, Faults
from kiosk.status import FILE_NAME, read_status
from kiosk.trace import Trace
from kiosk.verdict import Fault


class Notes:
    """Where the notes go: a journal that can be written or not, as the test wants."""

    def __init__(self):
        self.disk_is_full = False
        self.lines = []

    def __call__(self, what, **details):
        if self.disk_is_full:
            raise OSError("No space left on device")
        self.lines.append((what, details["fault"], details["why"]))


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def faults(tmp_path, notes):
    return Faults(notes, tmp_path / FILE_NAME, Trace(tmp_path / "trace.jsonl"), Clock(tmp_path))


def traced(tmp_path):
    lines = map(json.loads, (tmp_path / "trace.jsonl").read_text().splitlines())
    return [(line["event"], line["fault"]) for line in lines]


def test_a_fault_is_told_once_however_often_it_is_met(faults, notes, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        assert faults.stand(Fault.NO_NETWORK, "cable out")
        assert not faults.stand(Fault.NO_NETWORK, "cable out")
    assert notes.lines == [(Note.FAULT, "no_network", "cable out")]
    assert traced(tmp_path) == [("fault", "no_network")]
    assert caplog.text.count("cable out") == 1
    assert faults.worst() is Fault.NO_NETWORK


def test_its_end_is_told_once_too(faults, notes, tmp_path, caplog):
    faults.stand(Fault.NO_NETWORK, "cable out")
    with caplog.at_level(logging.INFO):
        assert faults.over(Fault.NO_NETWORK)
        assert not faults.over(Fault.NO_NETWORK)
    assert notes.lines[1:] == [(Note.FAULT_OVER, "no_network", "cable out")]
    assert traced(tmp_path)[1:] == [("fault_over", "no_network")]
    assert "is over" in caplog.text
    assert (faults.worst(), faults.standing) == (None, ())


def test_a_fault_that_comes_back_is_news_again(faults, notes):
    for _ in range(2):
        assert faults.stand(Fault.TIMEOUT, "slow")
        assert faults.over(Fault.TIMEOUT)
    assert len(notes.lines) == 4


def test_the_most_important_fault_is_the_one_that_is_shown(faults):
    faults.stand(Fault.PASSAGE_SENSOR, "nobody seen")
    faults.stand(Fault.NO_NETWORK, "cable out")
    assert faults.worst() is Fault.NO_NETWORK
    faults.stand(Fault.GATE, "guardian dead")
    assert [standing.fault for standing in faults.standing] == [Fault.GATE, Fault.NO_NETWORK, Fault.PASSAGE_SENSOR]
    faults.over(Fault.GATE)
    assert faults.worst() is Fault.NO_NETWORK


def test_every_fault_has_its_place_in_the_order_of_importance():
    assert sorted(BY_IMPORTANCE) == sorted(Fault)


def test_the_reason_may_change_while_the_fault_stands(faults, tmp_path):
    faults.stand(Fault.CAMERA, "in use")
    since = faults.standing[0].since
    faults.stand(Fault.CAMERA, "no cable")
    assert [(each.why, each.since) for each in faults.standing] == [("no cable", since)]
    faults.close()
    assert read_status(tmp_path).standing[0].why == "no cable"


def test_what_the_journal_could_not_take_is_written_when_it_can_again(faults, notes):
    notes.disk_is_full = True
    assert faults.stand(Fault.JOURNAL, "disk full")
    faults.stand(Fault.CAMERA, "no cable")
    faults.over(Fault.CAMERA)
    assert notes.lines == []
    notes.disk_is_full = False
    faults.over(Fault.JOURNAL)
    assert [(what, fault) for what, fault, _ in notes.lines] == [
        (Note.FAULT, "journal"),
        (Note.FAULT, "camera"),
        (Note.FAULT_OVER, "camera"),
        (Note.FAULT_OVER, "journal"),
    ]


def test_months_with_a_full_disk_fill_no_memory(faults, notes):
    notes.disk_is_full = True
    for _ in range(1000):
        faults.stand(Fault.TIMEOUT, "slow")
        faults.over(Fault.TIMEOUT)
    notes.disk_is_full = False
    faults.stand(Fault.GATE, "last")
    assert len(notes.lines) == 50
    assert notes.lines[-1] == (Note.FAULT, "gate", "last")


def test_the_status_tells_what_stands_and_what_the_gate_told(faults, tmp_path):
    faults.tell(state="fault", open_attempts=3)
    faults.stand(Fault.CAMERA, "no cable")
    faults.tick()
    status = read_status(tmp_path)
    assert (status.state, status.open_attempts) == ("fault", 3)
    assert [(each.fault, each.why) for each in status.standing] == [(Fault.CAMERA, "no cable")]
    faults.over(Fault.CAMERA)
    faults.close()
    assert read_status(tmp_path).standing == ()


def test_a_reason_from_outside_is_bounded_and_printable(faults, notes):
    faults.stand(Fault.ODD_ANSWER, "\x1b[2J" + "<html>" * 1000)
    assert len(notes.lines[0][2]) <= 200
    assert notes.lines[0][2].isprintable()
