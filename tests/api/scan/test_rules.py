"""Rules at the door: doors, products, exits and coming in again, and what a guest is told of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import requests

from api.app import Pages
from api.devices.devices import Admits
from api.devices.organising import add_devices
from api.scan.guests import LONGEST
from api.store import moments
from api.store.models import TicketStatus
from api.tickets import events

from ..conftest import Gate, House

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def house(store, serve) -> House:
    """A house in Paris, whatever zone this machine is in."""
    base = serve(organisation="La Raffinerie", pages=Pages(zone=PARIS))
    return House(store, base, events.add_event(store, "Concert"))


def _gate(house, name, **admits) -> Gate:
    device = add_devices(house.store, [name], house.base, Admits(**admits))[0]
    answer = requests.get(device.pairing_url, timeout=60).json()
    return Gate(house.base, answer["api_key"], answer["device_uuid"], answer["device_name"])


def _set(house, **columns):
    with house.store.writing():
        for column, value in columns.items():
            house.store.db.run(f"UPDATE event SET {column} = ?", (value,))


def _status(house, ticket):
    return house.store.db.run("SELECT status FROM ticket WHERE uuid = ?", (ticket.uuid,)).fetchone()[0]


def _speaks(house, ticket, language):
    with house.store.writing():
        query = "UPDATE reservation SET language = ? WHERE id = (SELECT reservation_id FROM ticket WHERE uuid = ?)"
        house.store.db.run(query, (language, ticket.uuid))


def test_a_product_that_this_gate_does_not_admit_is_sent_to_the_gates_that_do_and_not_used(house):
    seat, _ = house.ticket(product="Seat"), house.ticket(product="Standing")
    front = _gate(house, "Gate A", products=("Standing",))
    for name, direction in (("Gate B", "in"), ("Exit", "out")):
        _gate(house, name, products=("Seat",), direction=direction)
    for asked in (front.check(seat.qrcode_data), front.scan(seat.qrcode_data)):
        body = asked.json()
        assert (asked.status_code, body["success"], body["code"]) == (200, False, "wrong_gate")
        assert body["other_gates"] == ["Gate B"]
        assert body["guest_message"] == "Autre entrée : Gate B"
    assert _status(house, seat) == "valid"


def test_a_ticket_without_a_product_is_not_admitted_where_products_are_named(house):
    house.ticket(product="Seat")
    seats = _gate(house, "Gate A", products=("Seat",))
    body = seats.scan(house.ticket(product=None, price=None).qrcode_data).json()
    assert (body["code"], body["guest_message"]) == ("wrong_gate", "Autre entrée : demandez à l'équipe")
    assert "other_gates" not in body


@pytest.mark.parametrize(("language", "words"), [("fr", "Ouvre à "), ("en", "Opens "), (None, "Ouvre à ")])
def test_who_comes_too_early_is_told_when_in_their_language_and_the_organisers_zone(house, gate, language, words):
    opens_at = datetime.now(PARIS).replace(hour=23, minute=59, second=59)
    _set(house, opens_at=moments.from_datetime(opens_at))
    ticket = house.ticket()
    _speaks(house, ticket, language)
    body = gate.scan(ticket.qrcode_data, scanned_at=(opens_at - timedelta(minutes=1)).isoformat()).json()
    assert (body["code"], body["guest_message"]) == ("too_early", f"{words}23:59")


def test_a_clock_that_may_be_wrong_refuses_nobody_by_the_hour_until_a_time_server_has_answered(house, gate, tmp_path):
    (tmp_path / "timesync").mkdir()
    for hours in ({"opens_at": moments.now() + 10**12}, {"opens_at": None, "closes_at": 10**12}):
        _set(house, **hours)
        early = house.ticket()
        assert gate.check(early.qrcode_data).json()["code"] == "ok"
        assert gate.scan(early.qrcode_data).json()["code"] == "ok"
        assert gate.scan(early.qrcode_data).json()["code"] == "already_scanned"
    (tmp_path / "timesync" / "synchronized").touch()
    assert gate.scan(house.ticket().qrcode_data).json()["code"] == "too_late"


@pytest.mark.parametrize(("language", "words"), [("fr", "Ouvre le 05/03 à 18:00"), ("en", "Opens 5 Mar 18:00")])
def test_another_day_is_told_with_its_date(house, gate, language, words):
    _set(house, opens_at=moments.from_datetime(datetime(2099, 3, 5, 17, tzinfo=UTC)))
    ticket = house.ticket()
    _speaks(house, ticket, language)
    assert gate.scan(ticket.qrcode_data).json()["guest_message"] == words


def test_a_used_ticket_says_when_and_at_which_gate_and_no_name_of_anybody(house):
    ticket = house.ticket(first_name="Ada", last_name="Lovelace")
    _speaks(house, ticket, "en")
    gate = _gate(house, "Gate 2\u2028" + "x" * 100)
    gate.scan(ticket.qrcode_data)
    message = gate.scan(ticket.qrcode_data).json()["guest_message"]
    assert message.startswith("Used ")
    assert " at Gate 2xxx" in message
    assert message.isprintable()
    assert len(message) <= LONGEST
    assert "Ada" not in message
    assert "guest_message" not in gate.scan(house.ticket().qrcode_data).json()


def test_a_check_tells_the_guest_too(house, gate):
    ticket = house.ticket(status=TicketStatus.CANCELLED)
    body = gate.check(ticket.qrcode_data).json()
    assert (body["code"], body["guest_message"]) == ("ok", "Annulé : adressez-vous à la billetterie")


def test_out_and_in_again_where_the_event_allows_it(house, gate):
    _set(house, reentry=1)
    way_out, ticket = _gate(house, "Exit", direction="out"), house.ticket()
    codes = [g.scan(ticket.qrcode_data).json()["code"] for g in (way_out, gate, gate, way_out, way_out, gate, gate)]
    assert codes == ["not_inside", "ok", "already_scanned", "ok", "not_inside", "ok", "already_scanned"]
    assert [line[0] for line in house.lines()] == ["out", "scan", "scan", "out", "out", "scan", "scan"]


def test_who_went_out_is_said_to_have_and_is_shown_as_scanned_by_nobody(house, gate):
    _set(house, reentry=1)
    way_out, ticket = _gate(house, "Exit", direction="out"), house.ticket()
    gate.scan(ticket.qrcode_data)
    body = way_out.scan(ticket.qrcode_data).json()
    assert (body["success"], body["direction"], body["code"]) == (True, "out", "ok")
    assert body["ticket"]["status"] == "Valide et non scanné"
    shown = gate.check(ticket.qrcode_data).json()["ticket"]
    assert (shown["is_scanned"], shown["scanned_by"]) == (False, None)


def test_without_reentry_an_exit_opens_and_the_ticket_stays_used(house, gate):
    way_out, ticket = _gate(house, "Exit", direction="out"), house.ticket()
    codes = [g.scan(ticket.qrcode_data).json()["code"] for g in (way_out, gate, way_out, way_out, gate)]
    assert codes == ["not_inside", "ok", "ok", "ok", "already_scanned"]


def test_an_exit_lets_out_after_the_doors_have_closed(house, gate):
    way_out, ticket = _gate(house, "Exit", direction="out"), house.ticket()
    gate.scan(ticket.qrcode_data)
    _set(house, closes_at=1)
    assert gate.scan(house.ticket().qrcode_data).json()["code"] == "too_late"
    assert way_out.scan(ticket.qrcode_data).json()["code"] == "ok"


def test_an_admission_repeated_after_its_guest_went_out_admits_nobody(house, gate, scan_id):
    _set(house, reentry=1)
    way_out, ticket = _gate(house, "Exit", direction="out"), house.ticket()
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "ok"
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "ok"
    way_out.scan(ticket.qrcode_data)
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "annulled"
    assert gate.scan(ticket.qrcode_data, scan_id=str(uuid4())).json()["code"] == "ok"
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "annulled"


def test_an_exit_that_nobody_went_through_leaves_its_guest_inside(house, gate, scan_id):
    _set(house, reentry=1)
    way_out, ticket = _gate(house, "Exit", direction="out"), house.ticket()
    gate.scan(ticket.qrcode_data)
    way_out.scan(ticket.qrcode_data, scan_id=scan_id)
    assert [way_out.annul(scan_id).json()["code"] for _ in range(2)] == ["ok", "ok"]
    assert gate.scan(ticket.qrcode_data).json()["code"] == "already_scanned"
    assert way_out.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "annulled"
    assert way_out.scan(ticket.qrcode_data).json()["code"] == "ok"


def test_a_gate_that_was_turned_round_gives_no_answer_of_the_other_way(house, scan_id):
    _set(house, reentry=1)
    turned, ticket = _gate(house, "Gate 1"), house.ticket()
    assert turned.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "ok"
    with house.store.writing():
        house.store.db.run("UPDATE device SET direction = 'out'")
    assert turned.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "annulled"
    assert _status(house, ticket) == "scanned"
