"""Which codes are genuine: the very text that this server made, else whatever the event's key has signed."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest

from api.tickets import codes, issue, keys


def _digest(house, ticket):
    return house.store.db.run("SELECT code_digest FROM ticket WHERE uuid = ?", (ticket.uuid,)).fetchone()[0]


def _set_digest(house, ticket, digest):
    with house.store.writing():
        house.store.db.run("UPDATE ticket SET code_digest = ? WHERE uuid = ?", (digest, ticket.uuid))


def _other_signature(code, change):
    data, _, signature = code.partition(":")
    changed = change(bytearray(base64.urlsafe_b64decode(signature)))
    return f"{data}:{base64.urlsafe_b64encode(bytes(changed)).decode('ascii')}"


def _flip(signature):
    signature[-1] ^= 1
    return signature


def test_each_ticket_keeps_the_digest_of_its_own_code(house):
    for ticket in issue.add_tickets(house.store, UUID(house.event.uuid), count=3):
        assert _digest(house, ticket) == codes.digest(codes.parse(ticket.qrcode_data))


def test_the_code_that_this_server_made_needs_no_signature_verified(house, gate):
    ticket = house.ticket()
    _, another_key = keys.new_pair()
    with house.store.writing():
        house.store.db.run("UPDATE event SET public_key_pem = ?", (another_key,))
    assert gate.scan(ticket.qrcode_data).json()["code"] == "ok"


@pytest.mark.parametrize("digest", [None, "0" * 32])
def test_a_ticket_made_before_digests_or_by_another_signing_of_its_key_is_known_by_its_signature(house, gate, digest):
    ticket = house.ticket()
    _set_digest(house, ticket, digest)
    assert gate.check(ticket.qrcode_data).json()["success"] is True
    assert gate.scan(ticket.qrcode_data).json()["code"] == "ok"
    assert gate.scan(ticket.qrcode_data).json()["code"] == "already_scanned"
    assert _digest(house, ticket) == digest


@pytest.mark.parametrize("change", [_flip, lambda s: s[:-1], lambda s: s + b"\0", lambda _: b""])
@pytest.mark.parametrize("has_digest", [True, False])
def test_another_signature_on_the_same_ticket_is_forged(house, gate, change, has_digest):
    ticket = house.ticket()
    if not has_digest:
        _set_digest(house, ticket, None)
    forged = _other_signature(ticket.qrcode_data, change)
    assert gate.scan(forged).json()["code"] in ("invalid_signature", "malformed_code")
    assert gate.scan(ticket.qrcode_data).json()["code"] == "ok"


def test_the_digest_of_one_ticket_makes_no_other_genuine(house, gate):
    one, other = house.ticket(), house.ticket()
    mixed = f"{one.qrcode_data.partition(':')[0]}:{other.qrcode_data.partition(':')[2]}"
    assert gate.scan(mixed).json()["code"] == "invalid_signature"
    _set_digest(house, one, codes.digest(codes.parse(other.qrcode_data)))
    assert gate.scan(mixed).json()["code"] == "invalid_signature"
