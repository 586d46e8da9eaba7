"""The decision and the journal together: real Journal on disk, edges that only remember what they were told."""

import itertools
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kiosk.attempt import Entry, Step
from kiosk.codes import PairingCode, TicketCode, Unreadable
from kiosk.edges import State
from kiosk.journal import Journal, read_lines
from kiosk.passage import Passage
from kiosk.verdict import ADMITTED, Fault, Outcome, Reason, refused, unknown

A, B, C = (TicketCode(f"data{n}:sig", f"00000000-0000-4000-8000-00000000000{n}", b"data", b"sig") for n in (1, 2, 3))
FORGED_A, SALTED_A = (replace(A, text=f"data1:{sig}", signature=sig.encode()) for sig in ("forged", "salted"))
RUBBISH = Unreadable("not_a_code", "d1ge57")
PAIRING = PairingCode("https://tickets.example", "/api/scan", "token")
USED = refused(Reason.ALREADY_SCANNED)
AWAY = unknown(Fault.NO_NETWORK)
REST_S = 1.3


class World:
    """The edges. ``order`` holds what happened in the order it did."""

    def __init__(self, folder, action="scan"):
        self.folder, self.action = folder, action
        self.now = 100.0
        self.order, self.asked, self.shown, self.traced = [], [], [], []
        self.ready, self.confirms = True, True
        self.ids = (f"scan-{n}" for n in itertools.count(1))
        self.start()

    def start(self):
        """A new process on the same folder: what the memory held is gone."""
        self.journal = Journal(self.folder)
        self.passage = Passage(
            asker=self,
            gate=self,
            journal=self.journal,
            signs=self,
            trace=lambda event, **fields: self.traced.append((event, fields)),
            action=self.action,
            rest_s=REST_S,
            new_scan_id=lambda: next(self.ids),
        )
        self.asked = []

    def ask(self, question):
        self.asked.append(question)
        self.order.append(("ask", question.scan_id, self.steps(question.scan_id)))

    def is_ready(self):
        return self.ready

    def pulse(self, scan_id):
        self.order.append(("pulse", scan_id, self.steps(scan_id)))
        return self.confirms

    def show(self, state, verdict=None, trouble=None):
        self.shown.append((state, verdict))

    def steps(self, scan_id):
        """The attempt's steps as they stand on disk."""
        return [line["step"] for line in read_lines(self.folder) if line["scan_id"] == scan_id]

    def pulses(self):
        return [scan_id for what, scan_id, _ in self.order if what == "pulse"]

    def verdicts(self):
        return [(f["verdict"], f["reason"]) for event, f in self.traced if event == "verdict"]

    def see(self, *codes):
        self.passage.seen(codes, self.now, read_ms=5.0)

    def wait(self, seconds, *codes):
        """Let time pass in steps of 0.1 s, with these codes in view, or an empty street."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.see(*codes)
            self.passage.tick(self.now)

    def answer(self, verdict, question=None):
        question = question or self.asked.pop(0)
        self.passage.answered(question.scan_id, verdict, self.now)

    def present(self, code, verdict):
        """A whole presentation: held up, answered, and gone for long enough."""
        self.see(code)
        if self.asked:
            self.answer(verdict)
        self.wait(6)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


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
    world.journal.write(_entry(Step.ASKED, "scan-2"))
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
    world.see(A)
    world.answer(AWAY)
    world.wait(1.2, A)
    late = world.asked.pop()
    world.wait(1)
    world.answer(ADMITTED, late)
    assert world.pulses() == []
    world.wait(6)
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
        world.see(ticket)
        world.answer(ADMITTED)
        world.wait(0.2)
    assert world.pulses() == ["scan-1"]
    world.wait(REST_S)
    assert world.pulses() == ["scan-1", "scan-2"]
    world.wait(REST_S)
    assert world.pulses() == ["scan-1", "scan-2", "scan-3"]
    world.wait(10)
    assert len(world.pulses()) == 3


def test_a_sheet_with_two_tickets_is_one_person_until_each_is_shown_alone(world):
    world.see(A, B)
    world.answer(ADMITTED)
    world.wait(3, A, B)
    world.wait(3, B)
    assert world.pulses() == ["scan-1"]
    world.wait(1)
    world.see(B)
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


def test_a_gate_that_only_checks_gives_no_pulse_and_opens_for_nobody_later(tmp_path):
    world = World(tmp_path, action="check")
    world.present(A, ADMITTED)
    world.present(A, ADMITTED)
    assert world.pulses() == []
    world.action = "scan"
    world.start()
    world.see(A)
    assert len(world.asked) == 1


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
    world.wait(0.2)
    world.see(B)
    world.answer(ADMITTED)
    world.ready = False
    world.wait(2, B)
    assert (State.UNKNOWN, unknown(Fault.GATE)) in world.shown
    world.ready = True
    world.wait(2, B)
    assert world.pulses() == ["scan-1", "scan-2"]


def test_a_pulse_that_is_not_confirmed_sends_the_guest_to_the_staff_and_is_never_given_again(world):
    world.confirms = False
    world.see(A)
    world.answer(ADMITTED)
    assert world.shown[-1][1].reason is Reason.ASK_STAFF
    world.confirms = True
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
    _leave_waiting(world)
    world.see(FORGED_A)
    world.answer(refused(Reason.INVALID_SIGNATURE))
    world.wait(6)
    assert world.pulses() == []
    world.see(A)
    assert world.pulses() == ["scan-1"]
    assert world.asked == []


def test_another_genuine_code_of_the_ticket_gets_the_admission_that_waits(world):
    _leave_waiting(world)
    world.see(SALTED_A)
    world.answer(USED)  # the server checked its signature first
    assert world.pulses() == ["scan-1"]
    world.wait(6)
    world.present(SALTED_A, USED)
    assert world.pulses() == ["scan-1"]


def _leave_waiting(world):
    """The answer came when the guest had been told to wait and had gone."""
    world.see(A)
    world.answer(AWAY)
    world.wait(1.2, A)
    late = world.asked.pop()
    world.wait(1)
    world.answer(ADMITTED, late)
    world.wait(6)
    assert world.pulses() == []


def test_a_journal_that_cannot_be_written_admits_nobody_and_goes_on_when_it_can(world):
    path = world.folder / "journal.jsonl"
    world.see(A)
    world.journal.close()
    kept = path.read_bytes()
    path.unlink()
    path.symlink_to("/dev/full")
    world.answer(ADMITTED)
    assert world.pulses() == []
    assert (State.UNKNOWN, unknown(Fault.JOURNAL)) in world.shown
    path.unlink()
    path.write_bytes(kept)
    world.wait(1.2, A)
    world.answer(ADMITTED)  # the server says the same again to the same scan id
    assert world.pulses() == ["scan-1"]


def test_the_lamps_return_to_ready_after_the_verdict_was_shown(world):
    world.see(A)
    world.answer(USED)
    world.wait(2.5)
    assert world.shown[-1][0] is State.REFUSED
    world.wait(1)
    assert world.shown[-1][0] is State.READY


def _entry(step, scan_id, ticket=None):
    if ticket is None:
        return Entry(step, scan_id)
    return Entry(step, scan_id, ticket.uuid, "scan", ticket.digest)


def _answered(scan_id, verdict):
    return Entry(Step.ANSWERED, scan_id, verdict=verdict)


class AnyOrder(RuleBasedStateMachine):
    """Presentations, answers, silence, restarts and a gate that fails, in any order; a server that admits once."""

    @initialize(folder=st.uuids())
    def begin(self, folder):
        self.world = World(Path(tempfile.mkdtemp(prefix=f"order-{folder}")))
        self.consumed = {}  # ticket uuid → the scan id that the server admitted it for

    def _server(self, question):
        owner = self.consumed.setdefault(question.ticket.uuid, question.scan_id)
        return ADMITTED if owner == question.scan_id else USED

    @rule(ticket=st.sampled_from([A, B, C]), beside=st.sampled_from([None, A, RUBBISH]))
    def hold_up(self, ticket, beside):
        self.world.see(*[code for code in (ticket, beside) if code is not None])

    @rule(seconds=st.sampled_from([0.1, 0.6, 1.2, 3.0, 6.0]), held=st.sampled_from([None, A, B]))
    def time_passes(self, seconds, held):
        self.world.wait(seconds, *([held] if held else []))

    @precondition(lambda self: self.world.asked)
    @rule(lost=st.sampled_from(["no", "request", "answer"]))
    def answer(self, lost):
        question = self.world.asked.pop(0)
        verdict = AWAY if lost == "request" else self._server(question)
        self.world.answer(AWAY if lost == "answer" else verdict, question)

    @rule()
    def restart(self):
        self.world.start()

    @rule(ready=st.booleans(), confirms=st.booleans())
    def gate_changes(self, ready, confirms):
        self.world.ready, self.world.confirms = ready, confirms

    @invariant()
    def every_pulse_has_its_opening_and_each_admission_one_pulse_at_most(self):
        if not hasattr(self, "world"):
            return
        pulses = self.world.pulses()
        assert len(set(pulses)) == len(pulses)
        for what, scan_id, steps in self.world.order:
            if what == "pulse":
                assert steps[-2:] == ["answered", "opening"] or steps[-1] == "opening"
                assert scan_id in self.consumed.values()

    @invariant()
    def a_ticket_gets_one_pulse_at_most(self):
        if hasattr(self, "world"):
            owners = {scan_id: ticket for ticket, scan_id in self.consumed.items()}
            tickets = [owners[scan_id] for scan_id in self.world.pulses()]
            assert len(set(tickets)) == len(tickets)

    def teardown(self):
        """When the faults end, everybody with a ticket gets in, but for those whom a failed pulse sent to the staff."""
        if not hasattr(self, "world"):
            return
        world = self.world
        world.ready = world.confirms = True
        while world.asked:
            self.world.answer(AWAY)
        world.wait(8)
        for ticket in (A, B, C):
            world.see(ticket)
            while world.asked:
                question = world.asked.pop(0)
                world.answer(self._server(question), question)
            world.wait(8)
            assert self.consumed[ticket.uuid] in world.pulses()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_outcomes_other_than_unknown_are_final():
    assert [AWAY.is_final, USED.is_final, ADMITTED.is_final] == [False, True, True]
    assert AWAY.outcome is Outcome.UNKNOWN
