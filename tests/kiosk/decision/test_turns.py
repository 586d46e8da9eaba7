"""The passage sensor and the way out: who went through, who turned back, who came in behind, and what is given back."""

import os

import pytest

from kiosk.attempt import Entry, Step
from kiosk.codes import TicketCode
from kiosk.edges import Contact, Pulsed, State
from kiosk.turns import SLOW_LINE_S, UNUSED_IN_A_ROW
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown

TICKETS = [
    TicketCode(f"data{n}:sig", f"00000000-0000-4000-8000-00000000000{n}", f"data{n}".encode(), b"sig") for n in range(9)
]
A, B = TICKETS[:2]
USED = refused(Reason.ALREADY_SCANNED)
AWAY = unknown(Fault.NO_NETWORK)


@pytest.fixture
def world(world_in, tmp_path):
    return world_in(tmp_path, passage_s=8.0)


def admit(world, ticket):
    world.see(ticket)
    world.answer(ADMITTED)


def test_who_went_through_is_journaled_and_the_gate_is_shut_and_ready_for_the_next(world):
    admit(world, A)
    world.wait(2)
    world.go_through()
    assert world.steps("scan-1") == ["attempt", "answered", "opening", "opened", "passed"]
    assert world.order[-1][0] == "shut"
    assert world.shown[-1][0] is State.READY


def test_who_holds_the_code_up_again_while_the_gate_waits_for_them_is_shown_the_way_and_gets_no_second_pulse(world):
    admit(world, A)
    world.wait(4)
    world.see(A)
    assert world.asked == []
    assert world.shown[-1] == (State.ADMITTED, ADMITTED)
    world.wait(1, A)
    world.go_through()
    assert world.pulses() == ["scan-1"]
    world.wait(5)
    world.present(A, USED)
    assert world.verdicts()[-1] == ("refused", "already_scanned")


def test_the_next_in_the_queue_waits_until_the_one_before_has_gone_through(world):
    admit(world, A)
    world.wait(1)
    admit(world, B)
    world.wait(4)
    assert world.pulses() == ["scan-1"]
    world.go_through()
    world.wait(0.1)
    assert world.pulses() == ["scan-1", "scan-2"]


def test_nobody_through_in_time_shuts_the_gate_and_a_second_later_gives_the_admission_back(world):
    admit(world, A)
    world.wait(8.1)
    assert world.order[-1][0] == "shut"
    assert world.steps("scan-1")[-1] == "opened"
    world.wait(1)
    assert world.steps("scan-1")[-1] == "not_passed"


def test_a_passage_that_began_in_time_and_ends_a_little_late_is_one(world):
    admit(world, A)
    world.wait(8.5)
    world.go_through()
    world.wait(5)
    assert world.steps("scan-1")[-1] == "passed"
    assert world.notes() == []


def test_a_guest_who_turned_back_gets_in_again_within_ten_minutes_once_and_without_a_server(world):
    admit(world, A)
    world.wait(30)
    world.see(A)
    assert world.asked == []
    assert world.pulses() == ["scan-1", "scan-1"]
    world.wait(30)
    world.present(A, USED)
    assert world.pulses() == ["scan-1", "scan-1"]
    assert world.verdicts()[-1] == ("refused", "already_scanned")


def test_the_grace_ends_after_ten_minutes(world):
    admit(world, A)
    world.wait(9.1)
    world.now += 600
    world.present(A, USED)
    assert world.pulses() == ["scan-1"]


def test_a_grace_that_could_not_be_given_does_not_last_longer_for_it(world):
    admit(world, A)
    world.wait(9.1)
    world.now += 300
    world.pulsed = Pulsed.NOT_GIVEN
    world.see(A)
    assert world.steps("scan-1")[-1] == "not_opened"
    world.pulsed = Pulsed.GIVEN
    world.now += 400
    world.present(A, USED)
    assert world.pulses() == ["scan-1", "scan-1"]  # the second was not given


def test_the_grace_outlives_a_restart(world):
    admit(world, A)
    world.wait(10)
    world.journal.close()
    world.start()
    world.wait(1)
    world.see(A)
    assert world.pulses() == ["scan-1", "scan-1"]


def test_the_grace_is_not_for_another_code_of_the_ticket_until_the_server_has_looked_at_it(world, salted):
    admit(world, A)
    world.wait(30)
    forged = salted(A, "forged")
    world.present(forged, refused(Reason.INVALID_SIGNATURE))
    assert world.pulses() == ["scan-1"]
    world.see(salted(A, "genuine"))
    world.answer(USED)
    assert world.pulses() == ["scan-1", "scan-1"]


