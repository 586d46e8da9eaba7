"""Every row of every table of scan-api.md, part 1, walked over real HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import requests

from api.devices.limiter import FAILURES
from api.devices.organising import archive_device
from api.store.models import TicketStatus
from api.tickets import codes, events, issue, keys


def _is_an_error(answer, status, code):
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert body["success"] is False
    assert body["code"] == code
    assert isinstance(body["error"], str)
    assert body["message"] == body["error"]
    assert set(body) == {"success", "error", "message", "code"}


AUTHENTICATED = [
    ("GET", "test_api"),
    ("GET", "check_api_scan"),
    ("POST", "check_ticket"),
    ("POST", "ticket"),
    ("POST", "annul"),
    ("POST", "list_tickets"),
    ("POST", "search_ticket"),
]


@pytest.mark.parametrize(("method", "call"), AUTHENTICATED)
@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Api-Key", "Api-Key ", "Bearer abc", "Api-Key abcdefgh.nobodys", "Api-Key garbage", "Api-Key ü.é"],
)
def test_a_call_without_a_known_key_is_unauthorized(house, method, call, prefix, slash, authorization):
    headers = {} if authorization is None else {"Authorization": authorization.encode("utf-8")}
    answer = requests.request(
        method, f"{house.base}{prefix}/{call}{slash}", headers=headers, allow_redirects=False, timeout=60
    )
    _is_an_error(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Api-Key"


@pytest.mark.parametrize(("method", "call"), AUTHENTICATED)
def test_the_key_of_an_archived_device_is_refused_at_once(house, gate, method, call):
    archive_device(house.store, UUID(gate.uuid))
    _is_an_error(gate.ask(method, f"/api/scan/{call}/"), 403, "device_archived")


def test_a_key_with_the_right_prefix_and_a_wrong_secret_is_unauthorized(gate):
    gate.key = gate.key[:-1] + ("A" if gate.key[-1] != "A" else "B")
    _is_an_error(gate.ask("GET", "/api/scan/test_api/"), 401, "unauthorized")


def test_the_keyword_of_the_key_may_be_in_any_case(gate):
    answer = gate.ask("GET", "/scan/check_api_scan/", headers={"Authorization": f"api-key  {gate.key}"})
    assert answer.status_code == 200


DATA = "eyJ1dWlkIjogImQxYTU0NGZkLTI5NjEtNDkzMC1iZGUwLWM0NDAyNmJiMDBlMSJ9"


@pytest.mark.parametrize("call", ["check_ticket", "ticket"])
@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "hello", "a:b:c", "https://example.org/x", f"{DATA}:", f":{DATA}", "@@@@:AAAA", "abcde:AAAA"),
        *(f"{DATA}:AAAAA", f"{DATA}:AA AA", f" {DATA}:AAAA", f"{DATA}:é", f"{DATA}:AA+/", f"{DATA}:AAA!A"),
        *("//7_:AAAA", "aGVsbG8=:AAAA", "WyJ4Il0=:AAAA", "bnVsbA==:AAAA", "eyJpZCI6ICJ4In0=:AAAA"),
        *("eyJ1dWlkIjogMTIzfQ==:AAAA", "eyJ1dWlkIjogIm5vdC1hLXV1aWQifQ==:AAAA", "W1tb" * 700 + ":AAAA"),
        "A" * 4096 + ":AAAA",
    ],
)
def test_what_is_no_ticket_code_is_malformed(gate, call, text):
    _is_an_error(gate.ask("POST", f"/api/scan/{call}/", json={"qrcode_data": text}), 400, "malformed_code")


@pytest.mark.parametrize("call", ["check_ticket", "ticket"])
def test_a_wrong_signature_is_told_whether_or_not_the_ticket_exists(house, gate, call):
    private_pem, _ = keys.new_pair()
    for uuid in (house.ticket().uuid, str(uuid4())):
        for code in (codes.sign(private_pem, uuid), f"{codes.sign(private_pem, uuid).partition(':')[0]}:AAAA"):
            answer = gate.ask("POST", f"/api/scan/{call}/", json={"qrcode_data": code})
            _is_an_error(answer, 400, "invalid_signature")


@pytest.mark.parametrize("call", ["check_ticket", "ticket"])
def test_a_ticket_signed_by_another_event_of_ours_is_a_wrong_signature(house, gate, call):
    other = events.add_event(house.store, "Autre Soirée")
    event = events.find_event(house.store, UUID(other.uuid))
    code = codes.sign(event.private_key_pem, house.ticket().uuid)
    _is_an_error(gate.ask("POST", f"/api/scan/{call}/", json={"qrcode_data": code}), 400, "invalid_signature")


@pytest.mark.parametrize("call", ["check_ticket", "ticket"])
def test_a_genuine_code_without_a_ticket_is_unknown(house, gate, call):
    event = events.find_event(house.store, UUID(house.event.uuid))
    code = codes.sign(event.private_key_pem, str(uuid4()))
    _is_an_error(gate.ask("POST", f"/api/scan/{call}/", json={"qrcode_data": code}), 404, "unknown_ticket")


@pytest.mark.parametrize("call", ["check_ticket", "ticket"])
@pytest.mark.parametrize("asked", ["other", "unknown", "garbage"])
def test_another_event_than_asked_is_wrong(house, gate, call, asked):
    other = events.add_event(house.store, "Autre Soirée")
    event_uuid = {"other": other.uuid, "unknown": str(uuid4()), "garbage": "garbage"}[asked]
    ticket = house.ticket()
    body = {"qrcode_data": ticket.qrcode_data, "event_uuid": event_uuid}
    _is_an_error(gate.ask("POST", f"/api/scan/{call}/", json=body), 406, "wrong_event")
    assert gate.scan(ticket.qrcode_data).json()["code"] == "ok"


@pytest.mark.parametrize("call", ["check_ticket", "ticket"])
def test_a_gate_of_one_event_refuses_the_tickets_of_another(house, call):
    other = events.add_event(house.store, "Autre Soirée")
    bound = house.gate(event=other)
    answer = bound.ask("POST", f"/api/scan/{call}/", json={"qrcode_data": house.ticket().qrcode_data})
    _is_an_error(answer, 406, "wrong_event")
    assert bound.scan(house.ticket(other).qrcode_data).json()["code"] == "ok"


@pytest.mark.parametrize("written", [str, lambda uuid: UUID(uuid).hex, str.upper])
def test_the_right_event_may_be_named_in_any_spelling(house, gate, written):
    answer = gate.scan(house.ticket().qrcode_data, event_uuid=written(house.event.uuid))
    assert answer.json()["code"] == "ok"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (TicketStatus.CANCELLED, "cancelled"),
        (TicketStatus.CREATED, "not_active"),
        (TicketStatus.INACTIVE, "not_active"),
        (TicketStatus.SCANNED, "already_scanned"),
    ],
)
def test_a_ticket_that_is_not_valid_is_refused_and_stays_as_it_is(house, gate, status, code):
    ticket = house.ticket(status=status)
    for _ in range(2):
        answer = gate.scan(ticket.qrcode_data)
        assert answer.status_code == 200
        assert answer.json()["success"] is False
        assert answer.json()["code"] == code
    assert [t.status for t in issue.list_tickets(house.store, UUID(house.event.uuid))] == [status]


def test_an_already_scanned_ticket_names_when_and_where(house, gate):
    ticket, second = house.ticket(), house.gate("Gate 2")
    before = datetime.now(UTC)
    assert gate.scan(ticket.qrcode_data).json()["success"] is True
    body = second.scan(ticket.qrcode_data).json()
    assert body["code"] == "already_scanned"
    assert body["ticket"]["scanned_by"] == gate.uuid
    assert body["scanned_by_name"] == "Gate 1"
    assert before <= datetime.fromisoformat(body["scanned_at"]) <= datetime.now(UTC)


@pytest.mark.parametrize("call", ["check_ticket", "ticket"])
@pytest.mark.parametrize(
    ("opens_in", "closes_in", "code"), [(3600, None, "too_early"), (None, -1, "too_late"), (-3600, 3600, "ok")]
)
def test_doors_that_are_closed_refuse_and_use_nothing(house, gate, call, opens_in, closes_in, code):
    def at(seconds):
        return None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)

    event = events.add_event(house.store, "Nuit", doors=events.Doors(at(opens_in), at(closes_in)))
    ticket = house.ticket(event)
    answer = gate.ask("POST", f"/api/scan/{call}/", json={"qrcode_data": ticket.qrcode_data})
    assert (answer.status_code, answer.json()["code"]) == (200, code)
    assert answer.json()["success"] is (code == "ok")
    assert answer.json()["ticket"]["uuid"] == ticket.uuid
    used = call == "ticket" and code == "ok"
    assert issue.list_tickets(house.store, UUID(event.uuid))[0].status == ("scanned" if used else "valid")


def test_a_scan_that_arrives_after_the_event_counts_when_it_happened(house, gate):
    closed_at = datetime.now(UTC) - timedelta(minutes=5)
    event = events.add_event(house.store, "Nuit", doors=events.Doors(closes_at=closed_at))
    happened_at = (closed_at - timedelta(minutes=1)).isoformat()
    assert gate.scan(house.ticket(event).qrcode_data, scanned_at=happened_at).json()["code"] == "ok"


@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("token", ["garbage", "!!!", "aGVsbG8gd29ybGQ", "A" * 100, "%00" * 50, "é"])
def test_a_token_that_nobody_made_is_invalid(house, prefix, slash, token):
    answer = requests.get(f"{house.base}{prefix}/{token}/pair{slash}", allow_redirects=False, timeout=60)
    _is_an_error(answer, 400, "invalid_token")


def test_wrong_keys_are_limited_by_address_and_a_good_key_is_served_all_the_same(house, gate):
    url = f"{house.base}/api/scan/test_api/"
    answers = [
        requests.get(url, headers={"Authorization": f"Api-Key abcdefgh.{n}"}, timeout=60) for n in range(FAILURES + 1)
    ]
    assert {answer.status_code for answer in answers[:-1]} == {401}
    _is_an_error(answers[-1], 429, "rate_limited")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert gate.ask("GET", "/api/scan/test_api/").status_code == 200
    assert requests.get(house.device("Gate 2").pairing_url, timeout=60).status_code == 200


def test_failed_pairings_are_limited_too(house):
    answers = [requests.get(f"{house.base}/scan/guess{n}/pair", timeout=60) for n in range(FAILURES + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {400}
    _is_an_error(answers[-1], 429, "rate_limited")


def test_errors_are_in_the_log_with_the_device_and_the_code_but_without_names(house, gate):
    ticket = house.ticket(first_name="Jeanne", last_name="Dupont", email="jeanne@example.org")
    private_pem, _ = keys.new_pair()
    for code in (ticket.qrcode_data, ticket.qrcode_data, codes.sign(private_pem, ticket.uuid), "junk"):
        gate.scan(code)
    gate.scan(ticket.qrcode_data, event_uuid=str(uuid4()))
    assert [(line[0], line[1], line[3]) for line in house.lines()] == [
        ("scan", ticket.uuid, "ok"),
        ("scan", ticket.uuid, "already_scanned"),
        ("scan", ticket.uuid, "invalid_signature"),
        ("scan", None, "malformed_code"),
        ("scan", ticket.uuid, "wrong_event"),
    ]
    everything = json.dumps(house.store.db.run("SELECT * FROM scan_line").fetchall())
    assert not any(name in everything for name in ("Jeanne", "Dupont", "jeanne@example.org"))
