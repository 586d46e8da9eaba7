"""What doctor reads in the state folder: the status of the gate, its journal, its key, its clock, the disk itself."""

import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.attempt import Entry, Step
from kiosk.clock import Clock
from kiosk.doctor import inside
from kiosk.edges import Note
from kiosk.journal import FILE_NAME as JOURNAL
from kiosk.journal import Journal
from kiosk.status import FILE_NAME as STATUS
from kiosk.status import Standing, StatusFile, read_status
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown
from tests import apart

NOW = datetime(2036, 5, 4, 12, 0, tzinfo=UTC)


def told(findings):
    """``[(check, level, found), ...]``."""
    return [(each.check, str(each.level), each.found) for each in findings]


def levels(findings):
    return [(each.check, str(each.level)) for each in findings]


class TestStateFolder:
    def test_a_good_one_tells_its_free_space(self, state):
        ((check, level, found),) = told(inside.state_folder(state, "en"))
        assert (check, level) == ("state", "ok")
        assert "MB free" in found

    def test_nothing_is_written_by_looking(self, state):
        before = state.stat().st_mtime_ns
        list(inside.state_folder(state, "en"))
        assert (state.stat().st_mtime_ns, list(state.iterdir())) == (before, [])

    def test_a_missing_one_is_made_at_the_first_start(self, state):
        assert levels(inside.state_folder(state / "nowhere", "en")) == [("state", "warn")]

    def test_one_that_others_can_read_is_named_with_its_mode(self, state):
        state.chmod(0o755)
        assert "mode 755" in next(inside.state_folder(state, "en")).found

    @pytest.mark.parametrize(("mode", "words"), [(0o000, "may not read"), (0o500, "can't be written")])
    def test_one_that_is_closed_to_this_user_is_a_failure(self, state, mode, words):
        state.chmod(mode)
        script = "import pathlib, sys; from kiosk.doctor import inside;"
        script += "print(*(each.found for each in inside.state_folder(pathlib.Path(sys.argv[1]), 'en')))"
        try:
            assert words in apart.as_a_user(script, str(state))
        finally:
            state.chmod(0o700)

    @pytest.mark.parametrize(("full", "nearly", "level"), [(10**18, 10**18, "fail"), (0, 10**18, "warn"), (0, 0, "ok")])
    def test_a_full_disk_is_a_failure_and_a_nearly_full_one_a_warning(self, state, monkeypatch, full, nearly, level):
        monkeypatch.setattr(inside, "FULL_BELOW", full)
        monkeypatch.setattr(inside, "NEARLY_FULL_BELOW", nearly)
        assert levels(inside.state_folder(state, "en")) == [("state", level)]


class TestRunningGate:
    def test_one_that_runs_tells_what_it_did(self, state):
        file = StatusFile(state / STATUS)
        file.tell(state="ready", admitted=7, refused=2, unknown=1)
        file.tell(last_presentation="2036-05-04T12:00:00+00:00", last_latency_ms=123.4)
        file.write()
        running, latest, none = told(inside.running_gate(read_status(state), "en"))
        assert "state ready" in running[2]
        assert "7 admitted, 2 refused, 1 without an answer" in running[2]
        assert "answered in 123 ms" in latest[2]
        assert none == ("faults", "ok", "No fault")

    def test_a_server_that_went_to_another_address_is_named_with_both(self, state):
        file = StatusFile(state / STATUS)
        file.tell(server="https://10.0.0.2:8443/api/scan", server_found_at="https://10.0.0.9:8443")
        file.write()
        moved = list(inside.running_gate(read_status(state), "en"))[1]
        assert (moved.check, moved.level) == ("server", "warn")
        assert "10.0.0.2" in moved.found
        assert "10.0.0.9" in moved.found
        assert "DHCP" in moved.fix

    @pytest.mark.parametrize("fault", Fault)
    def test_a_fault_that_stands_is_named_with_its_reason_and_its_remedy(self, state, fault):
        file = StatusFile(state / STATUS)
        file.tell(standing=[Standing(fault, "the reason", NOW)])
        file.write()
        finding = list(inside.running_gate(read_status(state), "fr"))[-1]
        assert (finding.check, finding.level) == (f"fault.{fault}", "fail")
        assert finding.found.startswith("the reason (depuis 2036-05-04")
        assert finding.fix

    def test_one_that_never_ran_is_only_a_warning(self):
        assert "No gate has run here" in next(inside.running_gate(None, "en")).found

    def test_on_a_disk_that_can_not_be_written_nobody_knows_whether_one_runs(self):
        assert "no gate can tell of itself" in next(inside.running_gate(None, "en", can_tell=False)).found

    def _ended(self, state, *facts):
        program = "import sys, pathlib; from kiosk.status import *; file = StatusFile(pathlib.Path(sys.argv[1]));"
        subprocess.run([sys.executable, "-c", program + "".join(facts) + "file.write()", state / STATUS], check=True)
        return read_status(state)

    def test_one_that_was_stopped_is_a_warning(self, state):
        status = self._ended(state, "file.tell(state='stopping');")
        assert levels(inside.running_gate(status, "en")) == [("daemon", "warn")]

    def test_one_that_died_is_a_failure_with_the_faults_it_had(self, state):
        stands = "from datetime import *; file.tell(standing=[Standing(Fault.CAMERA, 'no cable', datetime.now(UTC))]);"
        status = self._ended(state, "file.tell(state='fault');", stands)
        died, fault = inside.running_gate(status, "en")
        assert (died.check, died.level) == ("daemon", "fail")
        assert "its last state was: fault" in died.found
        assert fault.check == "fault.camera"

    def test_one_that_runs_and_says_nothing_any_more_is_a_failure(self, state):
        StatusFile(state / STATUS).write()
        status = read_status(state)
        silent = status.model_copy(update={"written_at": status.written_at - 200})
        assert levels(inside.running_gate(silent, "en"))[0] == ("daemon", "fail")


