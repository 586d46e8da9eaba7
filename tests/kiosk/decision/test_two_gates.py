"""Two gates at one server as a machine: people, packets, power, clocks and hands in any order, in three manners.

What is real: passage, turns, contacts, the journal on disk, giving back, the scan client and its socket. What is a
model: the server (``model_server``), and the people. What a gate may never do is checked where it is about to.
"""

import os
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from kiosk.codes import TicketCode
from kiosk.edges import Contact, Note
from kiosk.scan_client import client
from tests.kiosk.decision.gate_at_server import NEVER, QUICK_S, GateAtServer, Killed, Trouble
from tests.kiosk.decision.model_server import Fate, Manner, ModelServer

EXAMPLES = int(os.environ.get("PORTILLON_EXAMPLES", "50"))
A, B, C, CANCELLED = (
    TicketCode(f"data{n}:sig", f"00000000-0000-4000-8000-00000000000{n}", b"data", b"sig") for n in (1, 2, 3, 4)
)
FORGED = replace(A, text="data1:forged", signature=b"forged")
SALTED = replace(B, text="data2:salted", signature=b"salted")
CODES = {"A": A, "B": B, "C": C, "another of B": SALTED, "forged of A": FORGED, "cancelled": CANCELLED}
BOOK = {code.text: (code.uuid, code is not FORGED) for code in CODES.values()}

CODE = st.sampled_from([*CODES, "A", "B", "C"])
IN_VIEW = st.sampled_from([None, *CODES])
FATES = st.lists(st.sampled_from(Fate), max_size=2).flatmap(lambda fates: st.sampled_from([fates, [Fate.FINE, *fates]]))
CUT_OFF = st.sampled_from([False, False, False, True])
GATE = st.integers(0, 1)
TROUBLE = st.sampled_from([None, *Trouble])
LINGERS_S = 30.0  # longer than anybody's turn takes to come
HOW = st.integers(0, 39)  # which of a trouble's forms


@dataclass(frozen=True)
class Visit:
    """One guest: what they hold up, how often they try, and what happens meanwhile."""

    code: str
    tries: int
    walks_at: int  # the number of the try, from 0, at which they go through if they can
    minutes_between: int
    fates: list[Fate]
    is_cut_off: bool
    trouble: Trouble | None
    how: int
    trouble_at: int  # before which of the steps
    trouble_lasts: bool


VISIT = st.builds(
    Visit,
    code=CODE,
    tries=st.integers(1, 3),
    walks_at=st.integers(0, 3),
    minutes_between=st.sampled_from([0, 0, 11]),
    fates=FATES,
    is_cut_off=CUT_OFF,
    trouble=TROUBLE,
    how=HOW,
    trouble_at=st.integers(0, 6),
    trouble_lasts=st.booleans(),
)