def test_at_a_server_that_takes_admissions_back_the_journal_says_what_is_to_be_annulled_and_nothing_opens_on_grace(
    world_in, tmp_path
):
    world = world_in(tmp_path, passage_s=8.0, giving="annul")
    admit(world, A)
    world.wait(10)
    assert [attempt.scan_id for attempt in world.journal.to_annul()] == ["scan-1"]
    world.see(A)
    assert world.pulses() == ["scan-1"]
    assert world.asked[0].scan_id == "scan-2"


def test_two_through_on_one_admission_is_tailgating_and_signalled(world):
    admit(world, A)
    world.wait(2)
    world.go_through()
    world.wait(1)
    world.go_through()
    assert world.notes() == ["tailgating"]
    assert world.shown[-1][0] is State.ALARM


def test_somebody_through_on_no_admission_is_forced_and_signalled(world):
    world.wait(1)
    world.go_through()
    assert world.notes() == ["forced"]
    assert world.shown[-1][0] is State.ALARM
    world.wait(5)
    assert world.shown[-1][0] is State.READY


def test_a_sensor_that_sees_nobody_any_more_gives_nothing_back_until_it_does(world):
    for ticket in TICKETS[:UNUSED_IN_A_ROW]:
        admit(world, ticket)
        world.wait(12)
    assert world.doubted == [True]
    last = TICKETS[UNUSED_IN_A_ROW - 1]
    assert world.journal.owed(last.uuid) is None
    world.present(last, USED)
    assert world.shown[-2][1] == refused(Reason.ASK_STAFF)
    admit(world, TICKETS[8])
    world.go_through()
    assert world.doubted == [True, False]


def test_an_exit_request_opens_once_journaled_before_and_its_passage_is_no_alarm(world):
    world.touch(Contact.EXIT_REQUEST)
    world.touch(Contact.EXIT_REQUEST)
    world.wait(1)
    assert [(what, cause) for what, cause, _ in world.order] == [("let out", "exit_request")]
    world.go_through()
    world.wait(5)
    assert world.notes() == ["exit_request"]
    assert len(world.order) == 2


def test_an_exit_request_waits_until_the_guest_before_has_gone_through(world):
    admit(world, A)
    world.touch(Contact.EXIT_REQUEST)
    world.wait(3)
    assert world.notes() == []
    world.go_through()
    world.wait(0.1)
    assert world.notes() == ["exit_request"]


def test_an_exit_that_can_not_be_journaled_does_not_open(world):
    world.disk_fills()
    world.touch(Contact.EXIT_REQUEST)
    world.wait(1)
    assert world.order == []


def test_an_order_that_surely_was_not_given_is_given_at_the_next_try(world):
    world.pulsed = Pulsed.NOT_GIVEN
    admit(world, A)
    assert world.steps("scan-1") == ["attempt", "answered", "opening", "not_opened"]
    world.pulsed = Pulsed.GIVEN
    world.wait(2.5, A)
    assert world.steps("scan-1")[-2:] == ["opening", "opened"]
    assert world.asked == []


def test_an_opening_that_can_not_be_known_is_settled_by_the_sensor(world):
    world.pulsed = Pulsed.UNSURE
    admit(world, A)
    assert world.journal.is_doubtful(A.uuid)
    world.go_through()
    assert world.steps("scan-1")[-1] == "passed"
    assert not world.journal.is_doubtful(A.uuid)


@pytest.fixture
def slow_card(world, monkeypatch):
    """From its call on each line takes the card so many seconds."""
    world.turns.seconds_since = lambda moment: world.now - moment
    sync = os.fsync

    def begin(seconds):
        def on_a_bad_card(descriptor):
            sync(descriptor)
            world.now += seconds

        monkeypatch.setattr(os, "fsync", on_a_bad_card)

    return begin


def test_a_pulse_whose_line_took_the_card_so_long_that_another_may_stand_there_is_not_given(world, slow_card):
    world.see(A)
    slow_card(SLOW_LINE_S + 0.1)
    world.answer(ADMITTED)
    assert world.pulses() == []
    assert world.verdicts()[-1] == ("unknown", None)
    assert world.steps("scan-1") == ["attempt", "answered", "opening", "not_opened"]
    slow_card(0)
    world.wait(1)
    world.see(A)
    assert world.pulses() == ["scan-1"]