class TestJournal:
    def attempt(self, journal, number, *steps):
        ticket = f"00000000-0000-4000-8000-00000000000{number}"
        journal.write(Entry(Step.ATTEMPT, f"scan-{number}", ticket, "scan"), Entry(Step.ASKED, f"scan-{number}"))
        journal.write(*(Entry(step, f"scan-{number}", **more) for step, more in steps))

    def test_none_is_well(self, state):
        assert levels(inside.journal(state, NOW, "en")) == [("journal", "ok")]

    def test_what_is_settled_what_is_owed_and_what_was_cut_short_is_counted(self, state):
        journal = Journal(state, lambda: NOW)
        admitted = (Step.ANSWERED, {"verdict": ADMITTED})
        self.attempt(journal, 1, admitted, (Step.OPENING, {}), (Step.OPENED, {}), (Step.PASSED, {}))
        self.attempt(journal, 2, (Step.ANSWERED, {"verdict": refused(Reason.CANCELLED)}))
        self.attempt(journal, 3, (Step.ANSWERED, {"verdict": unknown(Fault.TIMEOUT)}))
        self.attempt(journal, 4)
        self.attempt(journal, 5, admitted, (Step.OPENING, {}))
        opened = (admitted, (Step.OPENING, {}), (Step.OPENED, {}))
        self.attempt(journal, 6, *opened, (Step.NOT_PASSED, {"giving": "annul"}))
        self.attempt(journal, 7, *opened, (Step.NOT_PASSED, {"giving": "grace"}))
        good, annuls, interrupted = inside.journal(state, NOW, "en")
        assert "2 ticket(s) without a final answer" in good.found
        assert (annuls.level, annuls.found) == ("warn", "1 admission(s) to give back to the server")
        assert (interrupted.level, interrupted.found[:19]) == ("warn", "1 opening(s) cut sh")

    def test_the_alarms_of_the_last_day_are_counted_and_no_older_ones(self, state):
        now = NOW - timedelta(days=2)
        journal = Journal(state, lambda: now)
        journal.note(Note.FORCED)
        now = NOW
        for note in (Note.TAILGATING, Note.TAILGATING, Note.TAMPER_ON, Note.EXIT_REQUEST):
            journal.note(note)
        alarms = list(inside.journal(state, NOW + timedelta(hours=1), "en"))[-1]
        assert alarms.found == "In the last 24 h: tailgating 2, tamper_on 1"

    def test_a_damaged_file_that_was_set_aside_is_named(self, state):
        (state / JOURNAL).write_bytes(b"rubbish\nmore\n")
        aside = Journal(state).set_aside
        findings = list(inside.journal(state, NOW, "en"))
        assert findings[0].level == "warn"
        assert aside.name in findings[0].found

    def test_damaged_lines_are_counted_and_a_torn_last_one_is_none(self, state):
        Journal(state, lambda: NOW).note(Note.FORCED)
        with (state / JOURNAL).open("ab") as file:
            file.write(b'0badc0de {"note":"test"}\nrubbish\n1234 {"no')
        unsound, good, _ = inside.journal(state, NOW, "en")
        assert (unsound.level, unsound.found) == ("warn", "2 damaged line(s)")
        assert good.found.startswith("1 lines")

    def test_a_journal_that_can_not_be_read_is_a_failure_and_no_traceback(self, state):
        (state / JOURNAL).mkdir()
        assert levels(inside.journal(state, NOW, "en")) == [("journal", "fail")]

    def test_a_large_one_is_not_held_in_memory_beside_the_gate(self, state):
        journal = Journal(state, lambda: NOW)
        for _ in range(20):
            journal.write(*[Entry(Step.ASKED, "scan-1", device="d" * 1000)] * 200)
        size = (state / JOURNAL).stat().st_size
        tracemalloc.start()
        good = list(inside.journal(state, NOW, "en"))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert good[0].found.startswith("4000 lines")
        assert peak < size / 4

    def test_lines_of_a_later_version_are_no_obstacle(self, state):
        journal = Journal(state, lambda: NOW)
        journal.note("news of a later version", at="yesterday")
        assert levels(inside.journal(state, NOW, "en")) == [("journal", "ok")]


