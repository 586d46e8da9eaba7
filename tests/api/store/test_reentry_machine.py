"""Out and in again against a model: exits, entrances, repetitions, giving back, un-scanning, cancelling, anyhow.

On each engine in turn: one store for all examples, and an event, gates and tickets of its own for each.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from api.clock import Clock
from api.devices import keys
from api.devices.devices import Admits
from api.devices.organising import add_devices
from api.devices.pairing import Pairing
from api.scan.bodies import TicketBody
from api.scan.judge import Judge
from api.store import moments
from api.store.annul import Annulment, Annuls
from api.store.sqlite import SqliteDatabase
from api.store.store import Store
from api.tickets import events, issue
from api.tickets.unscan import unscan

ENTRANCES, EXITS = (0, 1), (2, 3)
GATES = st.sampled_from(ENTRANCES + EXITS)
# Few ids, so that every gate meets each of them again and again, also those of others.
SCAN_IDS = [str(UUID(int=number)) for number in range(1, 5)]
IDS = st.sampled_from(SCAN_IDS)


class NeverTwoInside(RuleBasedStateMachine):
    """Two entrances, two exits, one ticket; the model counts bodies, gate by gate, as each answer lets them through."""

    reentry = True
    store: ClassVar[Store]

    def __init__(self):
        super().__init__()
        self.event = events.add_event(self.store, "Concert")
        self.store.db.run("UPDATE event SET reentry = ? WHERE uuid = ?", (int(self.reentry), self.event.uuid))
        self.judge, self.annuls = Judge(self.store, Clock()), Annuls(self.store)
        self.gates = [self._gate(f"Gate {number}", "in" if number in ENTRANCES else "out") for number in range(4)]
        self.ticket = issue.add_tickets(self.store, UUID(self.event.uuid), issue.Order())[0]
        self.inside = 0
        self.entries = 0  # that nobody took back
        self.status = "valid"
        self.last: tuple[int, str] | None = None  # the success that is the last thing that happened to the ticket
        self.succeeded: set[tuple[int, str]] = set()  # what a repetition must not turn into a second passage
        self.refused: dict[tuple[int, str], str] = {}
        self.annulled: set[tuple[int, str]] = set()

    def _gate(self, name, direction):
        device = add_devices(self.store, [name], "http://localhost", Admits(direction=direction))[0]
        return keys.caller(self.store, Pairing(self.store).read(device.token).api_key)

    def _ask(self, gate, scan_id=None):
        body = TicketBody(qrcode_data=self.ticket.qrcode_data, scan_id=scan_id)
        (settled,) = self.judge.scan([(self.gates[gate], body)])
        return settled.get().outcome.code.value

    def _fresh(self, gate):
        """What a scan that nobody asked before must be answered now."""
        if self.status == "cancelled":
            return "cancelled"
        if gate in EXITS:
            return "ok" if self.status == "scanned" else "not_inside"
        return "already_scanned" if self.status == "scanned" else "ok"

    def _went_through(self, gate, key):
        if gate in EXITS:
            if self.reentry:
                self.inside -= 1
                self.status, self.last = "valid", key
        else:
            self.inside += 1
            self.entries += 1
            self.status, self.last = "scanned", key

    @initialize()
    def first_in(self):
        self.scan_without_an_id(0)

    @rule(gate=GATES)
    def scan_without_an_id(self, gate):
        expected = self._fresh(gate)
        assert self._ask(gate) == expected
        if expected == "ok":
            self._went_through(gate, None)

    @rule(gate=GATES, scan_id=IDS)
    def scan_or_repeat(self, gate, scan_id):
        key = (gate, scan_id)
        code = self._ask(gate, scan_id)
        if key in self.annulled:
            assert code == "annulled"
        elif key in self.refused:
            assert code == self.refused[key]
        elif key in self.succeeded:
            is_exit_that_changed_nothing = gate in EXITS and not self.reentry
            assert code == ("ok" if self.last == key or is_exit_that_changed_nothing else "annulled")
        elif (expected := self._fresh(gate)) == "ok":
            assert code == "ok"
            self.succeeded.add(key)
            self._went_through(gate, key)
        else:
            assert code == expected
            self.refused[key] = code

    @rule(gate=GATES, scan_id=IDS)
    def nobody_went_through(self, gate, scan_id):
        key = (gate, scan_id)
        code = self.annuls.annul(Annulment(self.gates[gate].id, scan_id, "not_passed", moments.now(), None, None)).value
        if key in self.annulled:
            assert code == "ok"
        elif key in self.succeeded and gate in EXITS and not self.reentry:
            assert code == "ok"
            self.annulled.add(key)
        elif key in self.succeeded and self.last == key and self.status == ("valid" if gate in EXITS else "scanned"):
            assert code == "ok"
            self.annulled.add(key)
            self.inside += 1 if gate in EXITS else -1
            self.entries -= gate in ENTRANCES
            self.status, self.last = ("scanned" if gate in EXITS else "valid"), None
        else:
            assert code == ("not_in_force" if key in self.succeeded | self.refused.keys() else "unknown_scan")

    @rule()
    def an_admin_un_scans(self):
        if self.status == "scanned":
            unscan(self.store, UUID(self.ticket.uuid), "by mistake")
            if self.last is not None:  # the gate may not give it back once more
                self.annulled.add(self.last)
            self.status, self.last, self.inside = "valid", None, 0
            self.entries -= 1

    @rule()
    def an_admin_cancels(self):
        try:
            issue.cancel_ticket(self.store, UUID(self.ticket.uuid))
        except events.NotPossibleError:
            assert self.status == "scanned"
        else:
            self.status = "cancelled"

    @rule()
    def another_ticket_takes_its_place(self):
        """Else a cancelled ticket is the end of everything. Its scan ids are fresh ones, and so are the gates."""
        if self.status == "cancelled":
            self.ticket = issue.add_tickets(self.store, UUID(self.event.uuid), issue.Order())[0]
            self.gates = [self._gate(f"Gate {uuid4()}", "in" if number in ENTRANCES else "out") for number in range(4)]
            self.inside, self.entries, self.status, self.last = 0, 0, "valid", None
            self.succeeded, self.refused, self.annulled = set(), {}, set()

    @invariant()
    def nobody_is_in_on_a_ticket_that_somebody_else_is_in_on(self):
        assert self.inside in (0, 1)

    @invariant()
    def the_ticket_stands_as_the_model_does(self):
        query = "SELECT status, scanned_at IS NOT NULL FROM ticket WHERE uuid = ?"
        status, has_come_in = self.store.db.run(query, (self.ticket.uuid,)).fetchone()
        assert (status, bool(has_come_in)) == (self.status, self.entries > 0)


class OutForGood(NeverTwoInside):
    """The same without re-entry: an exit opens and the ticket stays used."""

    reentry = False


@pytest.mark.parametrize("machine", [NeverTwoInside, OutForGood])
def test_never_two_inside_on_one_ticket_whatever_the_order(machine, store):
    if isinstance(store.db, SqliteDatabase):
        store.db.run("PRAGMA synchronous = OFF")  # what holds here is the order of things, not the disk
    here = type(machine.__name__, (machine,), {"store": store})
    run_state_machine_as_test(here, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))
