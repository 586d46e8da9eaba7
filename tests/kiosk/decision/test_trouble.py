"""What fails between a guest and the gate: late and doubled answers, a gate or a card that fails, restarts."""

from dataclasses import replace

from kiosk.attempt import Entry, Step
from kiosk.codes import TicketCode
from kiosk.edges import Pulsed, State
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown
from tests.kiosk.decision.world import DEVICE

A, B, C = (TicketCode(f"data{n}:sig", f"00000000-0000-4000-8000-00000000000{n}", b"data", b"sig") for n in (1, 2, 3))
FORGED_A, SALTED_A = (replace(A, text=f"data1:{sig}", signature=sig.encode()) for sig in ("forged", "salted"))
USED = refused(Reason.ALREADY_SCANNED)
AWAY = unknown(Fault.NO_NETWORK)


def test_a_gate_that_is_not_ready_is_unknown_and_opens_as_soon_as_it_is(world):
    world.ready = False
    world.see(A)
    world.answer(ADMITTED)
    assert world.verdicts() == [("unknown", None)]
    world.ready = True
    world.wait(1.2, A)
    assert world.pulses() == ["scan-1"]
    assert world.asked == []


def test_an_answer_that_comes_twice_opens_once_while_the_code_is_held(world):
    world.see(A)
    question = world.asked.pop()
    world.answer(ADMITTED, question)
    world.wait(3, A)
    world.answer(ADMITTED, question)
    world.wait(3, A)
    assert world.pulses() == ["scan-1"]


def test_an_answer_that_comes_again_after_the_passage_opens_for_nobody_later(world):
    world.see(A)
    question = world.asked.pop()
    world.answer(ADMITTED, question)
    world.wait(6)
    world.answer(ADMITTED, question)
    world.present(A, USED)
    assert world.pulses() == ["scan-1"]
    assert world.verdicts()[-1] == ("refused", "already_scanned")


def test_a_late_answer_of_an_old_attempt_does_not_hide_the_new_one(world):
    world.see(A)
    old = world.asked.pop()
    world.answer(USED, old)
    world.wait(6)
    world.see(A)
    world.answer(AWAY)
    world.wait(6)
    world.answer(USED, old)
    world.see(A)
    assert world.asked[0].scan_id == "scan-2"


def test_a_gate_that_fails_when_a_guest_s_turn_comes_opens_later_while_the_code_is_held(world):
    world.see(A)
    world.answer(ADMITTED)
    world.wait(0.6)
    world.see(B)
    world.answer(ADMITTED)
    world.ready = False
    world.wait(2, B)
    assert (State.UNKNOWN, unknown(Fault.GATE)) in world.shown
    world.ready = True
    world.wait(2, B)
    assert world.pulses() == ["scan-1", "scan-2"]


def test_a_pulse_that_is_not_confirmed_sends_the_guest_to_the_staff_and_is_never_given_again(world):
    world.pulsed = Pulsed.UNSURE
    world.see(A)
    world.answer(ADMITTED)
    assert world.shown[-1][1].reason is Reason.ASK_STAFF
    world.pulsed = Pulsed.GIVEN
    world.wait(6)
    world.present(A, USED)
    assert world.pulses() == ["scan-1"]
    assert world.shown[-2][1] == refused(Reason.ASK_STAFF)


def test_died_between_opening_and_opened_asks_the_staff_and_is_not_called_used(world):
    world.journal.write(_entry(Step.ATTEMPT, "old", A), _answered("old", ADMITTED), _entry(Step.OPENING, "old"))
    world.start()
    assert world.pulses() == []
    world.present(A, USED)
    assert world.verdicts() == [("refused", "ask_staff")]
    assert world.pulses() == []


def test_died_after_the_answer_opens_at_the_next_presentation_and_not_before(world):
    world.journal.write(_entry(Step.ATTEMPT, "old", A), _answered("old", ADMITTED))
    world.start()
    world.wait(10)
    assert world.pulses() == []
    world.see(A)
    assert world.pulses() == ["old"]
    assert world.asked == []


