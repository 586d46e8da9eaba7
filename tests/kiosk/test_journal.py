"""The journal survives what cards and power cuts do, and never invents a line."""

import os
import stat
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk import journal as room
from kiosk import ledger
from kiosk.attempt import Entry, Step
from kiosk.journal import Journal, read_lines
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown

TICKET = "00000000-0000-4000-8000-00000000000{}"


def admission(number, last=Step.OPENED):
    """The lines of one admission, up to ``last``."""
    scan_id = f"scan-{number}"
    lines = [
        Entry(Step.ATTEMPT, scan_id, ticket=TICKET.format(number % 10), action="scan"),
        Entry(Step.ASKED, scan_id),
        Entry(Step.ANSWERED, scan_id, verdict=ADMITTED),
        Entry(Step.OPENING, scan_id),
        Entry(Step.OPENED, scan_id),
    ]
    return lines[: [line.step for line in lines].index(last) + 1]


def test_what_was_written_is_there_after_a_restart(tmp_path):
    Journal(tmp_path).write(*admission(1))
    attempt = Journal(tmp_path).last(TICKET.format(1))
    assert (attempt.scan_id, attempt.step, attempt.verdict, attempt.asked) == ("scan-1", Step.OPENED, ADMITTED, True)


def test_refusals_and_faults_come_back_as_they_were(tmp_path):
    for number, verdict in enumerate([refused(Reason.CANCELLED), unknown(Fault.TLS)]):
        Journal(tmp_path).write(*admission(number, Step.ASKED), Entry(Step.ANSWERED, f"scan-{number}", verdict=verdict))
        assert Journal(tmp_path).last(TICKET.format(number)).verdict == verdict


def test_the_file_is_for_its_owner_only_and_holds_no_names(tmp_path):
    Journal(tmp_path / "state").write(*admission(1))
    assert stat.S_IMODE((tmp_path / "state" / room.FILE_NAME).stat().st_mode) == 0o600
    told = set().union(*(line.keys() for line in read_lines(tmp_path / "state")))
    assert told <= {"step", "scan_id", "at", "ticket", "action", "code", "verdict", "reason", "fault"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.data())
