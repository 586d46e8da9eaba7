"""The store against a model: any order of issuing, cancelling, scanning, looking, annulling, forging, asking again."""

from __future__ import annotations

import shutil
import tempfile
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from api.clock import Clock
from api.devices import keys as api_keys
from api.devices.organising import add_devices
from api.devices.pairing import Pairing
from api.scan.bodies import TicketBody
from api.scan.judge import Judge
from api.store.annul import WITHIN_US, Annulment, Annuls
from api.store.models import TicketStatus
from api.store.store import open_store
from api.tickets import codes, events, issue, keys

REFUSED = {"scanned": "already_scanned", "cancelled": "cancelled", "created": "not_active", "inactive": "not_active"}
GATES = st.integers(0, 1)
ACTIONS = st.sampled_from(["scan", "check"])


class OneTicketOnePerson(RuleBasedStateMachine):
    """Two gates, one event; the model is a dict of statuses and a dict of answers."""

    cluster = None  # the PostgreSQL server, for the machine that runs on it

    tickets = Bundle("tickets")
    scan_ids = Bundle("scan_ids")

    def __init__(self):
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.url = self.cluster.fresh() if self.cluster else f"sqlite:///{self.folder}/t.sqlite3"
        self._open()
        self.event = events.add_event(self.store, "Concert")
        self.forger, _ = keys.new_pair()
        self.judge, self.annuls = Judge(self.store, Clock()), Annuls(self.store)
        self.gates = [self._gate(name) for name in ("Gate 1", "Gate 2")]
        self.status: dict[str, str] = {}
        self.in_force: dict[str, tuple[int, str | None]] = {}  # ticket → by which gate, with which id
        self.admissions: dict[str, int] = {}
        self.answers: dict[tuple[int, str], dict[str, tuple[str, str]]] = {}  # (gate, id) → action → (ticket, code)
        self.lines = 0

    def _open(self):
        self.store = open_store(self.url)
        if self.cluster is None:
            self.store.db.run("PRAGMA synchronous = OFF")  # what holds here is the order of things, not the disk

    def _gate(self, name):
        device = add_devices(self.store, [name], "http://localhost")[0]
        return api_keys.caller(self.store, Pairing(self.store).read(device.token).api_key)

    def teardown(self):
        self.store.close()
        if self.cluster is not None:
            self.cluster.drop(self.url)
        shutil.rmtree(self.folder)

    def _ask(self, gate, action, code, scan_id=None):
        body = TicketBody(qrcode_data=code, scan_id=scan_id)
        if action == "check":
            return self.judge.check(self.gates[gate], body).outcome.code.value
        (settled,) = self.judge.scan([(self.gates[gate], body)])
        return settled.get().outcome.code.value

    def _expected(self, ticket):
        return "ok" if self.status[ticket] == "valid" else REFUSED[self.status[ticket]]

    def _used(self, ticket, action, code, by):
        if action == "scan" and code == "ok":
            self.status[ticket], self.in_force[ticket] = "scanned", by
            self.admissions[ticket] = self.admissions.get(ticket, 0) + 1

    @rule(target=tickets, status=st.sampled_from([s for s in TicketStatus if s is not TicketStatus.SCANNED]))
    def issue(self, status):
        ticket = issue.add_tickets(self.store, UUID(self.event.uuid), issue.Order(status=status))[0]
        self.status[ticket.uuid] = status.value
        return ticket

    @rule(target=scan_ids)
    def make_scan_id(self):
        return str(uuid4())

    @rule(ticket=tickets)
    def cancel(self, ticket):
        try:
            issue.cancel_ticket(self.store, UUID(ticket.uuid))
        except events.NotPossibleError:
            assert self.status[ticket.uuid] == "scanned"
        else:
            self.status[ticket.uuid] = "cancelled"

    @rule(ticket=tickets, gate=GATES, action=ACTIONS)
    def ask_without_id(self, ticket, gate, action):
        expected = self._expected(ticket.uuid)
        assert self._ask(gate, action, ticket.qrcode_data) == expected
        self.lines += action == "scan"
        self._used(ticket.uuid, action, expected, (gate, None))

    @rule(first=tickets, second=tickets, third=tickets, gates=st.tuples(GATES, GATES, GATES))
    def scan_together(self, first, second, third, gates):
        asked = list(zip(gates, (first, second, third), strict=True))
        bodies = [(self.gates[gate], TicketBody(qrcode_data=ticket.qrcode_data)) for gate, ticket in asked]
        settled = self.judge.scan(bodies)
        for (gate, ticket), each in zip(asked, settled, strict=True):
            expected = self._expected(ticket.uuid)
            assert each.get().outcome.code.value == expected
            self.lines += 1
            self._used(ticket.uuid, "scan", expected, (gate, None))

    @rule(ticket=tickets, gate=GATES, action=ACTIONS, scan_id=scan_ids)
    def ask_with_id(self, ticket, gate, action, scan_id):
        known = self.answers.setdefault((gate, scan_id), {})
        code = self._ask(gate, action, ticket.qrcode_data, scan_id)
        if any(uuid != ticket.uuid for uuid, _ in known.values()):
            assert code == "scan_id_reused"
            self.lines += 1
        elif action == "scan" and "annul" in known:
            assert code == "annulled"
        elif action in known:
            assert code == known[action][1]
        else:
            assert code == self._expected(ticket.uuid)
            known[action] = (ticket.uuid, code)
            self.lines += 1
            self._used(ticket.uuid, action, code, (gate, scan_id))

    @rule(gate=GATES, scan_id=scan_ids, after=st.sampled_from([-WITHIN_US, 0, WITHIN_US, WITHIN_US + 1]))
    def annul(self, gate, scan_id, after):
        known = self.answers.get((gate, scan_id), {})
        ticket, answered = known.get("scan", (None, None))
        if "annul" in known:
            expected = "ok"
        elif ticket is None:
            expected = "unknown_scan"
        elif answered != "ok":
            expected = "not_in_force"
        elif after > WITHIN_US:
            expected = "annul_too_late"
        else:
            expected = "ok" if self.in_force.get(ticket) == (gate, scan_id) else "not_in_force"
        now = 1_800_000_000_000_000
        annulment = Annulment(self.gates[gate].id, scan_id, "not_passed", now, annulled_at=now + after, scanned_at=now)
        assert self.annuls.annul(annulment) == expected
        self.lines += "annul" not in known
        if expected == "ok" and "annul" not in known:
            known["annul"] = (ticket, "ok")
            self.status[ticket] = "valid"
            self.admissions[ticket] -= 1
            del self.in_force[ticket]

    @rule(ticket=tickets, gate=GATES, action=ACTIONS, scan_id=st.none() | scan_ids)
    def forge(self, ticket, gate, action, scan_id):
        assert self._ask(gate, action, codes.sign(self.forger, ticket.uuid), scan_id) == "invalid_signature"
        self.lines += action == "scan" or scan_id is not None

    @rule(ticket=consumes(tickets))
    def forget(self, ticket):
        """A ticket that is not asked for any more keeps its status."""

    @rule()
    def restart(self):
        self.store.close()
        self._open()
        self.judge, self.annuls = Judge(self.store, Clock()), Annuls(self.store)

    @invariant()
    def every_ticket_stands_as_the_model_says_and_admitted_one_person(self):
        assert {t.uuid: t.status for t in issue.list_tickets(self.store, UUID(self.event.uuid))} == self.status
        assert {ticket for ticket, count in self.admissions.items() if count} == set(self.in_force)
        assert all(count in {0, 1} for count in self.admissions.values())
        assert self.store.db.run("SELECT count(*) FROM scan_line").fetchone() == (self.lines,)


OneTicketOnePerson.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestOneTicketOnePerson = OneTicketOnePerson.TestCase


def test_one_ticket_one_person_on_postgresql(postgres):
    class OnPostgres(OneTicketOnePerson):
        cluster = postgres

    run_state_machine_as_test(OnPostgres, settings=settings(max_examples=15, stateful_step_count=40, deadline=None))
