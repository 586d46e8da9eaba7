"""The tally: what the tickets say, after scans, annuls, exits and undone scans; counted once for all who look."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest

from api.store.store import Store
from api.tickets.events import add_event
from api.watch import tally
from api.watch.tally import STEP_US, STEPS, Part, Tally, count
from tests.api.conftest import House


def event_id(house: House) -> int:
    return int(house.store.db.run("SELECT id FROM event WHERE uuid = ?", (house.event.uuid,)).fetchone()[0])


def test_admitted_of_total_by_product_and_by_gate_are_those_of_the_tickets(house: House) -> None:
    north, south = house.gate("North"), house.gate("South")
    full = [house.ticket(product="Full", price="A") for _ in range(3)]
    free = [house.ticket(product="Free", price="B") for _ in range(2)]
    for gate, ticket in ((north, full[0]), (south, full[1]), (south, free[0]), (north, free[0])):
        gate.scan(str(ticket.qrcode_data))
    doors = count(house.store, event_id(house))
    assert (doors.admitted, doors.total, doors.inside) == (3, 5, 3)
    assert doors.products == (Part("Free", 1, 2), Part("Full", 2, 3))
    assert doors.gates == (Part("North", 1), Part("South", 2))
    assert (len(doors.curve), sum(doors.curve)) == (STEPS, 3)
    assert [(refusal.gate, refusal.code) for refusal in doors.refusals] == [("North", "already_scanned")]


def test_an_admission_that_was_given_back_is_none(house: House) -> None:
    gate, scan_id = house.gate(), str(uuid4())
    gate.scan(str(house.ticket().qrcode_data), scan_id=scan_id)
    assert count(house.store, event_id(house)).admitted == 1
    assert gate.annul(scan_id).status_code == 200
    doors = count(house.store, event_id(house))
    assert (doors.admitted, doors.inside, sum(doors.curve), doors.gates) == (0, 0, 0, ())


def test_who_went_out_was_admitted_and_is_not_inside_until_they_come_back(house: House) -> None:
    house.store.db.run("UPDATE event SET reentry = 1 WHERE uuid = ?", (house.event.uuid,))
    entrance, way_out = house.gate("In"), house.gate("Out")
    house.store.db.run("UPDATE device SET direction = 'out' WHERE uuid = ?", (way_out.uuid,))
    code = str(house.ticket().qrcode_data)
    seen = []
    for gate in (entrance, way_out, entrance):
        assert gate.scan(code).json()["success"]
        doors = count(house.store, event_id(house))
        seen.append((doors.admitted, doors.inside))
    assert seen == [(1, 1), (1, 0), (1, 1)]


def test_tickets_that_came_scanned_from_elsewhere_count_without_gate_or_hour(house: House) -> None:
    ticket = house.ticket()
    house.store.db.run("UPDATE ticket SET status = 'scanned' WHERE uuid = ?", (ticket.uuid,))
    doors = count(house.store, event_id(house))
    assert (doors.admitted, doors.inside, sum(doors.curve), doors.gates) == (1, 1, 0, (Part(None, 1),))


@pytest.mark.parametrize("status", ["cancelled", "created", "inactive"])
def test_tickets_that_let_nobody_in_are_not_in_the_total(house: House, status: str) -> None:
    house.store.db.run("UPDATE ticket SET status = ? WHERE uuid = ?", (status, house.ticket().uuid))
    assert count(house.store, event_id(house)).total == 0


def test_the_curve_holds_the_last_six_hours_each_guest_in_their_step(house: House) -> None:
    now = 6_000 * STEP_US + 7
    for at in (now, 6_000 * STEP_US, 6_000 * STEP_US - 1, now - STEPS * STEP_US):
        values = (at, house.ticket().uuid)
        house.store.db.run("UPDATE ticket SET status = 'scanned', scanned_at = ? WHERE uuid = ?", values)
    doors = count(house.store, event_id(house), now)
    assert (doors.curve[-1], doors.curve[-2], sum(doors.curve)) == (2, 1, 3)
    assert doors.until == 6_001 * STEP_US
    assert doors.admitted == 4


def test_another_events_guests_and_refusals_are_not_told(house: House) -> None:
    other = add_event(house.store, "Another")
    gate, ticket = house.gate(), house.ticket(other)
    gate.scan(str(ticket.qrcode_data))
    gate.scan(str(ticket.qrcode_data))
    doors = count(house.store, event_id(house))
    assert (doors.total, doors.admitted, doors.refusals) == (0, 0, ())


def test_a_hundred_who_look_at_once_count_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add_event(store, "Concert")
    counted: list[int] = []
    real = tally.count

    def counting(store: Store, event_id: int) -> tally.Doors:
        counted.append(event_id)
        return real(store, event_id)

    monkeypatch.setattr(tally, "count", counting)
    monkeypatch.setattr(tally, "_REST_S", 3600.0)
    shared, all_there = Tally(store), threading.Barrier(20)

    def look() -> None:
        all_there.wait(60)
        for _ in range(5):
            shared.doors(1)

    viewers = [threading.Thread(target=look) for _ in range(20)]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join(60)
    assert counted == [1]
