"""A gate that ends again and again: one reboot an hour at most, by no wrong clock, and none in an emergency."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.__main__ import main
from kiosk.last_resort import (
    AN_HOUR_S,
    COUNT_FILE,
    FAILURES,
    LASTING_S,
    RECORD_FILE,
    WISH_FILE,
    WITHIN_S,
    Boot,
    Ended,
    after,
    last_reboot,
)
from kiosk.status import FILE_NAME as STATUS
from kiosk.status import StatusFile

NOW = datetime(2036, 5, 4, 12, 0, tzinfo=UTC)
HANGS = Ended("exit-code", "3")
# proc_pid_mountinfo(5): an SD card, and the same under overlayroot with a data partition.
CARD = "21 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n22 21 0:20 / /run rw - tmpfs tmpfs rw\n"
OVERLAID = "25 0 0:22 / / rw,relatime - overlay overlayroot rw,lowerdir=/media/root-ro,upperdir=/media/root-rw\n"


class Machine:
    """The folders of one gate, over several boots."""

    def __init__(self, folder):
        self.state, self.mounts = folder / "state", folder / "mountinfo"
        self.state.mkdir()
        self.mounts.write_text(CARD)
        self.folder = folder
        self.boots = 0
        self.is_emergency = False
        self.boot(0)

    def boot(self, age_s, now=NOW, is_sure=False):
        """Another boot, looked at when it is so old: the run folder is empty again."""
        self.boots += 1
        self.run = self.folder / f"run-{self.boots}"
        self.run.mkdir()
        self.look_again(age_s, now, is_sure)

    def look_again(self, age_s, now=NOW, is_sure=False):
        """Later in this boot."""
        self.now = Boot(f"boot {self.boots}", age_s, now, is_sure)

    def ends(self, ended=HANGS):
        return after(ended, self.run, self.state, lambda: self.now, lambda: self.is_emergency, self.mounts)

    def fails_for_long(self):
        """True when a reboot was wished for. The wish is granted by root, which takes the file away."""
        began = time.monotonic() - LASTING_S
        (self.run / COUNT_FILE).write_text(json.dumps([began] * (FAILURES - 1)))
        told = self.ends()
        wished = (self.run / WISH_FILE).exists()
        assert told.startswith("reboot: " if wished else "no reboot: ")
        (self.run / WISH_FILE).unlink(missing_ok=True)
        return wished


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_gate_that_failed_often_and_for_long_is_to_be_rebooted(machine):
    assert machine.fails_for_long()
    record = last_reboot(machine.state)
    assert (record.at, record.boot_id, record.failures) == (NOW, "boot 1", FAILURES)


def test_a_few_failures_or_many_at_once_are_systemds_to_get_over(machine):
    for _ in range(3 * FAILURES):
        assert machine.ends() == "failed; not often enough for a reboot"
    assert not (machine.run / WISH_FILE).exists()


def test_failures_of_long_ago_do_not_count(machine):
    (machine.run / COUNT_FILE).write_text(json.dumps([time.monotonic() - WITHIN_S - 1] * FAILURES))
    assert machine.ends() == "failed; not often enough for a reboot"


@pytest.mark.parametrize(
    "ended", [Ended("success", "0"), Ended("success", "TERM"), Ended("exit-code", "2"), Ended("", "")]
)
def test_a_stop_and_settings_that_are_wrong_are_no_failures(machine, ended):
    assert machine.ends(ended) == "not a failure: not counted"
    assert not list(machine.run.iterdir())


@pytest.mark.parametrize("result", ["exit-code", "signal", "core-dump", "watchdog", "timeout", "protocol", "oom-kill"])
def test_every_other_end_is_counted(machine, result):
    machine.ends(Ended(result, "1"))
    assert len(json.loads((machine.run / COUNT_FILE).read_text())) == 1


def test_no_second_reboot_follows_within_the_hour_whatever_the_clock_says(machine):
    assert machine.fails_for_long()
    for now in (NOW - timedelta(days=400), NOW, NOW + timedelta(days=400)):
        machine.boot(60, now)
        assert not machine.fails_for_long()


def test_a_boot_that_is_an_hour_old_may_end_in_a_reboot_and_the_next_young_one_may_not(machine):
    for _ in range(3):
        machine.boot(AN_HOUR_S)
        assert machine.fails_for_long()
        machine.boot(AN_HOUR_S - 1)
        assert not machine.fails_for_long()


def test_in_a_young_boot_the_hour_counts_when_both_clocks_are_vouched_for(machine):
    machine.look_again(0, is_sure=True)
    assert machine.fails_for_long()
    machine.boot(60, NOW + timedelta(hours=2), is_sure=False)
    assert not machine.fails_for_long()
    machine.boot(60, NOW + timedelta(minutes=59), is_sure=True)
    assert not machine.fails_for_long()
    machine.boot(60, NOW + timedelta(minutes=60), is_sure=True)
    assert machine.fails_for_long()


def test_a_reboot_that_did_not_happen_is_not_asked_for_again_before_an_hour(machine):
    machine.look_again(2 * AN_HOUR_S)
    assert machine.fails_for_long()
    machine.look_again(3 * AN_HOUR_S - 1, NOW + timedelta(days=1), is_sure=True)
    assert not machine.fails_for_long()
    machine.look_again(3 * AN_HOUR_S)
    assert machine.fails_for_long()


def test_in_an_emergency_there_is_none(machine):
    machine.is_emergency = True
    machine.look_again(AN_HOUR_S)
    assert not machine.fails_for_long()
    assert last_reboot(machine.state) is None


@pytest.mark.parametrize("mounts", [OVERLAID, "", CARD + "30 21 0:40 / {state} rw - tmpfs tmpfs rw\n"])
def test_where_its_record_would_be_lost_with_the_power_only_an_old_boot_may_be_ended(machine, mounts):
    machine.mounts.write_text(mounts.format(state=machine.state))
    assert not machine.fails_for_long()
    machine.look_again(AN_HOUR_S)
    assert machine.fails_for_long()


def test_a_data_partition_under_an_overlaid_root_keeps_the_record(machine):
    machine.mounts.write_text(OVERLAID + f"40 25 179:3 / {machine.state} rw - ext4 /dev/mmcblk0p3 rw\n")
    assert machine.fails_for_long()


def test_a_record_that_can_not_be_written_means_no_reboot(machine):
    (machine.state / f".{RECORD_FILE}.new").mkdir()
    machine.look_again(AN_HOUR_S)
    assert not machine.fails_for_long()


def test_after_a_damaged_record_only_an_old_boot_may_be_ended(machine):
    (machine.state / RECORD_FILE).write_bytes(b"{}")
    assert not machine.fails_for_long()
    machine.look_again(AN_HOUR_S)
    assert machine.fails_for_long()


def test_a_damaged_count_begins_anew(machine):
    (machine.run / COUNT_FILE).write_text('{"no": "list"')
    assert machine.ends() == "failed; not often enough for a reboot"
    assert len(json.loads((machine.run / COUNT_FILE).read_text())) == 1


@pytest.fixture
def command(tmp_path, monkeypatch):
    """``command(result)``: what systemd runs when the gate has failed for long and ended so; its folders."""
    state, run = tmp_path / "state", tmp_path / "run"
    state.mkdir()
    run.mkdir()
    (tmp_path / "pressed").mkdir()
    settings = tmp_path / "kiosk.toml"
    settings.write_text(
        f'state_dir = "{state}"\n[gate]\npins = "mock"\nrelay = 17\nemergency = 6\n'
        f'normally_closed = ["emergency"]\nmock_inputs = "{tmp_path / "pressed"}"\n'
    )
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(run))

    def ends(result="watchdog"):
        monkeypatch.setenv("SERVICE_RESULT", result)
        monkeypatch.setenv("EXIT_STATUS", "6")
        (run / COUNT_FILE).write_text(json.dumps([time.monotonic() - LASTING_S] * FAILURES))
        assert main(["last-resort", "--config", str(settings)]) == 0
        return tmp_path

    return ends


def test_the_command_takes_from_systemd_how_the_gate_ended_and_says_what_came_of_it(command, capsys):
    folder = command("success")
    assert "(success 6): not a failure" in capsys.readouterr().err
    assert not list((folder / "state").iterdir())


def test_the_command_reads_the_emergency_contact_itself(command, capsys):
    (command("success") / "pressed" / "emergency").touch()
    command()
    assert "the emergency contact is active" in capsys.readouterr().err


def test_where_the_contact_can_not_be_read_what_the_gate_told_last_counts(command, capsys, monkeypatch):
    monkeypatch.setenv("PORTILLON_KIOSK__GATE__PINS", "lgpio")  # there are none here
    status = StatusFile(command("success") / "state" / STATUS)
    status.tell(contacts=["emergency"])
    status.write()
    command()
    assert "the emergency contact is active" in capsys.readouterr().err


def test_by_hand_it_does_nothing_and_says_so(command, capsys, monkeypatch, tmp_path):
    command("success")
    monkeypatch.delenv("RUNTIME_DIRECTORY")
    assert main(["last-resort", "--config", str(tmp_path / "kiosk.toml")]) == 2
    assert "run by systemd" in capsys.readouterr().err
