"""What the server really answers is what its description says, call by call."""

from __future__ import annotations

from uuid import UUID, uuid4

import jsonschema_rs
import pytest
import requests

from api.devices.devices import Admits
from api.devices.organising import add_devices, archive_device
from api.scan.openapi import description
from api.store.models import TicketStatus
from api.tickets import events

from ..conftest import Gate


def _is_as_described(answer, path, method="post"):
    """The body has the described schema, and the status is a described one."""
    document = description()
    responses = document["paths"][path][method]["responses"]
    assert str(answer.status_code) in responses, answer.text
    schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
    jsonschema_rs.validator_for({**schema, "components": document["components"]}).validate(answer.json())


@pytest.fixture
def way_out(house) -> Gate:
    """An exit; the event allows re-entry."""
    with house.store.writing():
        house.store.db.run("UPDATE event SET reentry = 1")
    device = add_devices(house.store, ["Exit"], house.base, Admits(direction="out"))[0]
    answer = requests.get(device.pairing_url, timeout=60)
    _is_as_described(answer, "/api/scan/{token}/pair/", "get")
    return Gate(house.base, answer.json()["api_key"], device.uuid, "Exit")


@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
def test_a_ticket_in_again_out_and_given_back_is_answered_as_described(house, gate, way_out, scan_id, prefix):
    ticket = house.ticket()
    for each in (gate, gate, way_out, way_out, gate):
        _is_as_described(each.scan(ticket.qrcode_data, prefix), f"{prefix}/ticket/")
        _is_as_described(each.check(ticket.qrcode_data, prefix), f"{prefix}/check_ticket/")
    other = house.ticket()
    gate.scan(other.qrcode_data, prefix, scan_id=scan_id)
    for asked in (scan_id, scan_id, str(uuid4())):
        _is_as_described(gate.annul(asked, prefix), f"{prefix}/annul/")
    _is_as_described(gate.scan(other.qrcode_data, prefix, scan_id=scan_id), f"{prefix}/ticket/")
    _is_as_described(gate.scan(ticket.qrcode_data, prefix, scan_id=scan_id), f"{prefix}/ticket/")


def test_refusals_are_answered_as_described(house, gate):
    elsewhere = events.add_event(house.store, "Autre Soirée")
    bound = house.gate("Gate 2", event=elsewhere)
    good = house.ticket().qrcode_data
    data, _, signature = good.partition(":")
    answers = [
        bound.scan(good),
        gate.scan(house.ticket(status=TicketStatus.CANCELLED).qrcode_data),
        gate.scan("rubbish"),
        gate.scan(f"{data}:{signature[::-1]}"),
        gate.scan("x" * 20_000),
        gate.scan(good, scan_id="none"),
        requests.post(f"{house.base}/api/scan/ticket/", timeout=60),
    ]
    archive_device(house.store, UUID(bound.uuid))
    answers.append(bound.scan(good))
    assert [answer.status_code for answer in answers] == [406, 200, 400, 400, 413, 400, 401, 403]
    for answer in answers:
        _is_as_described(answer, "/api/scan/ticket/")


def test_the_other_calls_are_answered_as_described(house, gate):
    house.ticket(first_name="Ada")
    event = {"event_uuid": house.event.uuid}
    for name in ("test_api", "check_api_scan", "check_allow_any"):
        _is_as_described(gate.ask("GET", f"/scan/{name}/"), f"/scan/{name}/", "get")
    _is_as_described(gate.ask("POST", "/scan/list_tickets/", json=event), "/scan/list_tickets/")
    _is_as_described(gate.ask("POST", "/scan/search_ticket/", json={**event, "search": "a"}), "/scan/search_ticket/")
    told = {"version": "1.0", "uptime_s": 5.0}
    _is_as_described(gate.ask("POST", "/api/scan/heartbeat/", json=told), "/api/scan/heartbeat/")
    _is_as_described(requests.get(f"{house.base}/api/events/", timeout=60), "/api/events/", "get")
    _is_as_described(requests.get(f"{house.base}/api/scan/none/pair/", timeout=60), "/api/scan/{token}/pair/", "get")
