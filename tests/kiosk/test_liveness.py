"""When systemd may be told that the gate is alive, and when it must not be."""

from dataclasses import replace

import pytest

from kiosk.liveness import Liveness

NOW = 1000.0
WELL = Liveness(started_at=0.0, last_frame=NOW - 0.1, is_camera_missing=False, last_turn=NOW, busy_since=None)
NEVER_SAW = replace(WELL, last_frame=None)


def test_a_gate_that_sees_and_turns_is_alive():
    assert WELL.why_not(NOW) is None


def test_a_camera_that_stopped_delivering_is_a_death():
    assert replace(WELL, last_frame=NOW - 7.9).why_not(NOW) is None
    assert replace(WELL, last_frame=NOW - 8.5).why_not(NOW) == "the last frame came 8 s ago"


def test_a_camera_that_stopped_is_a_death_also_when_its_fault_is_shown():
    assert replace(WELL, last_frame=NOW - 9, is_camera_missing=True).why_not(NOW) is not None


@pytest.mark.parametrize("later", [0, 3600, 90 * 24 * 3600])
def test_a_camera_that_was_never_there_is_shown_and_never_a_reason_to_start_again(later):
    assert replace(NEVER_SAW, is_camera_missing=True, last_turn=NOW + later).why_not(NOW + later) is None


def test_a_camera_may_take_its_time_for_the_first_frame_but_not_for_ever():
    assert replace(NEVER_SAW, started_at=NOW - 39).why_not(NOW) is None
    assert "neither a frame nor a fault" in replace(NEVER_SAW, started_at=NOW - 41).why_not(NOW)


def test_a_server_that_is_slow_is_no_death_but_a_thread_that_never_returns_is():
    assert replace(WELL, busy_since=NOW - 29).why_not(NOW) is None
    assert replace(WELL, busy_since=NOW - 31).why_not(NOW) == "the server thread has been at one job for 31 s"


def test_a_loop_that_does_not_turn_is_a_death_whatever_the_threads_do():
    assert replace(WELL, last_turn=NOW - 4).why_not(NOW) is None
    assert "the main loop" in replace(WELL, last_turn=NOW - 6).why_not(NOW)
