"""Presentations as they go on every evening: repeats, queues, sheets, posters, and what the server could not say."""

from kiosk.attempt import Entry, Step
from kiosk.codes import PairingCode, TicketCode, Unreadable
from kiosk.edges import State
from kiosk.verdict import ADMITTED, Fault, Outcome, Reason, refused, unknown

A, B, C = (TicketCode(f"data{n}:sig", f"00000000-0000-4000-8000-00000000000{n}", b"data", b"sig") for n in (1, 2, 3))
RUBBISH = Unreadable("not_a_code", "d1ge57")
PAIRING = PairingCode("https://tickets.example", "/api/scan", "token")
USED = refused(Reason.ALREADY_SCANNED)
AWAY = unknown(Fault.NO_NETWORK)
REST_S = 1.3


def test_an_admitted_ticket_gets_one_pulse_with_its_opening_journaled_before(world):
    world.present(A, ADMITTED)
    assert world.order == [("ask", "scan-1", ["attempt"]), ("pulse", "scan-1", ["attempt", "answered", "opening"])]
    assert world.steps("scan-1") == ["attempt", "answered", "opening", "opened"]
    assert world.verdicts() == [("admitted", None)]


def test_a_refused_ticket_gets_no_pulse_and_its_reason_is_shown(world):
    world.present(A, USED)
    assert world.pulses() == []
    assert (State.REFUSED, USED) in world.shown


def test_a_code_held_still_is_asked_for_once(world):
    world.see(A)
    world.answer(ADMITTED)
    world.wait(30, A)
    assert world.asked == []
    assert world.pulses() == ["scan-1"]


def test_a_code_that_leaves_for_a_moment_is_no_new_presentation(world):
    world.see(A)
    world.answer(ADMITTED)
    world.wait(4, A)
    world.wait(0.4)
    world.wait(4, A)
    assert world.asked == []


def test_a_code_that_comes_back_after_half_a_second_is_a_repeat_until_two_and_a_half_seconds_have_passed(world):
    world.see(A)
    world.answer(ADMITTED)
    world.wait(0.8)
    world.wait(1.5, A)
    assert world.asked == []
    world.wait(0.4, A)
    assert [question.scan_id for question in world.asked] == ["scan-2"]


def test_every_presentation_after_a_final_verdict_is_a_new_attempt(world):
    world.present(A, ADMITTED)
    world.present(A, USED)
    assert [scan_id for what, scan_id, _ in world.order if what == "ask"] == ["scan-1", "scan-2"]
    assert world.verdicts() == [("admitted", None), ("refused", "already_scanned")]


def test_a_presentation_after_unknown_goes_on_with_the_same_scan_id(world):
    world.present(A, AWAY)
    world.see(A)
    assert world.asked[0].scan_id == "scan-1"
    assert not world.asked[0].unanswered
    world.answer(ADMITTED)
    assert world.pulses() == ["scan-1"]


def test_the_question_says_when_a_consuming_request_had_no_answer_and_when_the_ticket_was_admitted_here(world):
    world.present(B, ADMITTED)
    world.see(A)
    world.journal.write(Entry(Step.ASKED, "scan-2"))
    world.answer(AWAY)
    world.wait(6)
    world.see(A)
    assert world.asked[0].unanswered
    assert not world.asked.pop().admitted_before
    world.wait(6)
    world.see(B)
    assert world.asked[-1].admitted_before


def test_without_an_answer_it_goes_on_asking_while_the_code_is_in_view_and_opens_when_one_comes(world):
    world.see(A)
    world.answer(AWAY)
    world.wait(1.2, A)
    assert len(world.asked) == 1
    world.answer(ADMITTED)
    assert world.pulses() == ["scan-1"]


def test_an_answer_after_the_guest_was_told_to_wait_and_left_opens_at_the_next_presentation_without_asking(world):
    world.leave_waiting(A)
    assert world.pulses() == []
    world.see(A)
    assert world.asked == []
    assert world.pulses() == ["scan-1"]


