"""The decision with its journal as a machine: presentations, answers, faults in any order, with a model server."""

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from kiosk.codes import TicketCode, Unreadable
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown

A, B, C = (TicketCode(f"data{n}:sig", f"00000000-0000-4000-8000-00000000000{n}", b"data", b"sig") for n in (1, 2, 3))
FORGED = replace(A, text="data1:forged", signature=b"forged")
SALTED = replace(B, text="data2:salted", signature=b"salted")
RUBBISH = Unreadable("not_a_code", "d1ge57")
AWAY = unknown(Fault.NO_NETWORK)


class AnyOrder(RuleBasedStateMachine):
    """One gate, three tickets, a forged copy of one and a second genuine code of another; a server that admits once."""

    def __init__(self, world):
        super().__init__()
        self.world = world
        self.consumed = {}  # ticket uuid → the scan id that the server admitted it for
        self.told = []  # (question, answer) as they went over the wire: any of them may come again
        self.finals = {}  # scan id → its first final verdict in the journal

    def server(self, question):
        """What the server says; the same scan id gets the same answer again."""
        if question.ticket == FORGED:
            return refused(Reason.INVALID_SIGNATURE)
        owner = self.consumed.setdefault(question.ticket.uuid, question.scan_id)
        return ADMITTED if owner == question.scan_id else refused(Reason.ALREADY_SCANNED)

    @rule(code=st.sampled_from([A, B, C, FORGED, SALTED]), beside=st.sampled_from([None, A, RUBBISH]))
    def hold_up(self, code, beside):
        self.world.see(*[shown for shown in (code, beside) if shown is not None])

    @rule(seconds=st.sampled_from([0.1, 0.6, 1.2, 3.0, 6.0]), held=st.sampled_from([None, A, B, FORGED, SALTED]))
    def time_passes(self, seconds, held):
        self.world.wait(seconds, *([held] if held else []))

    @precondition(lambda self: self.world.asked)
    @rule(lost=st.sampled_from(["no", "no", "request", "answer"]))
    def answer(self, lost):
        question = self.world.asked.pop(0)
        verdict = AWAY if lost == "request" else self.server(question)
        self.told.append((question, verdict))
        self.world.answer(AWAY if lost == "answer" else verdict, question)

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 20))
    def answer_again(self, which):
        question, verdict = self.told[-1 - which % len(self.told)]
        self.world.answer(verdict, question)

    @rule()
    def restart(self):
        self.world.disk_has_room()
        self.world.journal.close()
        self.world.start()
        self.told.clear()  # what was under way died with the process

    @rule(ready=st.booleans(), confirms=st.booleans())
    def gate_changes(self, ready, confirms):
        self.world.ready, self.world.confirms = ready, confirms

    @rule(full=st.booleans())
    def disk_changes(self, full):
        if full:
            self.world.disk_fills()
        else:
            self.world.disk_has_room()

    @invariant()
    def every_pulse_is_the_one_pulse_of_an_admission_and_was_journaled_before(self):
        pulses = self.world.pulses()
        assert len(set(pulses)) == len(pulses)
        for what, scan_id, steps in self.world.order:
            if what == "pulse":
                assert "answered" in steps
                assert steps[-1] == "opening"
                assert scan_id in self.consumed.values()
            else:
                assert steps[0] == "attempt"

    @invariant()
    def no_ticket_gets_two_pulses(self):
        owners = {scan_id: ticket for ticket, scan_id in self.consumed.items()}
        tickets = [owners[scan_id] for scan_id in self.world.pulses()]
        assert len(set(tickets)) == len(tickets)

    @invariant()
    def a_final_verdict_never_changes(self):
        for attempt in filter(None, (self.world.journal.last(ticket.uuid) for ticket in (A, B, C))):
            if attempt.verdict is not None and attempt.verdict.is_final:
                assert self.finals.setdefault(attempt.scan_id, attempt.verdict) == attempt.verdict

    def teardown(self):
        """When the faults end, everybody with a ticket gets in once, unless an earlier pulse was given for it."""
        world = self.world
        world.disk_has_room()
        world.ready = world.confirms = True
        world.wait(1)  # what was beside another ticket has left the view as well
        while world.asked or not world.passage.is_idle():
            for question in world.asked[:]:
                world.asked.remove(question)
                world.answer(AWAY, question)
            world.wait(1)
        for ticket in (A, B, C):
            world.see(ticket)
            while world.asked:
                question = world.asked.pop(0)
                world.answer(self.server(question), question)
            world.wait(8)
            assert world.pulses().count(self.consumed[ticket.uuid]) == 1


def test_in_any_order_of_events_each_admission_gets_one_pulse_and_nobody_with_a_ticket_is_lost(
    world_in, tmp_path_factory
):
    run_state_machine_as_test(
        lambda: AnyOrder(world_in(tmp_path_factory.mktemp("gate"))),
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