class TwoGates(RuleBasedStateMachine):
    """Gate 0 has a passage sensor, gate 1 has none. ``open_gate(name, server, judge, passage_s)`` makes one."""

    def __init__(self, manner, open_gate, listen):
        super().__init__()
        self.server = ModelServer(manner, BOOK, {CANCELLED.uuid})
        listen(self.server.script)
        self.gates = [open_gate(name, self.server, self, passage_s) for name, passage_s in (("1", 8.0), ("2", None))]
        self.staffed = set()  # tickets whose guest was sent to the staff
        self.used_when_asked = set()  # scan ids: somebody was in when the server answered, or may have been

    def alive(self, which, do):
        """One gate does something, or dies of it and is started again."""
        gate = self.gates[which]
        try:
            do(gate)
        except Killed:
            gate.restart()

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────

    @rule(which=GATE, visit=VISIT)
    def visit(self, which, visit):
        """A guest from first to last, with some trouble at the first try."""
        self.alive(which, lambda gate: self.first_try(gate, visit))
        if not visit.trouble_lasts:
            self.alive(which, GateAtServer.mend)
        for again in range(1, visit.tries):
            self.alive(which, lambda gate: gate.idle(60 * visit.minutes_between))
            self.alive(which, lambda gate, again=again: self.one_try(gate, visit, again))

    def first_try(self, gate, visit):
        steps = self.steps(gate, visit, 0, visit.fates, visit.is_cut_off)
        steps.insert(visit.trouble_at, lambda: visit.trouble and gate.suffer(visit.trouble, visit.how))
        for step in steps:
            step()

    def one_try(self, gate, visit, number):
        for step in self.steps(gate, visit, number):
            step()

    def steps(self, gate, visit, number, fates=(), is_cut_off=False):
        """Held up, asked for, answered; through, or turned back and given back."""
        return [
            lambda: gate.see(CODES[visit.code]),
            lambda: gate.asked and gate.ask_server(fates, is_cut_off),
            gate.hear,
            lambda: gate.wait(1),
            lambda: number == visit.walks_at and gate.go_through(),
            lambda: gate.wait(9),
            lambda: gate.give_back(fates[::-1]),
        ]

    another_visit = and_another = visit  # what people do most

    @rule(which=GATE, code=CODE, beside=IN_VIEW)
    def hold_up(self, which, code, beside):
        self.alive(which, lambda gate: gate.see(*_codes(code, beside)))

    @rule(which=GATE, seconds=st.sampled_from([0.1, 0.6, 1.2, 3.0, 9.5]), held=IN_VIEW)
    def time_passes(self, which, seconds, held):
        self.alive(which, lambda gate: gate.wait(seconds, *_codes(held)))

    @rule(which=GATE, minutes=st.sampled_from([5, 9, 20]))
    def nobody_comes(self, which, minutes):
        def idle(gate):
            while gate.asked:
                gate.ask_server()
            gate.hear()
            gate.idle(60 * minutes)

        self.alive(which, idle)

    @rule(which=GATE, is_let_out=st.booleans())
    def somebody_goes(self, which, is_let_out):
        """Through the gate, open or not; or asks first to be let out."""
        self.alive(which, lambda gate: gate.touch(Contact.EXIT_REQUEST) if is_let_out else gate.go_through())

    # ── the network ──────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: any(gate.asked for gate in self.gates))
    @rule(fates=FATES, is_cut_off=CUT_OFF)
    def server_is_asked(self, fates, is_cut_off):
        which = next(n for n, gate in enumerate(self.gates) if gate.asked)
        self.alive(which, lambda gate: gate.ask_server(fates, is_cut_off))

    @precondition(lambda self: any(gate.told for gate in self.gates))
    @rule()
    def answers_come(self):
        which = next(n for n, gate in enumerate(self.gates) if gate.told)
        self.alive(which, GateAtServer.hear)

    @precondition(lambda self: any(gate.heard for gate in self.gates))
    @rule(back=st.integers(0, 9))
    def answer_comes_again(self, back):
        which = next(n for n, gate in enumerate(self.gates) if gate.heard)
        self.alive(which, lambda gate: gate.hear_again(-1 - back % len(gate.heard)))

    @precondition(lambda self: self.server.late)
    @rule(index=st.integers(0, 9))
    def late_request_arrives(self, index):
        self.server.late_request_arrives(index)

    # ── power, hands and hardware ────────────────────────────────────────────────────────────────────────

    @rule(which=GATE, trouble=TROUBLE, how=HOW)
    def trouble(self, which, trouble, how):
        self.alive(which, lambda gate: gate.suffer(trouble, how) if trouble else gate.mend())

    # ── what must hold ───────────────────────────────────────────────────────────────────────────────────

    def about_to_open(self, gate, cause, ticket, steps):
        """Every opening has its cause on disk, and an admission that is in force for this very ticket and gate."""
        if cause == Note.EXIT_REQUEST:
            assert gate.notes()[-1] == Note.EXIT_REQUEST, "let out without a line"
            return
        assert steps[-1] == "opening", "opened before it was journaled"
        assert "answered" in steps, "opened without an answer"
        holder = self.server.in_force.get(ticket)
        assert holder is not None, "opened for a ticket that is not in force"
        assert holder.device in gate.devices, "opened for another gate's admission"
        assert holder.scan_id in {None, cause}, "opened for another attempt's admission"
        assert self.inside(ticket) == 0, "opened for a second person"
        assert gate.seen_at.get(ticket, NEVER) > gate.true_now() - LINGERS_S, "opened for nobody with a genuine code"
        if any(opening.scan_id == cause for opening in gate.openings):
            assert "not_passed" in steps, "opened again though somebody may have gone through"
            assert gate.grace(ticket)[1] > -QUICK_S, "opened again without a grace: once, within ten minutes"

    def traced(self, gate, event, fields):
        if event != "verdict":
            return
        ticket = fields["ticket"]
        if fields["reason"] == "ask_staff":
            may_be_sent = gate.doubted or ticket in gate.doubtful | gate.asked_before_pairing
            assert may_be_sent or gate.inside(ticket), "sent to the staff without a cause"
            self.staffed.add(ticket)
        if fields["reason"] == "already_scanned":
            told = [self.server.called_used.get((device, ticket)) for device in gate.devices]
            is_mine = any(holder is not None and holder.device in gate.devices for holder in told)
            was_so = self.inside(ticket) or fields["scan_id"] in self.used_when_asked
            assert not is_mine or was_so or self.has_had_grace(gate, ticket), "used, and nobody is in"

    def answered(self, question):
        """The server has answered. The gate may hear it later, and the guest who was on the way through turn back."""
        self.used_when_asked.discard(question.scan_id)
        if self.inside(question.ticket.uuid):
            self.used_when_asked.add(question.scan_id)

    def inside(self, ticket):
        return sum(gate.inside(ticket) for gate in self.gates)

    def teardown(self):
        """When the faults end, everybody with a ticket is in, once, however often they try; or sent to the staff."""
        while self.server.late:
            self.server.late_request_arrives(0)
        for gate in self.gates:
            self.heal(gate)
        for ticket in (A, B, C):
            has_had_grace = any(self.has_had_grace(gate, ticket.uuid, 60.0) for gate in self.gates)
            for gate in [*self.gates, *self.gates]:
                self.present(gate, ticket)
            is_excused = has_had_grace or ticket.uuid in self.staffed
            assert self.inside(ticket.uuid) == 1 or (self.inside(ticket.uuid) == 0 and is_excused)
        assert self.inside(CANCELLED.uuid) == 0
        assert self.server.wrongs == []
        for gate in self.gates:
            self.verdicts_are_final(gate)

    def has_had_grace(self, gate, ticket, soon=QUICK_S):
        """Turned back at a server that takes nothing back, and the second chance was used, or is over ``soon``."""
        was_let_in = any(opening.ticket == ticket for opening in gate.openings)
        return gate.giving == "grace" and was_let_in and gate.grace(ticket)[0] < soon

    def heal(self, gate):
        gate.mend()
        for _ in range(20):
            self.serve(gate)
            gate.give_back()
            gate.idle(6)

    def serve(self, gate):
        while gate.asked:
            gate.ask_server()
        gate.hear()

    def present(self, gate, ticket):
        gate.see(ticket)
        self.serve(gate)
        gate.wait(0.2)
        gate.go_through()
        gate.idle(12)

    def verdicts_are_final(self, gate):
        finals = {}
        for line in gate.lines():
            if line.get("step") == "answered" and line["verdict"] != "unknown":
                told = (line["verdict"], line.get("reason"))
                assert finals.setdefault(line["scan_id"], told) == told


def _codes(*names):
    return [CODES[name] for name in names if name]


@pytest.mark.parametrize("manner", Manner)
def test_two_gates_in_any_order_of_events_let_everybody_in_once(manner, raw_server, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(client, "_FIRST_PAUSE_S", 0.0)  # tries follow each other at once
    listener = raw_server(lambda heard: b"")

    def open_gate(name, server, judge, passage_s):
        return GateAtServer(tmp_path_factory.mktemp("gate"), name, listener.url, server, judge, passage_s)

    def listen(script):
        listener.heard.clear()
        listener.script = script

    run_state_machine_as_test(
        lambda: TwoGates(manner, open_gate, listen),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=40,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
