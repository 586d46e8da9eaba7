"""Emergency, unlock and tamper contacts: what each edge does, and that the journal knows of it."""

import pytest

from kiosk.codes import TicketCode
from kiosk.edges import Contact, State
from kiosk.verdict import ADMITTED

A, B = (TicketCode(f"data{n}:sig", f"00000000-0000-4000-8000-00000000000{n}", b"data", b"sig") for n in (1, 2))


@pytest.fixture
def world(world_in, tmp_path):
    return world_in(tmp_path, passage_s=8.0)


def test_an_emergency_holds_the_gate_shows_go_and_asks_nobody_for_a_ticket(world):
    world.touch(Contact.EMERGENCY)
    world.wait(3, A)
    assert world.asked == []
    assert world.shown == [(State.EMERGENCY, None)]
    assert {what for what, _, _ in world.order} == {"hold"}
    assert len(world.order) > 20  # said again and again: it ends by itself when it is not
    world.touch(Contact.EMERGENCY, active=False)
    assert world.order[-1][0] == "release"
    assert world.shown[-1][0] is State.READY
    world.see(A)
    assert len(world.asked) == 1
    world.tick()
    assert world.notes() == ["emergency_on", "emergency_off"]


def test_who_goes_through_in_an_emergency_is_no_alarm_and_what_was_open_stays_as_it_was(world):
    world.see(A)
    world.answer(ADMITTED)
    world.touch(Contact.EMERGENCY)
    for _ in range(5):
        world.go_through()
    world.wait(20)
    assert world.steps("scan-1")[-1] == "opened"
    assert world.notes() == ["emergency_on"]


def test_an_answer_that_comes_in_an_emergency_is_kept_for_the_guest_s_next_presentation(world):
    world.see(A)
    world.touch(Contact.EMERGENCY)
    world.answer(ADMITTED)
    world.wait(2)
    assert world.shown[-1][0] is State.EMERGENCY
    world.touch(Contact.EMERGENCY, active=False)
    world.wait(5)
    assert world.pulses() == []
    world.see(A)
    assert world.pulses() == ["scan-1"]
    assert world.asked == []


def test_whose_turn_had_not_come_when_an_emergency_began_is_opened_for_at_the_next_presentation(world):
    for ticket in (A, B):
        world.see(ticket)
        world.answer(ADMITTED)
        world.wait(1)
    world.touch(Contact.EMERGENCY)
    world.wait(1)
    world.touch(Contact.EMERGENCY, active=False)
    world.wait(5)
    assert world.pulses() == ["scan-1"]
    world.see(B)
    assert world.pulses() == ["scan-1", "scan-2"]


def test_an_emergency_opens_also_when_the_journal_can_not_be_written_and_is_noted_when_it_can(world):
    world.disk_fills()
    world.touch(Contact.EMERGENCY)
    world.wait(1)
    assert world.order[0][0] == "hold"
    world.touch(Contact.EMERGENCY, active=False)
    world.wait(1)
    world.disk_has_room()
    world.wait(1.2)
    assert world.notes() == ["emergency_on", "emergency_off"]


def test_somebody_who_wants_out_gets_out_in_an_emergency_too(world):
    world.touch(Contact.EMERGENCY)
    world.touch(Contact.EXIT_REQUEST)
    world.wait(0.2)
    assert ("let out", "exit_request") in [(what, cause) for what, cause, _ in world.order]


def test_the_unlock_input_opens_pairing_when_it_is_pressed_and_not_when_it_is_let_go(world):
    world.touch(Contact.UNLOCK)
    world.touch(Contact.UNLOCK, active=False)
    assert [what for what, _, _ in world.order] == ["unlock"]


def test_an_opened_housing_is_journaled_both_ways_and_signalled(world):
    world.touch(Contact.TAMPER)
    assert world.shown[-1][0] is State.ALARM
    world.wait(0.1)
    world.touch(Contact.TAMPER, active=False)
    world.wait(0.1)
    assert world.notes() == ["tamper_on", "tamper_off"]
