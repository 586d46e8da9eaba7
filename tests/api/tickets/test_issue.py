"""Events and tickets as the organiser makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from api.store.models import TicketStatus
from api.tickets import codes, events, issue
from api.tickets.events import NotPossibleError
from api.tickets.keys import KeyTextError


@pytest.fixture
def event(store):
    return events.add_event(store, "Concert")


def test_an_event_has_keys_of_its_own(store, event):
    other = events.add_event(store, "Autre Soirée")
    assert event.public_key_pem != other.public_key_pem
    assert events.list_events(store) == [event, other]
    code = codes.parse(issue.add_tickets(store, UUID(event.uuid))[0].qrcode_data)
    assert codes.is_genuine(code, event.public_key_pem)
    assert not codes.is_genuine(code, other.public_key_pem)


def test_an_imported_event_verifies_and_signs_nothing(store, tibillet):
    imported = tibillet["events"][0]
    pem = imported["public_key_pem"]
    event = events.add_event(store, "Importé", uuid=UUID(imported["uuid"]), public_key_pem=pem)
    assert (event.uuid, event.public_key_pem) == (imported["uuid"], pem)
    ticket = issue.add_tickets(store, UUID(event.uuid), uuid=UUID(tibillet["tickets"][0]["uuid"]))[0]
    assert ticket == issue.Ticket(tibillet["tickets"][0]["uuid"], None, "valid")


@pytest.mark.parametrize("name", ["", "  "])
def test_an_event_without_a_name_is_not_made(store, name):
    with pytest.raises(NotPossibleError, match="needs a name"):
        events.add_event(store, name)


def test_an_event_with_a_useless_key_is_not_made(store):
    with pytest.raises(KeyTextError):
        events.add_event(store, "Importé", public_key_pem="hello")
    assert events.list_events(store) == []


def test_an_event_that_is_there_already_stays_as_it_is(store, event):
    with pytest.raises(NotPossibleError, match="already"):
        events.add_event(store, "Again", uuid=UUID(event.uuid))
    assert events.list_events(store) == [event]


def test_doors_without_a_time_zone_are_refused(store):
    with pytest.raises(ValueError, match="zone"):
        events.add_event(store, "Nuit", doors=events.Doors(datetime(2026, 1, 1)))  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="zone"):
        events.add_event(store, "Nuit", doors=events.Doors(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2)))  # noqa: DTZ001


def test_a_reservation_of_many_tickets_counts_them_and_shares_product_and_price(store, event):
    order = issue.Order(product="Billet", price="Plein tarif")
    first, second = (issue.add_tickets(store, UUID(event.uuid), order, count=count) for count in (1201, 3))
    assert len({ticket.uuid for ticket in first + second}) == 1204
    assert issue.list_tickets(store, UUID(event.uuid)) == first + second
    counts = store.db.run("SELECT tickets_count FROM reservation ORDER BY id").fetchall()
    assert counts == [(1201,), (3,)]
    assert store.db.run("SELECT count(*) FROM price").fetchone() == (1,)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"count": 0}, "at least 1"),
        ({"count": 2, "uuid": uuid4()}, "exactly 1"),
        ({"order": issue.Order(price="Plein tarif")}, "give both"),
    ],
)
def test_a_nonsense_order_is_not_possible(store, event, arguments, told):
    with pytest.raises(NotPossibleError, match=told):
        issue.add_tickets(store, UUID(event.uuid), **arguments)
    assert issue.list_tickets(store, UUID(event.uuid)) == []


def test_a_ticket_that_is_there_already_stays_as_it_is(store, event):
    uuid = uuid4()
    issue.add_tickets(store, UUID(event.uuid), issue.Order(first_name="Jeanne"), uuid=uuid)
    with pytest.raises(NotPossibleError, match="already"):
        issue.add_tickets(store, UUID(event.uuid), issue.Order(first_name="Zoé"), uuid=uuid)
    assert store.db.run("SELECT first_name FROM ticket").fetchall() == [("Jeanne",)]
    assert store.db.run("SELECT count(*) FROM reservation").fetchone() == (1,)


@pytest.mark.parametrize("call", [issue.add_tickets, issue.list_tickets])
def test_an_unknown_event_says_how_to_make_one(store, call):
    with pytest.raises(NotPossibleError, match="event add"):
        call(store, uuid4())


def test_cancelling_is_for_tickets_that_nobody_used(store, event):
    valid, scanned = (
        issue.add_tickets(store, UUID(event.uuid), issue.Order(status=status))[0]
        for status in (TicketStatus.VALID, TicketStatus.SCANNED)
    )
    for _ in range(2):
        assert issue.cancel_ticket(store, UUID(valid.uuid)).status == "cancelled"
    with pytest.raises(NotPossibleError, match="inside"):
        issue.cancel_ticket(store, UUID(scanned.uuid))
    with pytest.raises(NotPossibleError, match="no ticket"):
        issue.cancel_ticket(store, uuid4())
    assert [t.status for t in issue.list_tickets(store, UUID(event.uuid))] == ["cancelled", "scanned"]
