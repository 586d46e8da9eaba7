"""The gate's idea of time, with the system's clock, the time server's mark and the RTC as a test wants them."""

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.clock import FLOOR_FILE, Clock, Witness

TODAY = datetime(2036, 5, 4, 12, 0, tzinfo=UTC)  # later than any file of this repository
WRONG = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)  # a Pi that was just switched on
A_MINUTE = timedelta(minutes=1)


class Machine:
    """A Pi: its state folder, the clock its kernel tells, and what else it knows of the time."""

    def __init__(self, folder):
        self.state = folder / "state"
        self.state.mkdir()
        self.tells = TODAY
        self.synchronised = folder / "synchronized"
        self.rtc = folder / "since_epoch"

    def start(self):
        return Clock(self.state, lambda: self.tells, self.synchronised, self.rtc)

    def ran_until(self, when):
        """It has run before, and kept its floor then."""
        (self.state / FLOOR_FILE).write_text(when.isoformat())


@pytest.fixture
def pi(tmp_path):
    return Machine(tmp_path)


def test_a_clock_past_the_floor_is_told_as_it_is(pi):
    pi.ran_until(TODAY - A_MINUTE)
    assert pi.start().now() == TODAY


def test_a_clock_that_fell_back_at_a_power_cut_goes_on_from_the_floor(pi):
    pi.ran_until(TODAY)
    pi.tells = WRONG
    assert TODAY <= pi.start().now() < TODAY + A_MINUTE


def test_below_the_floor_time_still_goes_on(pi):
    pi.ran_until(TODAY)
    pi.tells = WRONG
    clock = pi.start()
    times = [clock.now() for _ in range(100)]
    assert times == sorted(times)
    assert times[-1] > times[0]


def test_time_goes_on_from_one_start_to_the_next_without_any_clock(pi):
    pi.ran_until(TODAY)
    pi.tells = WRONG
    first = pi.start()
    first.keep()
    before_the_cut = first.now()
    assert pi.start().now() > before_the_cut - timedelta(seconds=1)


def test_without_a_floor_the_age_of_the_software_is_one(pi):
    pi.tells = WRONG
    assert datetime(2026, 1, 1, tzinfo=UTC) < pi.start().now() < datetime.now(UTC) + A_MINUTE


@pytest.mark.parametrize("content", [b"", b"\0" * 25, b"\xff\xfe", b"tomorrow", b"2036-05-04T12:0", b"0001-01-01"])
def test_a_damaged_floor_is_none(pi, content):
    (pi.state / FLOOR_FILE).write_bytes(content)
    assert pi.start().now() == TODAY


def test_the_floor_is_kept_for_its_owner_only(pi):
    pi.start().keep()
    assert datetime.fromisoformat((pi.state / FLOOR_FILE).read_text()) == TODAY
    assert (pi.state / FLOOR_FILE).stat().st_mode & 0o777 == 0o600


def test_a_disk_that_can_not_be_written_is_no_error(pi):
    clock = pi.start()
    pi.state.rmdir()
    clock.keep()
    assert TODAY <= clock.now() < TODAY + A_MINUTE


def test_a_floor_from_the_future_holds_until_a_time_server_has_answered_and_then_comes_down(pi):
    pi.ran_until(TODAY.replace(year=2099))
    clock = pi.start()
    assert clock.now().year == 2099
    assert not clock.is_good()
    pi.synchronised.touch()
    assert clock.now() == TODAY
    assert clock.is_good()
    clock.keep()
    pi.synchronised.unlink()
    assert clock.now() < TODAY + A_MINUTE
    assert pi.start().now() < TODAY + A_MINUTE


def test_a_fresh_machine_knows_nobody_who_says_that_its_clock_is_right(pi):
    assert pi.start().witness() is None


def test_a_time_server_that_answered_is_believed(pi):
    pi.synchronised.touch()
    assert pi.start().witness() is Witness.TIME_SERVER


def test_an_rtc_that_kept_the_time_is_believed_when_the_system_s_clock_was_set_from_it(pi):
    pi.ran_until(TODAY - A_MINUTE)
    pi.rtc.write_text(f"{int(TODAY.timestamp())}\n")
    assert pi.start().witness() is Witness.RTC
    pi.tells = WRONG
    assert pi.start().witness() is None


@pytest.mark.parametrize("content", ["60", "", "no number", "99999999999999999999"])
def test_an_rtc_without_a_battery_is_not_believed(pi, content):
    pi.rtc.write_text(content)
    pi.tells = WRONG
    assert pi.start().witness() is None


def test_what_the_clock_says_is_in_utc(pi):
    assert pi.start().now().utcoffset() == timedelta(0)
    pi.ran_until(datetime(2036, 5, 4, 16, 0, tzinfo=UTC).astimezone())
    assert pi.start().now().utcoffset() == timedelta(0)
