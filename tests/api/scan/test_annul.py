"""Annulling: an admission that nobody went through on is given back, once, and only that one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from api.tickets import issue

MINUTE = timedelta(minutes=1)


def _told(moment):
    return moment.isoformat()


def _is_refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"success", "error", "message", "code"}
    assert answer.json()["success"] is False


def _status(house, ticket):
    return house.store.db.run("SELECT status FROM ticket WHERE uuid = ?", (ticket.uuid,)).fetchone()[0]


@pytest.fixture
def admitted(house, gate, scan_id):
    """A ticket that was let in with ``scan_id`` at ``gate``."""
    ticket = house.ticket()
    assert gate.scan(ticket.qrcode_data, scan_id=scan_id).json()["code"] == "ok"
    return ticket


@pytest.mark.parametrize("prefix", ["/api/scan", "/scan"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_ticket_given_back_is_valid_again_and_admits_once_more(house, gate, admitted, scan_id, prefix, slash):
    answer = gate.ask("POST", f"{prefix}/annul{slash}", json={"scan_id": scan_id, "reason": "not_passed"})
    assert answer.status_code == 200
    told = {"success": True, "message": "Admission annulled", "scan_id": scan_id, "code": "ok"}
    assert answer.json() == told
    assert gate.check(admitted.qrcode_data).json()["ticket"]["is_scanned"] is False
    row = house.store.db.run("SELECT status, scanned_at, scanned_by, scan_id FROM ticket").fetchone()
    assert row == ("valid", None, None, None)
    answers = [gate.scan(admitted.qrcode_data, scan_id=str(uuid4())).json()["code"] for _ in range(2)]
    assert answers == ["ok", "already_scanned"]


def test_a_ticket_given_back_admits_at_another_gate_too(house, gate, admitted, scan_id):
    gate.annul(scan_id)
    assert house.gate("Gate 2").scan(admitted.qrcode_data).json()["code"] == "ok"


def test_the_audit_log_keeps_the_scan_and_the_annulling_with_its_reason_and_time(house, gate, admitted, scan_id):
    gate.annul(scan_id, annulled_at="2026-01-02T03:04:05Z", scanned_at="2026-01-02T03:03:57Z")
    assert house.lines() == [("scan", admitted.uuid, scan_id, "ok"), ("annul", admitted.uuid, scan_id, "ok")]
    found = house.store.db.run("SELECT reason, scanned_at, status, event_id FROM scan_line ORDER BY id").fetchall()
    assert found[1][:3] == ("not_passed", 1_767_323_045_000_000, "valid")
    assert found[0][3] == found[1][3]


def test_the_same_annul_again_has_the_same_answer_whatever_happened_since(house, gate, admitted, scan_id):
    first = gate.annul(scan_id)
    assert gate.annul(scan_id).content == first.content
    gate.scan(admitted.qrcode_data, scan_id=str(uuid4()))
    late = _told(datetime.now(UTC) + timedelta(days=2))
    assert gate.annul(scan_id.upper(), annulled_at=late).content == first.content
    assert _status(house, admitted) == "scanned"
    assert [line[0] for line in house.lines()] == ["scan", "annul", "scan"]


def test_an_annulled_scan_id_is_refused_for_ever(house, gate, admitted, scan_id):
    gate.annul(scan_id)
    first = gate.scan(admitted.qrcode_data, scan_id=scan_id)
    assert (first.status_code, first.json()["success"], first.json()["code"]) == (200, False, "annulled")
    assert first.json()["ticket"]["uuid"] == admitted.uuid
    assert _status(house, admitted) == "valid"
    gate.scan(admitted.qrcode_data, scan_id=str(uuid4()))
    assert gate.scan(admitted.qrcode_data, scan_id=scan_id).content == first.content
    other = gate.scan(house.ticket().qrcode_data, scan_id=scan_id)
    assert (other.status_code, other.json()["code"]) == (409, "scan_id_reused")


def test_an_old_id_never_takes_the_admission_of_a_newer_one(house, gate, admitted, scan_id):
    second, third = str(uuid4()), str(uuid4())
    gate.annul(scan_id)
    assert gate.scan(admitted.qrcode_data, scan_id=second).json()["code"] == "ok"
    assert gate.annul(scan_id).json()["code"] == "ok"  # the answer of then
    assert _status(house, admitted) == "scanned"
    assert gate.scan(admitted.qrcode_data, scan_id=third).json()["code"] == "already_scanned"
    _is_refused(gate.annul(third), 409, "not_in_force")
    assert _status(house, admitted) == "scanned"
    assert gate.annul(second).json()["code"] == "ok"
    assert _status(house, admitted) == "valid"


def test_a_ticket_that_something_else_made_valid_and_scanned_again_is_not_given_back(house, gate, admitted, scan_id):
    with house.store.writing():
        house.store.db.run("UPDATE ticket SET status = 'valid'")
    assert gate.scan(admitted.qrcode_data).json()["code"] == "ok"  # by the same gate, without an id
    _is_refused(gate.annul(scan_id), 409, "not_in_force")
    assert _status(house, admitted) == "scanned"


def test_another_device_gives_nothing_back(house, gate, admitted, scan_id):
    other = house.gate("Gate 2")
    _is_refused(other.annul(scan_id), 404, "unknown_scan")
    assert other.scan(admitted.qrcode_data, scan_id=scan_id).json()["code"] == "already_scanned"
    _is_refused(other.annul(scan_id), 409, "not_in_force")
    assert _status(house, admitted) == "scanned"


def test_an_unknown_id_and_one_that_only_looked_are_unknown_scans(house, gate, scan_id):
    _is_refused(gate.annul(str(uuid4())), 404, "unknown_scan")
    ticket = house.ticket()
    gate.check(ticket.qrcode_data, scan_id=scan_id)
    gate.scan(ticket.qrcode_data)
    _is_refused(gate.annul(scan_id), 404, "unknown_scan")
    assert _status(house, ticket) == "scanned"


def test_a_refused_annul_leaves_a_line_and_no_answer_that_stands_in_the_way(house, gate, admitted, scan_id):
    late = {"annulled_at": "2026-01-02T04:00:00Z", "scanned_at": "2026-01-02T03:00:00Z"}
    for _ in range(2):
        _is_refused(gate.annul(scan_id, **late), 409, "annul_too_late")
    assert house.lines()[1:] == [("annul", admitted.uuid, None, "annul_too_late")] * 2
    assert gate.scan(admitted.qrcode_data, scan_id=scan_id).json()["code"] == "ok"
    assert gate.annul(scan_id).json()["code"] == "ok"


def test_a_ticket_cancelled_meanwhile_stays_cancelled(house, gate, admitted, scan_id):
    with house.store.writing():
        house.store.db.run("UPDATE ticket SET status = 'cancelled'")
    _is_refused(gate.annul(scan_id), 409, "not_in_force")
    assert _status(house, admitted) == "cancelled"


def test_a_ticket_given_back_can_be_cancelled(house, gate, admitted, scan_id):
    gate.annul(scan_id)
    issue.cancel_ticket(house.store, UUID(admitted.uuid))
    assert gate.annul(scan_id).json()["code"] == "ok"
    assert _status(house, admitted) == "cancelled"


@pytest.mark.parametrize(("after", "code"), [(15 * MINUTE, "ok"), (15 * MINUTE + MINUTE / 60, "annul_too_late")])
@pytest.mark.parametrize("skew", [timedelta(0), timedelta(days=-9000), timedelta(days=300)])
def test_the_kiosks_two_times_are_compared_with_each_other_however_wrong_its_clock(
    gate, admitted, scan_id, after, code, skew
):
    scanned = datetime.now(UTC) + skew
    answer = gate.annul(scan_id, scanned_at=_told(scanned), annulled_at=_told(scanned + after))
    assert answer.json()["code"] == code


def test_a_clock_that_was_set_back_after_the_scan_is_no_reason_to_refuse(gate, admitted, scan_id):
    now = datetime.now(UTC)
    assert gate.annul(scan_id, scanned_at=_told(now), annulled_at=_told(now - 60 * MINUTE)).json()["code"] == "ok"


@pytest.mark.parametrize(("after", "code"), [(14 * MINUTE, "ok"), (16 * MINUTE, "annul_too_late")])
def test_without_the_kiosks_time_of_the_scan_the_servers_own_counts(gate, admitted, scan_id, after, code):
    assert gate.annul(scan_id, annulled_at=_told(datetime.now(UTC) + after)).json()["code"] == code


@pytest.mark.parametrize(("ago", "code"), [(14 * MINUTE, "ok"), (16 * MINUTE, "annul_too_late")])
@pytest.mark.parametrize("more", [{}, {"scanned_at": "2026-01-02T03:04:05Z"}])
def test_without_the_time_of_annulling_the_arrival_counts(house, gate, scan_id, ago, code, more):
    gate.scan(house.ticket().qrcode_data, scan_id=scan_id, scanned_at=_told(datetime.now(UTC) - ago))
    assert gate.annul(scan_id, **more).json()["code"] == code


def test_an_annul_that_waited_for_hours_in_the_kiosk_counts_from_when_it_was_made(house, gate, scan_id):
    scanned = datetime.now(UTC) - timedelta(hours=5)
    gate.scan(house.ticket().qrcode_data, scan_id=scan_id, scanned_at=_told(scanned))
    assert gate.annul(scan_id, annulled_at=_told(scanned + MINUTE)).json()["code"] == "ok"


@pytest.mark.parametrize(
    "wrong",
    [
        *({"scan_id": "x"}, {"scan_id": None}, {"scan_id": 5}, {"reason": ""}, {"reason": None}, {"reason": "r" * 201}),
        *(
            {"reason": "a\0b"},
            {"annulled_at": "yesterday"},
            {"annulled_at": 1.5},
            {"annulled_at": "2026-01-02T03:04:05"},
        ),
        {"scanned_at": "1926-01-02T03:04:05Z"},
    ],
)
def test_a_body_that_is_not_what_annul_takes_is_a_bad_request_and_gives_nothing_back(
    house, gate, admitted, scan_id, wrong
):
    body = {"scan_id": scan_id, "reason": "not_passed"} | wrong
    _is_refused(gate.ask("POST", "/api/scan/annul/", json=body), 400, "bad_request")
    assert _status(house, admitted) == "scanned"


@pytest.mark.parametrize("missing", ["scan_id", "reason"])
def test_scan_id_and_reason_are_required(gate, admitted, scan_id, missing):
    body = {"scan_id": scan_id, "reason": "not_passed"}
    del body[missing]
    _is_refused(gate.ask("POST", "/api/scan/annul/", json=body), 400, "bad_request")