def test_a_forged_code_never_gets_the_admission_that_waits_for_the_true_one(world):
    world.leave_waiting(A)
    world.see(FORGED_A)
    world.answer(refused(Reason.INVALID_SIGNATURE))
    world.wait(6)
    assert world.pulses() == []
    world.see(A)
    assert world.pulses() == ["scan-1"]
    assert world.asked == []


def test_a_forged_code_does_not_end_the_attempt_whose_answer_was_lost(world):
    world.present(A, AWAY)
    world.present(FORGED_A, refused(Reason.INVALID_SIGNATURE))
    world.see(A)
    assert world.asked[0].scan_id == "scan-1"
    world.answer(ADMITTED)
    assert world.pulses() == ["scan-1"]


def test_a_forged_code_that_began_the_attempt_neither_ends_it_nor_gets_its_admission(world):
    world.present(FORGED_A, AWAY)
    world.present(A, AWAY)
    world.present(FORGED_A, refused(Reason.INVALID_SIGNATURE))
    world.ready = False
    world.present(A, ADMITTED)
    world.ready = True
    world.see(FORGED_A)
    world.answer(refused(Reason.INVALID_SIGNATURE))
    assert world.pulses() == []
    world.wait(6)
    world.see(A)
    assert world.pulses() == ["scan-1"]


def test_a_forged_code_does_not_stand_for_the_guest_who_was_told_to_wait_and_left(world):
    world.see(A)
    world.answer(AWAY)
    world.wait(1.2, FORGED_A)
    assert world.asked == []
    assert world.pulses() == []


def test_another_genuine_code_of_the_ticket_gets_the_admission_that_waits(world):
    world.leave_waiting(A)
    world.see(SALTED_A)
    world.answer(USED)  # the server checked its signature first
    assert world.pulses() == ["scan-1"]
    world.wait(6)
    world.present(SALTED_A, USED)
    assert world.pulses() == ["scan-1"]


def test_a_journal_that_cannot_be_written_admits_nobody_and_goes_on_when_it_can(world):
    world.see(A)
    world.disk_fills()
    world.answer(ADMITTED)
    assert world.pulses() == []
    assert (State.UNKNOWN, unknown(Fault.JOURNAL)) in world.shown
    world.disk_has_room()
    world.wait(1.2, A)
    world.answer(ADMITTED)  # the server says the same again to the same scan id
    assert world.pulses() == ["scan-1"]


def _entry(step, scan_id, ticket=None):
    if ticket is None:
        return Entry(step, scan_id)
    return Entry(step, scan_id, ticket.uuid, "scan", ticket.digest, DEVICE)


def _answered(scan_id, verdict):
    return Entry(Step.ANSWERED, scan_id, verdict=verdict)


def test_what_a_gate_only_looked_at_meanwhile_ends_no_attempt_to_enter(world):
    """Set to check for an hour: a scan before that had no answer, and perhaps the server had admitted its guest."""
    world.see(A)
    world.journal.write(Entry(Step.ASKED, "scan-1"))
    world.answer(AWAY)
    world.wait(6)
    for world.action, verdict in (("check", USED), ("scan", ADMITTED)):
        world.journal.close()
        world.start()
        world.see(A)
        question = world.asked[0]
        world.answer(verdict)
        world.wait(6)
    assert (question.scan_id, question.unanswered) == ("scan-1", True)
    assert world.pulses() == ["scan-1"]


def test_what_an_earlier_pairing_admitted_opens_for_nobody_whom_the_server_of_now_was_not_asked_for(world):
    """Another evening, another server perhaps, to which that ticket is nothing; or the same, which calls it used."""
    world.leave_waiting(A)
    world.leave_waiting(B)
    world.device = "d0000000-0000-4000-8000-000000000002"
    world.meet()
    world.present(A, refused(Reason.UNKNOWN_TICKET))
    world.present(B, USED)
    assert world.pulses() == []
    assert world.verdicts()[-2:] == [("refused", "unknown_ticket"), ("refused", "ask_staff")]
