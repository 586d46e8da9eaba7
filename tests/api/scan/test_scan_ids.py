"""Scan ids: the same question has the same answer, whatever happened since."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from api.tickets import codes, events, issue, keys


@pytest.mark.parametrize("call", ["scan", "check"])
def test_a_repeated_id_gives_the_same_answer_to_the_byte(house, gate, scan_id, call):
    ticket, other = house.ticket(), house.gate("Gate 2")
    ask = getattr(gate, call)
    first = ask(ticket.qrcode_data, scan_id=scan_id)
    other.scan(ticket.qrcode_data)
    assert first.json()["code"] == "ok"
    assert ask(ticket.qrcode_data, scan_id=scan_id).content == first.content
    assert ask(ticket.qrcode_data, scan_id=scan_id.upper()).content == first.content
    assert len([line for line in house.lines() if line[2] == scan_id]) == 1


def test_a_new_id_or_none_is_a_new_question(house, gate, scan_id):
    ticket = house.ticket()
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "ok"
    assert gate.scan(ticket.qrcode_data, scan_id=str(uuid4())).json()["code"] == "already_scanned"
    assert gate.scan(ticket.qrcode_data).json()["code"] == "already_scanned"


def test_a_look_does_not_use_up_the_id_of_the_scan(house, gate, scan_id):
    ticket = house.ticket()
    looked = gate.check(ticket.qrcode_data, scan_id=scan_id)
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "ok"
    assert gate.check(ticket.qrcode_data, scan_id=scan_id).content == looked.content


def test_two_gates_with_the_same_id_do_not_disturb_each_other(house, gate, scan_id):
    first, second, other = house.ticket(), house.ticket(), house.gate("Gate 2")
    assert gate.scan(first.qrcode_data, scan_id=scan_id).json()["code"] == "ok"
    assert other.scan(first.qrcode_data, scan_id=scan_id).json()["code"] == "already_scanned"
    assert gate.scan(first.qrcode_data, scan_id=scan_id).json()["code"] == "ok"
    third = house.gate("Gate 3")
    assert third.scan(second.qrcode_data, scan_id=scan_id).json()["code"] == "ok"


@pytest.mark.parametrize("call", ["scan", "check"])
@pytest.mark.parametrize("again", ["scan", "check"])
def test_the_same_id_with_another_ticket_is_refused_and_uses_nothing(house, gate, scan_id, call, again):
    first, second = house.ticket(), house.ticket()
    getattr(gate, call)(first.qrcode_data, scan_id=scan_id)
    answer = getattr(gate, again)(second.qrcode_data, scan_id=scan_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "scan_id_reused")
    assert gate.scan(second.qrcode_data).json()["code"] == "ok"


def test_the_ticket_counts_and_not_the_text_of_its_code(house, gate, tibillet, recorded, scan_id):
    """TiBillet salts its signatures: two genuine codes of one ticket are recorded, and they differ."""
    sample = next(t for t in tibillet["tickets"] if t["name"] == "K1")
    pem = next(e["public_key_pem"] for e in tibillet["events"] if e["uuid"] == sample["event_uuid"])
    events.add_event(house.store, "Importé", uuid=UUID(sample["event_uuid"]), public_key_pem=pem)
    issue.add_tickets(house.store, UUID(sample["event_uuid"]), uuid=UUID(sample["uuid"]))
    listed = next(row for row in recorded("search_case")["results"] if row["uuid"] == sample["uuid"])
    assert listed["qrcode_data"] != sample["qrcode_data"]
    first = gate.scan(sample["qrcode_data"], scan_id=scan_id)
    assert first.json()["code"] == "ok"
    assert gate.scan(listed["qrcode_data"], scan_id=scan_id).content == first.content


def test_refusals_are_repeated_too(house, gate, scan_id):
    event = events.find_event(house.store, UUID(house.event.uuid))
    uuid = uuid4()
    code = codes.sign(event.private_key_pem, str(uuid))
    first = gate.scan(code, scan_id=scan_id)
    assert first.json()["code"] == "unknown_ticket"
    issue.add_tickets(house.store, UUID(event.uuid), uuid=uuid)
    again = gate.scan(code, scan_id=scan_id)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert gate.scan(code, scan_id=str(uuid4())).json()["code"] == "ok"


def test_a_refusal_for_a_cancelled_ticket_is_repeated_in_the_words_of_that_moment(house, gate, scan_id):
    ticket = house.ticket()
    issue.cancel_ticket(house.store, UUID(ticket.uuid))
    first = gate.scan(ticket.qrcode_data, scan_id=scan_id)
    with house.store.writing():
        house.store.db.run("UPDATE ticket SET status = 'valid'")
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).content == first.content
    assert gate.scan(ticket.qrcode_data).json()["code"] == "ok"


def test_a_cancelled_admission_is_still_answered_as_it_was(house, gate, scan_id):
    ticket = house.ticket()
    first = gate.scan(ticket.qrcode_data, scan_id=scan_id)
    with house.store.writing():
        house.store.db.run("UPDATE ticket SET status = 'cancelled'")
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).content == first.content


def test_a_forgery_with_a_known_id_learns_nothing_and_changes_nothing(house, gate, scan_id):
    ticket = house.ticket()
    private_pem, _ = keys.new_pair()
    forged = codes.sign(private_pem, ticket.uuid)
    first = gate.scan(ticket.qrcode_data, scan_id=scan_id)
    assert gate.scan(forged, scan_id=scan_id).json()["code"] == "invalid_signature"
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).content == first.content


@pytest.mark.parametrize("call", ["scan", "check"])
def test_a_forgery_takes_no_id_from_the_genuine_code_that_goes_on_with_it(house, gate, scan_id, call):
    """A gate that did not hear how the forgery was answered asks for the true ticket with the same scan id."""
    ticket = house.ticket()
    forged = codes.sign(keys.new_pair()[0], ticket.uuid)
    ask = getattr(gate, call)
    assert ask(forged, scan_id=scan_id).json()["code"] == "invalid_signature"
    first = ask(ticket.qrcode_data, scan_id=scan_id)
    assert first.json()["code"] == "ok"
    assert ask(forged, scan_id=scan_id).json()["code"] == "invalid_signature"
    assert ask(ticket.qrcode_data, scan_id=scan_id).content == first.content


def test_an_unreadable_code_takes_no_id(house, gate, scan_id):
    assert gate.scan("junk", scan_id=scan_id).json()["code"] == "malformed_code"
    assert gate.scan(house.ticket().qrcode_data, scan_id=scan_id).json()["code"] == "ok"


def test_the_time_that_the_gate_tells_is_kept_beside_the_arrival(house, gate):
    ticket = house.ticket()
    gate.scan(ticket.qrcode_data, scanned_at="2026-01-02T03:04:05.5+01:00")
    told, arrived = house.store.db.run("SELECT scanned_at, arrived_at FROM scan_line").fetchone()
    assert told == 1_767_319_445_500_000
    assert arrived > told
    assert gate.scan(ticket.qrcode_data).json()["scanned_at"] == "2026-01-02T02:04:05.500000+00:00"


def test_a_gate_whose_clock_is_ahead_scans_no_later_than_its_scan_arrived(house, gate):
    ticket = house.ticket()
    gate.scan(ticket.qrcode_data, scanned_at="2999-01-01T00:00:00Z")
    assert gate.scan(ticket.qrcode_data).json()["scanned_at"] < "2999"
