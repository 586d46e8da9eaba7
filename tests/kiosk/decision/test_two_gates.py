"""Two gates at one server as a machine: people, packets, power, clocks and hands in any order, in three manners.

What is real: passage, turns, contacts, the journal on disk, giving back, the scan client and its socket. What is a
model: the server (``model_server``), and the people. What a gate may never do is checked where it is about to.
"""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from kiosk.codes import TicketCode
from kiosk.edges import Contact, Note, Pulsed
from kiosk.journal import GRACE_S, read_lines
from kiosk.scan_client import client
from tests.kiosk.decision.gate_at_server import GateAtServer, Killed
from tests.kiosk.decision.model_server import Fate, Manner, ModelServer

EXAMPLES = int(os.environ.get("PORTILLON_EXAMPLES", "50"))
A, B, CANCELLED = (
    TicketCode(f"data{n}:sig", f"00000000-0000-4000-8000-00000000000{n}", b"data", b"sig") for n in (1, 2, 3)
)
FORGED = replace(A, text="data1:forged", signature=b"forged")
SALTED = replace(B, text="data2:salted", signature=b"salted")
CODES = {"A": A, "B": B, "another of B": SALTED, "forged of A": FORGED, "cancelled": CANCELLED}
BOOK = {code.text: (code.uuid, code is not FORGED) for code in CODES.values()}

CODE = st.sampled_from([*CODES, "A", "B"])
IN_VIEW = st.sampled_from([None, *CODES])
FATES = st.lists(st.sampled_from([Fate.FINE, *Fate]), max_size=3)
GATE = st.integers(0, 1)
YEARS = st.sampled_from([-30, -1, 1, 30])