class TestPairing:
    def test_the_server_and_the_gate_are_named_and_the_key_never_is(self, paired):
        ((check, level, found),) = told(inside.pairing(paired(), "en"))
        assert (check, level, found) == ("pairing", "ok", 'https://tickets.example.org/api/scan, as "Entrée"')

    def test_an_unpaired_gate_is_told_how_to_pair(self, state):
        assert levels(inside.pairing(state, "en")) == [("pairing", "warn")]

    def test_a_key_that_others_can_read_is_a_failure(self, paired):
        folder = paired()
        (folder / "credentials.json").chmod(0o644)
        assert levels(inside.pairing(folder, "en")) == [("pairing", "fail"), ("pairing", "ok")]

    def test_a_key_that_waits_for_its_test_is_named(self, paired):
        folder = paired()
        (folder / "credentials.json").rename(folder / "credentials.pending.json")
        assert levels(inside.pairing(folder, "en")) == [("pairing", "warn"), ("pairing", "warn")]

    def test_a_damaged_key_is_a_failure_and_stays_where_it_is(self, paired):
        file = paired() / "credentials.json"
        file.write_bytes(b"{}")
        assert levels(inside.pairing(file.parent, "en")) == [("pairing", "fail")]
        assert file.read_bytes() == b"{}"

    def test_a_damaged_key_that_was_set_aside_is_named(self, paired):
        folder = paired()
        (folder / "credentials.json.damaged-1").touch()
        assert levels(inside.pairing(folder, "en")) == [("pairing", "warn"), ("pairing", "ok")]

    def test_a_key_that_can_not_be_read_is_a_failure_and_no_traceback(self, state):
        (state / "credentials.json").mkdir()
        assert levels(inside.pairing(state, "en")) == [("pairing", "fail")]


class TestClock:
    @pytest.fixture
    def clock(self, state, tmp_path):
        return Clock(state, lambda: NOW, tmp_path / "synchronized", tmp_path / "since_epoch")

    def test_one_that_a_time_server_vouches_for_is_well(self, clock, tmp_path):
        (tmp_path / "synchronized").touch()
        assert "from a time server" in next(inside.clock(clock, NOW, "en")).found

    def test_one_that_an_rtc_vouches_for_is_well(self, clock, tmp_path):
        (tmp_path / "since_epoch").write_text(str(int(NOW.timestamp())))
        assert "from the hardware clock" in next(inside.clock(clock, NOW, "en")).found

    def test_one_that_nobody_vouches_for_is_a_warning(self, clock):
        assert levels(inside.clock(clock, NOW, "en")) == [("clock", "warn")]

    def test_one_that_is_behind_says_how_late_it_has_been(self, clock):
        finding = next(inside.clock(clock, datetime(1970, 1, 1, tzinfo=UTC), "en"))
        assert finding.level == "warn"
        assert finding.found.startswith("1970-01-01 0")
        assert "but it has been" in finding.found