def test_an_answer_in_time_opens_though_the_phone_was_taken_away(world):
    world.see(A)
    world.wait(1.5)
    world.answer(ADMITTED)
    assert world.pulses() == ["scan-1"]


def test_admissions_queue_and_the_gate_rests_between_two_pulses(world):
    for ticket in (A, B, C):
        world.wait(0.6)
        world.see(ticket)
        world.answer(ADMITTED)
    assert world.pulses() == ["scan-1"]
    world.wait(REST_S)
    assert world.pulses() == ["scan-1", "scan-2"]
    world.wait(REST_S)
    assert world.pulses() == ["scan-1", "scan-2", "scan-3"]
    world.wait(10)
    assert len(world.pulses()) == 3


def test_a_sheet_with_two_tickets_is_one_person_until_the_other_is_shown_alone(world):
    world.see(A, B)
    world.answer(ADMITTED)
    world.wait(6, A, B)
    assert world.asked == []
    world.wait(1, B)
    assert world.asked[0].ticket is B


def test_a_sheet_of_which_each_frame_reads_another_ticket_is_one_person(world):
    world.see(A)
    world.answer(ADMITTED)
    for _ in range(20):
        world.wait(0.1, B)
        world.wait(0.1, A)
    assert world.asked == []
    assert world.pulses() == ["scan-1"]


def test_the_next_guest_who_is_early_is_served_as_soon_as_the_one_before_has_lowered_the_phone(world):
    world.see(A)
    world.answer(ADMITTED)
    world.wait(1, A, B)
    world.wait(0.4, B)
    assert world.asked == []
    world.wait(0.2, B)
    assert world.asked[0].ticket is B


def test_a_refused_ticket_that_stays_on_the_wall_keeps_nobody_waiting(world):
    world.see(A)
    world.answer(USED)
    world.wait(2.6, A)
    world.wait(0.1, A, B)
    assert world.asked[0].ticket is B
    world.answer(ADMITTED)
    assert world.pulses() == ["scan-2"]


def test_a_good_ticket_that_stays_in_view_keeps_others_waiting_for_a_while_only(world):
    world.see(A)
    world.answer(ADMITTED)
    world.wait(9, A, B)
    assert world.asked == []
    world.wait(1.2, A, B)
    assert world.asked[0].ticket is B


def test_rubbish_is_refused_once_without_a_question(world):
    world.see(RUBBISH)
    world.wait(20, RUBBISH)
    assert world.verdicts() == [("refused", "not_a_ticket")]
    assert world.asked == []


def test_a_poster_behind_a_guest_is_not_talked_about(world):
    world.see(A)
    world.wait(1, RUBBISH)
    world.answer(ADMITTED)
    assert world.verdicts() == [("admitted", None)]


def test_a_paired_gate_ignores_pairing_codes(world):
    world.see(PAIRING)
    world.wait(1, PAIRING)
    assert (world.asked, world.verdicts(), world.shown) == ([], [], [])


def test_a_gate_that_only_checks_gives_no_pulse_and_opens_for_nobody_later(tmp_path, world_in):
    world = world_in(tmp_path, action="check")
    world.present(A, ADMITTED)
    world.present(A, ADMITTED)
    assert world.pulses() == []
    world.action = "scan"
    world.start()
    world.see(A)
    assert len(world.asked) == 1


def test_the_lamps_return_to_ready_after_the_verdict_was_shown(world):
    world.see(A)
    world.answer(USED)
    world.wait(2.5)
    assert world.shown[-1][0] is State.REFUSED
    world.wait(1)
    assert world.shown[-1][0] is State.READY


def test_outcomes_other_than_unknown_are_final():
    assert [AWAY.is_final, USED.is_final, ADMITTED.is_final] == [False, True, True]
    assert AWAY.outcome is Outcome.UNKNOWN
