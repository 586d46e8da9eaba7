"""One thing at a time on lamps and screen: verdicts for their time, then ready, or the fault that stands."""

import pytest

from kiosk.edges import State
from kiosk.shown import ALARM_S, SHOWN_S, Shown
from kiosk.verdict import ADMITTED, Fault, Outcome, Reason, refused, unknown


class Sign:
    def __init__(self):
        self.told = []
        self.shown = Shown(self, lambda event, **fields: None, State.READY)

    def show(self, state, verdict=None, trouble=None):
        self.told.append((state, verdict))


@pytest.fixture
def sign():
    return Sign()


@pytest.mark.parametrize("verdict", [ADMITTED, refused(Reason.CANCELLED), unknown(Fault.TIMEOUT)])
def test_a_verdict_is_shown_for_its_time_and_then_ready(sign, verdict):
    sign.shown.verdict(verdict, 100.0)
    sign.shown.tick(99.9 + SHOWN_S[verdict.outcome])
    assert sign.told == [(State(verdict.outcome), verdict)]
    sign.shown.tick(100.0 + SHOWN_S[verdict.outcome])
    assert sign.told[-1] == (State.READY, None)


def test_a_fault_that_stands_is_shown_while_nobody_is_served_and_never_over_a_verdict(sign):
    sign.shown.verdict(ADMITTED, 100.0)
    sign.shown.stands(Fault.NO_NETWORK)
    assert sign.told[-1] == (State.ADMITTED, ADMITTED)
    sign.shown.tick(100.0 + SHOWN_S[Outcome.ADMITTED])
    assert sign.told[-1] == (State.FAULT, unknown(Fault.NO_NETWORK))
    sign.shown.stands(None)
    assert sign.told[-1] == (State.READY, None)


def test_a_fault_that_keeps_nobody_out_is_told_by_a_gate_that_stays_ready(sign):
    sign.shown.stands(Fault.PASSAGE_SENSOR)
    assert sign.told[-1] == (State.READY, unknown(Fault.PASSAGE_SENSOR))


def test_an_unlocked_gate_says_so_though_its_key_is_refused(sign):
    sign.shown.stands(Fault.KEY_REFUSED)
    sign.shown.idle_as(State.UNLOCKED)
    assert sign.told[-1] == (State.UNLOCKED, unknown(Fault.KEY_REFUSED))


def test_what_is_held_is_shown_whatever_else_happens(sign):
    sign.shown.hold(State.EMERGENCY)
    sign.shown.verdict(ADMITTED, 100.0)
    sign.shown.alarm(100.0)
    sign.shown.stands(Fault.CAMERA)
    sign.shown.tick(200.0)
    assert sign.told == [(State.EMERGENCY, None)]
    sign.shown.let_go()
    assert sign.told[-1] == (State.FAULT, unknown(Fault.CAMERA))


def test_an_alarm_ends_by_itself(sign):
    sign.shown.alarm(100.0)
    sign.shown.tick(100.0 + ALARM_S)
    assert [state for state, _ in sign.told] == [State.ALARM, State.READY]


def test_green_ends_with_the_passage_and_red_does_not(sign):
    sign.shown.verdict(ADMITTED, 100.0)
    sign.shown.gone_through()
    assert sign.told[-1] == (State.READY, None)
    sign.shown.verdict(refused(Reason.CANCELLED), 101.0)
    sign.shown.gone_through()
    assert sign.told[-1][0] is State.REFUSED
