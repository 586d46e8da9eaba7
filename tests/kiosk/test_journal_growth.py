"""The journal that has grown: compaction ends, and a disk without room for it stops nothing."""

import errno
import os
import resource

import pytest

from kiosk import journal as journal_room
from kiosk.attempt import Entry, Step
from kiosk.journal import FILE_NAME, Journal
from kiosk.verdict import Fault, unknown

TICKET = "00000000-0000-4000-8000-00000000000{}"


def grow(journal, attempts):
    """So many attempts that nobody answered: none of them may be forgotten."""
    for number in range(attempts):
        journal.write(
            Entry(Step.ATTEMPT, f"scan-{number}", ticket=TICKET.format(number), action="scan"),
            Entry(Step.ASKED, f"scan-{number}"),
            Entry(Step.ANSWERED, f"scan-{number}", verdict=unknown(Fault.NO_NETWORK)),
        )


def test_a_journal_that_can_not_shrink_is_not_rewritten_at_every_turn_of_the_loop(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_room, "COMPACT_BEYOND_BYTES", 1000)
    journal = Journal(tmp_path)
    grow(journal, 9)
    assert journal.compact_if_large()
    assert (tmp_path / FILE_NAME).stat().st_size > 1000
    assert not journal.compact_if_large()


def test_a_disk_without_room_for_the_compacted_journal_stops_nothing_and_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_room, "COMPACT_BEYOND_BYTES", 1000)
    journal = Journal(tmp_path)
    grow(journal, 9)
    before = (tmp_path / FILE_NAME).read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))  # Python ignores SIGXFSZ: a write says EFBIG
    try:
        with pytest.raises(OSError) as full:
            os.pwrite(os.open(tmp_path / "trial", os.O_WRONLY | os.O_CREAT), bytes(10), 500)
        assert full.value.errno == errno.EFBIG
        assert not journal.compact_if_large()
        assert not journal.compact_if_large()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert not list(tmp_path.glob("*.new")) + list(tmp_path.glob(".*.new"))
    journal.write(Entry(Step.ASKED, "scan-1"))
    assert Journal(tmp_path).last(TICKET.format(8)) is not None
