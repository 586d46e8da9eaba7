"""Whether the server's clock may be believed: only evidence makes it doubtful, and a time server's answer ends that."""

import logging
import shutil

import pytest

from api.clock import Clock

NOW = 1_800_000_000


@pytest.fixture
def clock(tmp_path):
    """A machine with systemd-timesyncd, which has heard nothing yet, and without an RTC."""
    (tmp_path / "timesync").mkdir()
    return Clock(tmp_path / "timesync", tmp_path / "since_epoch", lambda: NOW)


def test_until_a_time_server_has_answered_it_may_be_wrong(clock, tmp_path):
    assert clock.is_doubtful()
    (tmp_path / "timesync" / "synchronized").touch()
    assert not clock.is_doubtful()


@pytest.mark.parametrize("change", ["stopped", "begun anew"])
def test_an_hour_that_was_right_stays_so_whatever_becomes_of_timesyncd(clock, tmp_path, change):
    (tmp_path / "timesync" / "synchronized").touch()
    assert not clock.is_doubtful()
    shutil.rmtree(tmp_path / "timesync")
    if change == "begun anew":
        (tmp_path / "timesync").mkdir()
    assert not clock.is_doubtful()


def test_where_no_timesyncd_runs_another_keeps_the_time(clock, tmp_path):
    (tmp_path / "timesync").rmdir()
    assert not clock.is_doubtful()


@pytest.mark.parametrize(("off", "is_doubtful"), [(0, False), (59, False), (-3599, False), (7200, True), (-NOW, True)])
def test_an_rtc_that_says_what_the_clock_says_vouches_for_it(clock, tmp_path, off, is_doubtful):
    (tmp_path / "since_epoch").write_text(f"{NOW + off}\n")
    assert clock.is_doubtful() is is_doubtful


@pytest.mark.parametrize("told", ["", "nonsense", "\N{SNOWMAN}"])
def test_an_rtc_that_tells_nonsense_vouches_for_nothing(clock, tmp_path, told):
    (tmp_path / "since_epoch").write_text(told, "utf-8")
    assert clock.is_doubtful()


def test_the_log_says_it_once(clock, caplog):
    with caplog.at_level(logging.WARNING, "api.clock"):
        assert clock.is_doubtful()
        assert clock.is_doubtful()
    assert [record.getMessage().startswith("this machine's clock may be wrong") for record in caplog.records] == [True]
