"""The tally agrees with the tickets whatever was done with them, and is counted once for all who watch."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.store import moments
from api.tickets import issue
from api.tickets.unscan import unscan
from api.watch.tally import Tally, count


def _event_id(house):
    return house.store.db.run("SELECT id FROM event WHERE uuid = ?", (house.event.uuid,)).fetchone()[0]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["scan", "again", "annul", "cancel"]), st.integers(0, 5)), max_size=12))
def test_the_figures_are_those_of_the_tickets_after_any_order_of_acts(house, gate, acts):
    tickets = [house.ticket(product=("Place", None)[n % 2]) for n in range(6)]
    scans = {}
    for act, number in acts:
        ticket = tickets[number]
        if act == "annul" and number in scans:
            gate.annul(scans[number])
        elif act == "cancel":
            try:
                issue.cancel_ticket(house.store, UUID(ticket.uuid))
            except issue.NotPossibleError:
                continue  # its holder is inside
        elif act in ("scan", "again"):
            scan_id = str(uuid4())
            if gate.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "ok":
                scans[number] = scan_id
    run = house.store.db.run
    figures = count(house.store, _event_id(house), moments.now())
    inside, total = (
        run(f"SELECT COUNT(*) FROM ticket WHERE event_id = ? AND {which}", (_event_id(house),)).fetchone()[0]
        for which in ("status = 'scanned'", "status <> 'cancelled'")
    )
    assert (figures.admitted, figures.total) == (inside, total)
    assert sum(inside for inside, _ in figures.products.values()) == inside
    assert sum(total for _, total in figures.products.values()) == total
    assert sum(figures.gates.values()) == sum(people for _, people in figures.curve) == inside


def test_however_many_watch_the_tickets_are_counted_once_a_moment(house, gate):
    clock = [100.0]
    tally = Tally(house.store, clock=lambda: clock[0])
    first = tally.figures(_event_id(house))
    gate.scan(house.ticket().qrcode_data)
    assert tally.figures(_event_id(house)) is first
    clock[0] += 1.5
    assert tally.figures(_event_id(house)).admitted == 1


def test_who_went_out_was_admitted_and_is_not_inside(house, gate):
    house.store.db.run("UPDATE event SET reentry = 1")
    out = house.gate("Way out")
    house.store.db.run("UPDATE device SET direction = 'out' WHERE uuid = ?", (out.uuid,))
    ticket, other = house.ticket(product="Place"), house.ticket(product="Place")

    def figures():
        found = count(house.store, _event_id(house), moments.now())
        assert sum(people for _, people in found.curve) == sum(found.gates.values()) == found.admitted
        return found.admitted, found.inside, found.products["Place"]

    assert figures() == (0, 0, (0, 2))
    for each in (ticket, other):
        gate.scan(each.qrcode_data)
    assert figures() == (2, 2, (2, 2))
    out.scan(ticket.qrcode_data)
    assert figures() == (2, 1, (2, 2))
    gate.scan(ticket.qrcode_data)
    assert figures() == (2, 2, (2, 2))


@pytest.mark.parametrize("taken_back", ["by the gate", "by an admin", "by an admin, without a scan id"])
def test_a_second_entry_that_is_taken_back_leaves_the_first_which_was_one(house, gate, scan_id, taken_back):
    house.store.db.run("UPDATE event SET reentry = 1")
    out, other = house.gate("Way out"), house.gate("Gate 2")
    house.store.db.run("UPDATE device SET direction = 'out' WHERE uuid = ?", (out.uuid,))
    ticket = house.ticket(product="Place")
    gate.scan(ticket.qrcode_data)
    out.scan(ticket.qrcode_data)
    before = count(house.store, _event_id(house), moments.now())
    assert (before.admitted, before.inside, before.gates) == (1, 0, {"Gate 1": 1})
    more = {} if taken_back.endswith("without a scan id") else {"scan_id": scan_id}
    assert other.scan(ticket.qrcode_data, **more).json()["code"] == "ok"
    if taken_back == "by the gate":
        assert other.annul(scan_id).json()["code"] == "ok"
    else:
        unscan(house.store, UUID(ticket.uuid), "by mistake")
    after = count(house.store, _event_id(house), moments.now())
    assert (after.admitted, after.inside, after.gates, after.curve) == (1, 0, {"Gate 1": 1}, before.curve)
    assert gate.scan(ticket.qrcode_data).json()["code"] == "ok"


def test_a_first_entry_that_is_taken_back_was_none(house, gate, scan_id):
    house.store.db.run("UPDATE event SET reentry = 1")
    out, ticket, going = house.gate("Way out"), house.ticket(), str(uuid4())
    house.store.db.run("UPDATE device SET direction = 'out' WHERE uuid = ?", (out.uuid,))
    gate.scan(ticket.qrcode_data, scan_id=scan_id)
    out.scan(ticket.qrcode_data, scan_id=going)
    assert out.annul(going).json()["code"] == "ok"  # who is inside still
    unscan(house.store, UUID(ticket.uuid), "by mistake")
    assert count(house.store, _event_id(house), moments.now()).admitted == 0


def test_who_was_not_let_out_is_among_the_refusals_as_such(house, gate):
    house.store.db.run("UPDATE event SET reentry = 1")
    out = house.gate("Way out")
    house.store.db.run("UPDATE device SET direction = 'out' WHERE uuid = ?", (out.uuid,))
    ticket = house.ticket()
    gate.scan(ticket.qrcode_data)
    gate.scan(ticket.qrcode_data)
    out.scan(house.ticket().qrcode_data)
    refusals = count(house.store, _event_id(house), moments.now()).refusals
    assert [(each.gate, each.action, each.code) for each in refusals] == [
        ("Way out", "out", "not_inside"),
        ("Gate 1", "scan", "already_scanned"),
    ]