def test_a_line_that_took_a_moment_costs_nobody_their_pulse(world, slow_card):
    world.see(A)
    slow_card(SLOW_LINE_S - 0.1)
    world.answer(ADMITTED)
    assert world.pulses() == ["scan-1"]


def test_a_way_out_whose_line_took_too_long_is_not_given_and_asked_for_again_it_is(world, slow_card):
    slow_card(SLOW_LINE_S + 0.1)
    world.turns.exit_requested()
    world.tick()
    slow_card(0)
    world.wait(1)
    assert [what for what, _, _ in world.order] == []
    world.turns.exit_requested()
    world.wait(0.1)
    assert [what for what, _, _ in world.order] == ["let out"]


def test_a_gate_that_stood_still_opens_for_nobody_who_waited_in_the_queue(world):
    admit(world, A)
    world.wait(1)
    admit(world, B)
    world.wait(0.5)
    world.go_through()
    world.now += 30
    world.wait(1)
    assert world.pulses() == ["scan-1"]
    world.see(B)
    assert world.pulses() == ["scan-1", "scan-2"]


@pytest.mark.parametrize("hears", ["before", "after"])
def test_a_gate_that_stood_still_lets_out_whoever_presses_again_and_nobody_who_pressed_before(world, hears):
    admit(world, A)
    world.wait(1)
    if hears == "before":
        world.touch(Contact.EXIT_REQUEST)  # waits for who goes in
        world.tick()
    world.now += 30
    if hears == "after":  # the edge waited in the queue of news
        world.touch(Contact.EXIT_REQUEST)
    world.wait(3)
    assert world.notes() == []
    world.touch(Contact.EXIT_REQUEST)
    world.wait(0.1)
    assert [what for what, _, _ in world.order if what == "let out"] == ["let out"]


def test_a_gate_that_stood_still_can_not_know_whether_somebody_went_through_and_gives_nothing_back(world):
    admit(world, A)
    world.wait(1)
    world.now += 30
    world.wait(2)
    assert world.steps("scan-1")[-1] == "not_passed"
    world.present(A, USED)
    assert world.pulses() == ["scan-1"]
    assert world.verdicts()[-1] == ("refused", "ask_staff")


def test_an_opening_while_the_contacts_were_not_read_is_in_doubt_and_given_back_to_nobody(world):
    world.turns.was_blind = lambda since, now: since <= 100.5 <= now  # for a moment only, right after the pulse
    admit(world, A)
    world.wait(12)
    world.present(A, USED)
    assert world.verdicts()[-1] == ("refused", "ask_staff")
    admit(world, B)
    world.wait(30)
    world.see(B)
    assert world.pulses() == ["scan-1", "scan-3", "scan-3"]


def test_a_gate_that_died_while_it_watched_for_a_passage_sends_the_guest_to_the_staff(world):
    admit(world, A)
    world.wait(1)
    world.journal.close()
    world.start()
    world.wait(3)
    world.present(A, USED)
    assert world.verdicts()[-1] == ("refused", "ask_staff")


def test_an_answer_that_comes_after_a_standstill_opens_for_nobody_who_is_gone(world):
    world.see(A)
    world.now += 6
    world.answer(ADMITTED)
    assert world.pulses() == []
    world.wait(1)
    world.see(A)
    assert world.pulses() == ["scan-1"]


def test_an_attempt_of_this_gate_under_an_older_pairing_is_no_proof_that_the_ticket_was_used(world_in, tmp_path):
    world = world_in(tmp_path)
    world.see(A)
    world.journal.write(Entry(Step.ASKED, "scan-1"))
    world.answer(AWAY)
    world.wait(6)
    world.journal.close()
    world.device = "d0000000-0000-4000-8000-000000000002"
    world.start()
    world.present(A, USED)
    world.present(A, USED)
    assert world.verdicts() == [("unknown", None), ("refused", "ask_staff"), ("refused", "ask_staff")]


def test_who_turned_back_and_whose_admission_the_server_keeps_is_sent_to_the_staff_and_not_called_used(
    world_in, tmp_path
):
    world = world_in(tmp_path, passage_s=8.0, giving="annul")
    admit(world, A)
    world.wait(10)
    world.journal.write(Entry(Step.ANNULLED, "scan-1", given_back=False))
    world.present(A, USED)
    assert world.verdicts()[-1] == ("refused", "ask_staff")
    assert world.pulses() == ["scan-1"]


def test_a_scan_id_that_the_server_knows_as_another_s_is_not_used_again(world):
    world.present(A, unknown(Fault.SCAN_ID_REUSED))
    world.see(A)
    assert world.asked[0].scan_id == "scan-2"