class TwoGates(RuleBasedStateMachine):
    """Gate 0 has a passage sensor, gate 1 has none. ``open_gate(name, server, judge, passage_s)`` makes one."""

    def __init__(self, manner, open_gate, listen):
        super().__init__()
        self.server = ModelServer(manner, BOOK, {CANCELLED.uuid})
        listen(self.server.script)
        self.gates = [open_gate(name, self.server, self, passage_s) for name, passage_s in (("1", 8.0), ("2", None))]
        self.staffed = set()  # tickets whose guest was sent to the staff

    def alive(self, which, do):
        """One gate does something, or dies of it and is started again."""
        gate = self.gates[which]
        try:
            do(gate)
        except Killed:
            gate.restart()

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────

    @rule(which=GATE, code=CODE, beside=IN_VIEW)
    def hold_up(self, which, code, beside):
        self.alive(which, lambda gate: gate.see(*_codes(code, beside)))

    @rule(which=GATE, code=CODE, fates=FATES, is_cut_off=st.sampled_from([False, False, True]), walks=st.booleans())
    def visit(self, which, code, fates, is_cut_off, walks):
        """A guest from first to last: held up, asked for, answered; through, or turned back."""

        def visit(gate):
            gate.see(CODES[code])
            if gate.asked:
                gate.ask_server(fates, is_cut_off)
                gate.hear()
            gate.wait(1)
            if walks:
                gate.go_through()
            gate.wait(9)

        self.alive(which, visit)

    @rule(which=GATE)
    def go_through(self, which):
        self.alive(which, GateAtServer.go_through)

    @rule(which=GATE)
    def ask_to_be_let_out(self, which):
        self.alive(which, lambda gate: gate.touch(Contact.EXIT_REQUEST))

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(which=GATE, seconds=st.sampled_from([0.1, 0.6, 1.2, 3.0, 9.5]), held=IN_VIEW)
    def time_passes(self, which, seconds, held):
        self.alive(which, lambda gate: gate.wait(seconds, *_codes(held)))

    @rule(which=GATE, minutes=st.sampled_from([5, 9, 20]))
    def nobody_comes(self, which, minutes):
        def idle(gate):
            gate.wait(12)
            for _ in range(60 * minutes):
                gate.now += 1
                gate.tick()

        self.alive(which, idle)

    @rule(which=GATE, seconds=st.sampled_from([1.5, 4, 10, 30]), held=IN_VIEW, walks=st.booleans(), seen=st.booleans())
    def stand_still(self, which, seconds, held, walks, seen):
        self.alive(which, lambda gate: gate.stand_still(seconds, _codes(held), walks, seen))

    @rule(which=GATE, years=YEARS)
    def wall_clock_jumps(self, which, years):
        self.gates[which].wall_error += timedelta(days=365 * years)

    # ── the network ──────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: any(gate.asked for gate in self.gates))
    @rule(fates=FATES, is_cut_off=st.sampled_from([False, False, False, True]), is_late=st.booleans())
    def server_is_asked(self, fates, is_cut_off, is_late):
        which = next(n for n, gate in enumerate(self.gates) if gate.asked)

        def ask(gate):
            gate.ask_server(fates, is_cut_off)
            if not is_late:
                gate.hear()

        self.alive(which, ask)

    @rule(which=GATE)
    def late_answers_come(self, which):
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

    @rule(which=GATE, fates=FATES)
    def give_back(self, which, fates):
        self.alive(which, lambda gate: gate.give_back(fates))

    # ── power, hands and hardware ────────────────────────────────────────────────────────────────────────

    @rule(which=GATE, points=st.integers(0, 8), kept_quarters=st.integers(0, 4))
    def will_die(self, which, points, kept_quarters):
        self.gates[which].dies_in, self.gates[which].kept_quarters = points, kept_quarters

    @rule(which=GATE)
    def restart(self, which):
        self.gates[which].restart()

    @rule(which=GATE)
    def pair_again(self, which):
        self.gates[which].pair_again()

    @rule(which=GATE, burning=st.booleans())
    def emergency(self, which, burning):
        self.alive(which, lambda gate: gate.burn(burning))

    @rule(which=GATE, ready=st.booleans(), pulsed=st.sampled_from(Pulsed))
    def gate_changes(self, which, ready, pulsed):
        self.gates[which].ready, self.gates[which].pulsed = ready, pulsed

    @rule(which=GATE, full=st.booleans())
    def disk_changes(self, which, full):
        gate = self.gates[which]
        gate.disk_fills() if full else gate.disk_has_room()

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
        before = [opening for opening in gate.openings if opening.scan_id == cause]
        if before:
            self.is_within_grace(gate, cause, steps, len(before))

    def is_within_grace(self, gate, scan_id, steps, openings):
        assert openings == 1, "grace is given once"
        assert steps.count("not_passed") >= 1, "opened again though somebody may have gone through"
        at, process, wall_error = gate.turned_back_at[scan_id]
        is_known = process == gate.boots or wall_error == gate.wall_error  # else no clock can tell
        assert not is_known or gate.true_now() - at < GRACE_S, "grace lasts ten minutes"

    def traced(self, gate, event, fields):
        if event != "verdict":
            return
        ticket = fields["ticket"]
        if fields["reason"] == "ask_staff":
            assert gate.mishaps, "sent to the staff without a cause"
            self.staffed.add(ticket)
        if fields["reason"] == "already_scanned":
            holders = [self.server.called_used.get((device, ticket)) for device in gate.devices]
            is_mine = any(holder is not None and holder.device in gate.devices for holder in holders)
            was_pulsed = any(opening.ticket == ticket for opening in gate.openings)
            assert not is_mine or was_pulsed, "called used, and nobody was let in"

    def inside(self, ticket):
        return sum(gate.inside(ticket) for gate in self.gates)

    def teardown(self):
        """When the faults end, everybody with a ticket is in, once; but for those who are sent to the staff."""
        while self.server.late:
            self.server.late_request_arrives(0)
        for gate in self.gates:
            self.heal(gate)
        for ticket in (A, B):
            for gate in [*self.gates, *self.gates]:
                if self.inside(ticket.uuid) == 0:
                    self.present(gate, ticket)
            self.everybody_is_in_once(ticket.uuid)
        assert self.inside(CANCELLED.uuid) == 0
        assert self.server.wrongs == []
        for gate in self.gates:
            self.verdicts_are_final(gate)

    def heal(self, gate):
        gate.dies_in, gate.ready, gate.pulsed = None, True, Pulsed.GIVEN
        gate.disk_has_room()
        gate.burn(False)
        for _ in range(20):
            self.serve(gate)
            gate.give_back()
            gate.wait(6)

    def serve(self, gate):
        while gate.asked:
            gate.ask_server()
        gate.hear()

    def present(self, gate, ticket):
        gate.see(ticket)
        self.serve(gate)
        gate.wait(0.2)
        gate.go_through()
        gate.wait(12)

    def everybody_is_in_once(self, ticket):
        openings = [opening for gate in self.gates for opening in gate.openings if opening.ticket == ticket]
        is_excused = ticket in self.staffed or any(not opening.is_watched for opening in openings)
        assert self.inside(ticket) == 1 or (self.inside(ticket) == 0 and is_excused)

    def verdicts_are_final(self, gate):
        finals = {}
        for line in read_lines(gate.folder):
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