def test_cut_at_any_byte_it_reads_back_what_was_whole_and_goes_on(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("cut")
    entries = [*admission(1), *admission(2, Step.OPENING)]
    writer = Journal(folder)
    for entry in entries:
        writer.write(entry)
    path = folder / room.FILE_NAME
    raw = path.read_bytes()
    at = data.draw(st.integers(0, len(raw)))
    path.write_bytes(raw[:at])
    whole = raw[:at].count(b"\n")
    after = Journal(folder)
    assert after.set_aside is None
    assert [line["step"] for line in read_lines(folder)] == [entry.step for entry in entries[:whole]]
    after.write(*admission(3))
    assert len(list(read_lines(folder))) == whole + 5


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_with_any_byte_changed_no_line_is_invented_and_the_damaged_file_is_kept(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damage")
    Journal(folder).write(*admission(1), *admission(2))
    path = folder / room.FILE_NAME
    raw = bytearray(path.read_bytes())
    before = list(read_lines(folder))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    after = Journal(folder)
    if after.set_aside is not None:
        assert after.set_aside.read_bytes() == bytes(raw)
    strip = [{name: value for name, value in line.items() if name != "at"} for line in before]
    for line in read_lines(folder):
        assert {name: value for name, value in line.items() if name != "at"} in strip


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_with_any_byte_changed_an_opening_is_never_taken_for_one_still_to_come(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("opened")
    Journal(folder).write(*admission(1))
    path = folder / room.FILE_NAME
    raw = bytearray(path.read_bytes())
    ends = [at for at, byte in enumerate(raw[:-1]) if byte == ord("\n")]  # one of these joins two lines
    at = data.draw(st.sampled_from(ends[1:]) | st.integers(ends[0] + 1, len(raw) - 2))
    raw[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    for after in (Journal(folder), Journal(folder)):  # what was read, and what was written anew from it
        assert not after.last(TICKET.format(1)).is_unsettled
        assert after.was_admitted(TICKET.format(1))


def test_what_waited_where_lines_are_lost_counts_as_begun_and_what_has_lines_after_them_does_not(tmp_path):
    it = Journal(tmp_path)
    it.write(*admission(1, Step.ANSWERED), *admission(2, Step.ATTEMPT))
    path = tmp_path / room.FILE_NAME
    path.write_bytes(path.read_bytes() + b"lost\n")
    it.write(*admission(2, Step.ANSWERED)[1:])
    it.close()
    after = Journal(tmp_path)
    assert after.is_doubtful(TICKET.format(1))
    assert after.last(TICKET.format(2)).awaits_opening


def test_compaction_keeps_what_is_open_and_forgets_the_oldest_that_is_settled(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "COMPACT_BEYOND_BYTES", 1000)
    monkeypatch.setattr(ledger.Ledger.forget_the_oldest, "__defaults__", (2,))
    it = Journal(tmp_path)
    it.write(*admission(1, Step.ASKED), *admission(2, Step.ANSWERED), *admission(3, Step.OPENING))
    for number in (4, 5, 6):
        it.write(*admission(number))
    size = (tmp_path / room.FILE_NAME).stat().st_size
    assert it.compact_if_large()
    assert (tmp_path / room.FILE_NAME).stat().st_size < size
    for again in (it, Journal(tmp_path)):
        assert again.last(TICKET.format(1)).is_open
        assert again.last(TICKET.format(2)).awaits_opening
        assert again.last(TICKET.format(4)) is None
        assert not again.was_admitted(TICKET.format(4))
        assert again.was_admitted(TICKET.format(6))


@pytest.mark.parametrize("compacts", [False, True])
def test_a_grace_lasts_from_when_nobody_went_through_also_after_a_try_that_failed_a_restart_and_a_compaction(
    tmp_path, monkeypatch, compacts
):
    clock = [datetime(2026, 11, 24, 20, tzinfo=UTC)]
    journal = Journal(tmp_path, lambda: clock[0])
    journal.write(*admission(1), Entry(Step.NOT_PASSED, "scan-1", giving="grace"))
    clock[0] += timedelta(minutes=9)
    journal.write(Entry(Step.OPENING, "scan-1"), Entry(Step.NOT_OPENED, "scan-1"))
    if compacts:
        monkeypatch.setattr(room, "COMPACT_BEYOND_BYTES", 1)
        assert journal.compact_if_large()
    assert Journal(tmp_path, lambda: clock[0]).owed(TICKET.format(1)) is not None
    clock[0] += timedelta(minutes=2)
    assert Journal(tmp_path, lambda: clock[0]).owed(TICKET.format(1)) is None


@pytest.mark.parametrize(
    ("clock", "is_owed"),
    [(timedelta(minutes=-9), True), (timedelta(days=-365), False), (timedelta(minutes=11), False)],
    ids=["put back by a power cut", "set back by a time server", "later"],
)
def test_across_a_restart_no_clock_that_was_set_back_makes_a_grace_longer_than_a_power_cut_can(
    tmp_path, clock, is_owed
):
    began = datetime(2027, 11, 24, 20, tzinfo=UTC)
    it = Journal(tmp_path, lambda: began)
    it.write(*admission(1), Entry(Step.NOT_PASSED, "scan-1", giving="grace", waited_s=9.0))
    it.close()
    assert (Journal(tmp_path, lambda: began + clock).owed(TICKET.format(1)) is not None) is is_owed


def test_a_small_journal_is_left_alone(tmp_path):
    it = Journal(tmp_path)
    it.write(*admission(1))
    assert not it.compact_if_large()


def test_an_opening_cut_short_is_remembered_until_a_later_one_was_confirmed(tmp_path):
    it = Journal(tmp_path)
    it.write(*admission(1, Step.OPENING))
    assert Journal(tmp_path).is_doubtful(TICKET.format(1))
    it.write(*admission(11))
    assert not Journal(tmp_path).is_doubtful(TICKET.format(1))


def test_half_a_line_that_cannot_be_taken_back_costs_no_later_line(tmp_path, monkeypatch):
    it = Journal(tmp_path)
    it.write(*admission(1))
    write = os.write
    with monkeypatch.context() as failing_card:
        failing_card.setattr(os, "write", lambda fd, data: write(fd, data[: len(data) // 2]))
        failing_card.setattr(os, "ftruncate", _fails)
        with pytest.raises(room.JournalError):
            it.write(*admission(2, Step.ATTEMPT))
    it.write(*admission(3, Step.OPENING))
    after = Journal(tmp_path)
    assert after.set_aside is not None
    assert after.last(TICKET.format(1)).step is Step.OPENED
    assert after.last(TICKET.format(2)) is None
    assert after.is_doubtful(TICKET.format(3))


def _fails(*_):
    raise OSError("input/output error")


def test_a_full_disk_is_an_error_and_leaves_no_half_line(tmp_path):
    it = Journal(tmp_path)
    it.write(*admission(1))
    it.close()
    path = tmp_path / room.FILE_NAME
    kept = path.read_bytes()
    path.unlink()
    path.symlink_to("/dev/full")
    with pytest.raises(room.JournalError):
        it.write(*admission(2))
    assert it.last(TICKET.format(2)) is None
    path.unlink()
    path.write_bytes(kept)
    it.write(*admission(2))
    assert Journal(tmp_path).last(TICKET.format(2)).step is Step.OPENED
