"""Longer than a pulse: level mode, an emergency, the ready contact, and the way out."""

import os
import signal

import pytest

from kiosk.edges import Pulsed
from kiosk.gate import Signal

LEVEL = {"mode": "level", "passage": 5, "pulse_ms": 100}
EMERGENCY = {"emergency": 13, "emergency_opens": True}


def test_an_exit_request_moves_the_relay_of_its_own_direction(open_here, trace):
    gate = open_here(pulse_ms=10_000)
    assert gate.pulse("exit_request", exit=True) is Pulsed.GIVEN
    assert (trace.values("relay"), trace.values("exit_relay")) == ([0], [0, 1])


def test_without_a_relay_of_its_own_an_exit_request_pulses_the_one_there_is(open_here, trace):
    gate = open_here(pulse_ms=10_000, exit_relay=None)
    assert gate.pulse("exit_request", exit=True) is Pulsed.GIVEN
    assert trace.values("relay") == [0, 1]


def test_both_directions_open_at_the_same_time(open_here, trace):
    gate = open_here(pulse_ms=10_000)
    assert gate.pulse("a scan id") is Pulsed.GIVEN
    assert gate.pulse("exit_request", exit=True) is Pulsed.GIVEN


def test_on_a_light_gate_only_an_exit_request_moves_a_relay(open_here, trace):
    gate = open_here(profile="light", exit_relay=None)
    assert gate.pulse("a scan id") is Pulsed.GIVEN
    assert trace.values("relay") == [0]
    assert gate.pulse("exit_request", exit=True) is Pulsed.GIVEN
    assert trace.values("relay") == [0, 1]


def test_a_relay_that_is_not_wired_is_not_pulsed_and_costs_no_guardian(open_here, guardian_of):
    gate = open_here(profile="light", relay=None, exit_relay=None)
    guardian = guardian_of(os.getpid())
    assert gate.pulse("exit_request", exit=True) is Pulsed.NOT_GIVEN
    assert gate.is_ready()
    assert guardian_of(os.getpid()) == guardian


def test_in_level_mode_the_relay_stays_on_until_somebody_went_through(open_here, trace):
    gate = open_here(**LEVEL, passage_within_s=10)
    assert gate.pulse("a scan id") is Pulsed.GIVEN
    gate.show(Signal.ADMITTED)
    gate.shut()
    assert trace.values("relay") == trace.values("green") == [0, 1, 0]
    assert trace.pulse_s("relay") < 10


def test_in_level_mode_a_passage_shuts_no_door_on_somebody_who_goes_out(open_here, trace):
    gate = open_here(**LEVEL, passage_within_s=10)
    gate.pulse("exit_request", exit=True)
    gate.shut()
    assert trace.values("exit_relay") == [0, 1]


@pytest.mark.parametrize("way", ["relay", "exit_relay"])
def test_in_level_mode_a_relay_that_nobody_shuts_ends_by_itself(open_here, trace, way):
    gate = open_here(**LEVEL, passage_within_s=1)
    assert gate.pulse("a scan id", exit=way == "exit_relay") is Pulsed.GIVEN
    trace.wait_for(way, 0, 1, 0)
    assert trace.pulse_s(way) >= 0.99


def test_a_passage_cuts_no_pulse_short_but_ends_the_guest_s_green(open_here, trace):
    gate = open_here(pulse_ms=10_000)
    gate.pulse("a scan id")
    gate.show(Signal.ADMITTED)
    gate.shut()
    assert trace.values("relay") == [0, 1]
    assert trace.values("green") == [0, 1, 0]


def test_an_emergency_holds_relays_and_green_and_gives_no_pulse_until_it_is_over(open_here, trace):
    gate = open_here(**EMERGENCY)
    gate.hold_open()
    gate.show(Signal.EMERGENCY)
    gate.show(Signal.FAULT)  # a camera that fails now changes no green
    gate.shut()
    assert gate.pulse("a scan id") is Pulsed.NOT_GIVEN
    held = [trace.values(name) for name in ("relay", "exit_relay", "green")]
    assert held == [[0, 1]] * 3
    gate.release()
    released = [trace.values(name) for name in ("relay", "exit_relay", "green")]
    assert released == [[0, 1, 0]] * 3
    assert gate.pulse("the next guest") is Pulsed.GIVEN


def test_an_emergency_moves_no_relay_where_the_settings_do_not_say_so(open_here, trace):
    gate = open_here(emergency=13)
    gate.hold_open()
    assert [trace.values(name) for name in ("relay", "exit_relay", "green")] == [[0], [0], [0, 1]]


def test_an_emergency_of_which_the_daemon_says_no_more_ends_by_itself(open_here, trace):
    gate = open_here(**EMERGENCY)
    gate.hold_open()
    trace.wait_for("relay", 0, 1, 0)


def test_in_an_emergency_a_killed_guardian_is_replaced_by_one_that_holds_the_gate_open_again(
    open_here, trace, eventually, guardian_of
):
    gate = open_here(**EMERGENCY)
    gate.hold_open()
    os.kill(guardian_of(os.getpid()), signal.SIGKILL)

    def is_held_again():
        gate.hold_open()
        return trace.values("relay") == [0, 1, 0, 1]  # the second 0: a new guardian claims its lines at off

    eventually("the relay is held again", is_held_again)


def test_releasing_what_is_not_held_cuts_no_pulse_short(open_here, trace):
    gate = open_here(pulse_ms=10_000, **EMERGENCY)
    gate.pulse("a scan id")
    gate.release()
    assert trace.values("relay") == [0, 1]


def test_the_ready_contact_follows_what_is_told_and_goes_off_with_everything(open_here, trace):
    gate = open_here()
    for on in (True, True, False, True):
        gate.set_ready(on)
    assert trace.values("ready") == [0, 1, 0, 1]
    gate.off()
    assert trace.values("ready") == [0, 1, 0, 1, 0]
    gate.set_ready(True)
    assert trace.values("ready")[-1] == 1


def test_a_new_guardian_is_told_of_the_ready_contact_again(open_here, trace, eventually, guardian_of):
    gate = open_here()
    gate.set_ready(True)
    os.kill(guardian_of(os.getpid()), signal.SIGKILL)
    eventually("the guardian is missed", lambda: gate.told)

    def is_on_again():
        gate.set_ready(True)
        return trace.values("ready") == [0, 1, 0, 1]

    eventually("ready again", is_on_again)
