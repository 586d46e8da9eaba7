"""The four documented calls: keys, types, messages and paths as on TiBillet's published page, plus the extensions."""

from __future__ import annotations

from datetime import datetime

import pytest
import requests

EXTENSIONS = ["scan_id", "scanned_at", "event_uuid", "code", "annul", "heartbeat", "guest_message"]


@pytest.fixture
def ticket(house):
    return house.ticket(first_name="Jean", last_name="Dupont", product="Billet de Concert", price="Entrée Générale")


@pytest.fixture
def reservation(house):
    return house.store.db.run("SELECT uuid FROM reservation").fetchone()[0]


def _ticket(ticket, status, **more):
    return {
        "uuid": ticket.uuid,
        "status": status,
        "event": "Concert de la République",
        "first_name": "Jean",
        "last_name": "Dupont",
        "price": "Entrée Générale",
        "product": "Billet de Concert",
        **more,
    }


@pytest.mark.parametrize("slash", ["", "/"])
def test_pair_answers_as_the_page_says(house, slash):
    device = house.device("Scanner Entrée")
    answer = requests.get(f"{house.base}/api/scan/{device.token}/pair{slash}", allow_redirects=False, timeout=60)
    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("api_key").count(".") == 1
    assert body == {
        "success": True,
        "message": "Device successfully paired",
        "device_uuid": device.uuid,
        "device_name": "Scanner Entrée",
        "extensions": EXTENSIONS,
        "code": "ok",
    }


@pytest.mark.parametrize("slash", ["", "/"])
def test_test_api_answers_as_the_page_says(house, gate, slash):
    answer = gate.ask("GET", f"/api/scan/test_api{slash}", headers={"Host": "exemple.tibillet.org:8443"})
    body = answer.json()
    moment = body["server_info"].pop("timestamp")
    assert len(moment) == len("2023-06-15T14:30:45.123456+00:00")
    assert datetime.fromisoformat(moment).utcoffset().total_seconds() == 0
    assert body == {
        "success": True,
        "message": "API key is valid",
        "device_info": {"uuid": gate.uuid, "name": "Gate 1", "claimed": True, "archived": False},
        "server_info": {"tenant": "La Raffinerie", "domain": "exemple.tibillet.org"},
        "extensions": EXTENSIONS,
        "code": "ok",
    }


@pytest.mark.parametrize("slash", ["", "/"])
def test_check_ticket_answers_as_the_page_says_and_changes_nothing(gate, ticket, reservation, slash):
    for _ in range(2):
        answer = gate.ask("POST", f"/api/scan/check_ticket{slash}", json={"qrcode_data": ticket.qrcode_data})
        assert answer.status_code == 200
        assert answer.json() == {
            "success": True,
            "message": "Ticket information retrieved",
            "ticket": _ticket(ticket, "Valide et non scanné", is_scanned=False, scanned_by=None),
            "reservation": {"uuid": reservation, "tickets_count": 1},
            "code": "ok",
        }


def test_check_ticket_of_a_scanned_ticket_says_by_whom(gate, ticket):
    gate.scan(ticket.qrcode_data)
    body = gate.check(ticket.qrcode_data).json()
    assert body["success"] is True
    assert body["message"] == "Ticket information retrieved"
    assert body["ticket"] == _ticket(ticket, "Valide et scanné", is_scanned=True, scanned_by=gate.uuid)
    assert body["scanned_by_name"] == "Gate 1"


@pytest.mark.parametrize("slash", ["", "/"])
def test_ticket_answers_as_the_page_says_first_and_again(gate, ticket, reservation, slash):
    first, again = (
        gate.ask("POST", f"/api/scan/ticket{slash}", json={"qrcode_data": ticket.qrcode_data}) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == {
        "success": True,
        "message": "Ticket successfully scanned",
        "ticket": _ticket(ticket, "Valide et scanné"),
        "reservation": {"uuid": reservation, "tickets_count": 1},
        "code": "ok",
    }
    body = again.json()
    assert datetime.fromisoformat(body.pop("scanned_at")).utcoffset().total_seconds() == 0
    assert body.pop("guest_message").endswith(", Gate 1")
    assert body == {
        "success": False,
        "message": "Ticket already scanned",
        "ticket": _ticket(ticket, "Valide et scanné", scanned_by=gate.uuid),
        "reservation": {"uuid": reservation, "tickets_count": 1},
        "code": "already_scanned",
        "scanned_by_name": "Gate 1",
    }


@pytest.mark.parametrize(
    ("accepted", "status"),
    [
        *((None, "Valide et non scanné"), ("fr", "Valide et non scanné"), ("en", "Valid and not scanned")),
        *(("en-GB, fr;q=0.5", "Valid and not scanned"), ("fr, en;q=0.9", "Valide et non scanné")),
        *(("de, en;q=0.1", "Valid and not scanned"), ("en;q=x", "Valide et non scanné"), ("*", "Valide et non scanné")),
    ],
)
def test_the_status_is_french_unless_the_caller_prefers_english(gate, ticket, accepted, status):
    headers = {} if accepted is None else {"Accept-Language": accepted}
    answer = gate.ask("POST", "/api/scan/check_ticket/", headers=headers, json={"qrcode_data": ticket.qrcode_data})
    assert answer.json()["ticket"]["status"] == status


def test_a_body_without_a_json_content_type_is_understood(gate, ticket):
    answer = gate.ask("POST", "/api/scan/ticket/", data=f'{{"qrcode_data": "{ticket.qrcode_data}"}}')
    assert answer.json()["code"] == "ok"
