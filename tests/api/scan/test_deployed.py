"""The deployed dialect: a success under ``/scan/`` has the keys and types of the recorded TiBillet server."""

from __future__ import annotations

from uuid import UUID

import pytest
import requests

from api.tickets import events, issue


def _has_the_shape_of(ours, theirs, more=()):
    """Every key of theirs with the same type, a null where either has one, and nothing else but ``more``."""
    assert set(ours) - set(more) == set(theirs)
    for key, value in theirs.items():
        if isinstance(value, dict) and ours[key] is not None:
            _has_the_shape_of(ours[key], value)
        elif value is not None and ours[key] is not None:
            assert type(ours[key]) is type(value), key


@pytest.fixture
def ticket(house):
    return house.ticket(
        first_name="Jeanne", last_name="Dupont-Éà", email="j@example.org", product="Billet", price="Plein"
    )


def test_pair_has_the_recorded_shape(house, recorded):
    answer = requests.get(f"{house.base}/scan/{house.device().token}/pair", allow_redirects=False, timeout=60)
    _has_the_shape_of(answer.json(), recorded("pair_valid_slash"), more={"extensions", "code"})
    assert answer.json()["tenant_name"] == "La Raffinerie"


def test_ticket_calls_have_the_recorded_shapes(house, gate, ticket, recorded):
    code, event = ticket.qrcode_data, house.event.uuid
    used = {"code", "scanned_at", "scanned_by_name", "guest_message"}
    _has_the_shape_of(gate.check(code, "/scan").json(), recorded("check_ticket_status_K"), more={"code"})
    _has_the_shape_of(gate.scan(code, "/scan", event_uuid=event).json(), recorded("ticket_valid_K"), more={"code"})
    _has_the_shape_of(gate.scan(code, "/scan").json(), recorded("ticket_again_same_device"), more=used)
    _has_the_shape_of(gate.check(code, "/scan").json(), recorded("check_ticket_after_scan"), more=used)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("prefix", ["/scan", "/api/scan"])
def test_the_small_calls_answer_asrecorded(house, gate, prefix, slash):
    assert gate.ask("GET", f"{prefix}/check_api_scan{slash}").json() == {"scan_app": "Gate 1"}
    assert requests.get(f"{house.base}{prefix}/check_allow_any{slash}", timeout=60).json() == {"allow_any": True}


@pytest.mark.parametrize("slash", ["", "/"])
def test_events_give_every_public_key_to_anybody(house, tibillet, slash):
    imported = tibillet["events"][0]
    pem = imported["public_key_pem"]
    events.add_event(house.store, "Importé", uuid=UUID(imported["uuid"]), public_key_pem=pem)
    assert requests.get(f"{house.base}/api/events{slash}", allow_redirects=False, timeout=60).json() == [
        {"uuid": house.event.uuid, "name": house.event.name, "publicKeyPem": house.event.public_key_pem},
        {"uuid": imported["uuid"], "name": "Importé", "publicKeyPem": pem},
    ]


def test_a_list_has_the_recorded_shape(house, gate, ticket, recorded):
    body = gate.ask("POST", "/scan/list_tickets", json={"event_uuid": house.event.uuid}).json()
    recorded = recorded("list_p2")
    _has_the_shape_of(body, recorded)
    _has_the_shape_of(body["results"][0], recorded["results"][0])
    assert body["results"][0]["qrcode_data"] == ticket.qrcode_data


@pytest.mark.parametrize("order_by", ["reservation__datetime", "last_name", "first_name", "uuid", "status"])
@pytest.mark.parametrize("order_dir", ["asc", "desc"])
def test_pages_hold_every_ticket_once_whatever_their_order(house, gate, order_by, order_dir):
    issued = {t.uuid for t in issue.add_tickets(house.store, UUID(house.event.uuid), count=25)}
    asked = {"event_uuid": house.event.uuid, "page_size": 10, "order_by": order_by, "order_dir": order_dir}
    pages = [gate.ask("POST", "/scan/list_tickets/", json={**asked, "page": n}).json() for n in (1, 2, 3, 4)]
    assert [page["count"] for page in pages] == [10, 10, 5, 0]
    assert {(page["total"], page["total_pages"]) for page in pages} == {(25, 3)}
    shown = [row["uuid"] for page in pages for row in page["results"]]
    assert len(shown) == 25
    assert set(shown) == issued
    # All are alike but for their uuid, which breaks the tie upwards.
    assert shown == sorted(shown, reverse=order_by == "uuid" and order_dir == "desc")


def test_a_page_holds_200_at_most_and_40_by_default(house, gate):
    issue.add_tickets(house.store, UUID(house.event.uuid), count=201)
    asked = {"event_uuid": house.event.uuid}
    assert gate.ask("POST", "/scan/list_tickets/", json=asked).json()["count"] == 40
    assert gate.ask("POST", "/scan/list_tickets/", json={**asked, "page_size": 200}).json()["count"] == 200


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"event_uuid": "x"}, {"event_uuid": 1}, {"page_size": 201}, {"page_size": 0}, {"page": 0}, {"page": "1"}),
        *({"page": 10**30}, {"order_by": "secret"}, {"order_dir": "up"}, {"page_size": True}, {"page": 1.0}),
    ],
)
def test_a_list_asked_wrongly_is_a_bad_request(house, gate, body):
    asked = body if body == {} or "event_uuid" in body else {"event_uuid": house.event.uuid, **body}
    answer = gate.ask("POST", "/scan/list_tickets/", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("text", ["DUPONT", "anne", "j@EXAMPLE", "upont-Éà"])
def test_a_search_finds_names_and_addresses_in_any_case(house, gate, ticket, text, recorded):
    house.ticket(first_name="Zoé")
    body = gate.ask("POST", "/scan/search_ticket/", json={"event_uuid": house.event.uuid, "search": text}).json()
    assert [row["uuid"] for row in body["results"]] == [ticket.uuid]
    assert (body["success"], body["count"]) == (True, 1)
    _has_the_shape_of(body["results"][0], recorded("list_p2")["results"][0])


@pytest.mark.parametrize("text", ["zzzzz", "%", "_", "\\", "' OR 1=1 --"])
def test_a_search_takes_every_character_as_itself(house, gate, ticket, text):
    body = gate.ask("POST", "/scan/search_ticket/", json={"event_uuid": house.event.uuid, "search": text}).json()
    assert body == {"success": True, "count": 0, "results": []}


@pytest.mark.parametrize("call", ["list_tickets", "search_ticket"])
def test_a_gate_of_one_event_sees_no_other_guests(house, call):
    other = events.add_event(house.store, "Autre Soirée")
    bound = house.gate(event=other)
    answer = bound.ask("POST", f"/scan/{call}/", json={"event_uuid": house.event.uuid, "search": "a"})
    assert (answer.status_code, answer.json()["code"]) == (406, "wrong_event")
