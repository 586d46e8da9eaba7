"""Ticket codes: ours are byte for byte what TiBillet's gates expect, and theirs are verified."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from api.tickets import codes, keys

UUID = "d1a544fd-2961-4930-bde0-c44026bb00e1"
PRIVATE_PEM, PUBLIC_PEM = keys.new_pair()
CODE = codes.sign(PRIVATE_PEM, UUID)


def _pem(key):
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def test_our_code_has_153_characters_and_the_data_that_tibillet_writes(tibillet):
    assert len(CODE) == 153
    sample = next(t for t in tibillet["tickets"] if t["uuid"] == UUID)
    assert CODE.partition(":")[0] == sample["qrcode_data"].partition(":")[0]


def test_our_code_is_the_same_each_time_and_genuine():
    assert codes.sign(PRIVATE_PEM, UUID) == CODE
    code = codes.parse(CODE)
    assert code.uuid == UUID
    assert codes.is_genuine(code, PUBLIC_PEM)


def test_every_recorded_tibillet_code_is_genuine_for_its_event_and_for_no_other(tibillet):
    pems = {event["uuid"]: event["public_key_pem"] for event in tibillet["events"]}
    assert len(tibillet["tickets"]) == 19
    for ticket in tibillet["tickets"]:
        code = codes.parse(ticket["qrcode_data"])
        assert code.uuid == ticket["uuid"]
        assert [uuid for uuid, pem in pems.items() if codes.is_genuine(code, pem)] == [ticket["event_uuid"]]


@pytest.mark.parametrize("salt_length", [0, 20, 32, 222])
def test_rsa_signatures_of_any_salt_length_are_verified(salt_length):
    key = rsa.generate_private_key(65537, 2048)
    data = base64.urlsafe_b64encode(json.dumps({"uuid": UUID}).encode())
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length)
    signature = key.sign(data, scheme, hashes.SHA256())
    code = codes.parse(f"{data.decode()}:{base64.urlsafe_b64encode(signature).decode()}")
    assert codes.is_genuine(code, _pem(key.public_key()))
    assert not codes.is_genuine(code, PUBLIC_PEM)


def test_an_rsa_signature_of_another_padding_is_none():
    key = rsa.generate_private_key(65537, 2048)
    data = CODE.partition(":")[0].encode()
    signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    assert not keys.fits(key.public_key(), signature, data)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_line_end_after_the_code_is_forgiven(ending):
    assert codes.parse(CODE + ending) == codes.parse(CODE)


@pytest.mark.parametrize(
    "text", [f" {CODE}", f"{CODE} ", f"\n{CODE}", f"{CODE}\n ", f"{CODE}\t", f"{CODE}:", f"{CODE}A"]
)
def test_anything_else_around_the_code_is_malformed(text):
    with pytest.raises(codes.MalformedCodeError):
        codes.parse(text)


def test_a_uuid_in_capitals_is_the_same_ticket():
    data = base64.urlsafe_b64encode(json.dumps({"uuid": UUID.upper()}).encode()).decode()
    assert codes.parse(f"{data}:AAAA").uuid == UUID


@given(st.text(max_size=400) | st.from_regex(r"[A-Za-z0-9_=-]{0,80}:[A-Za-z0-9_=-]{0,80}", fullmatch=True))
def test_any_text_is_a_code_or_malformed(text):
    try:
        code = codes.parse(text)
    except codes.MalformedCodeError:
        return
    assert not codes.is_genuine(code, PUBLIC_PEM)


@given(st.integers(0, len(CODE) - 1), st.characters(codec="ascii"))
def test_one_changed_character_is_never_another_genuine_ticket(position, character):
    text = CODE[:position] + character + CODE[position + 1 :]
    try:
        code = codes.parse(text)
    except codes.MalformedCodeError:
        return
    assert not codes.is_genuine(code, PUBLIC_PEM) or code == codes.parse(CODE)


@pytest.mark.parametrize(
    ("pem", "told"),
    [
        ("", "no public key"),
        ("hello", "no public key"),
        (PRIVATE_PEM, "no public key"),
        (_pem(rsa.generate_private_key(65537, 1024).public_key()), "2048 are wanted"),
        (_pem(ec.generate_private_key(ec.SECP256R1()).public_key()), "signs no tickets"),
    ],
)
def test_a_key_that_can_not_verify_tickets_says_what_is_wanted(pem, told):
    with pytest.raises(keys.KeyTextError, match=told):
        keys.public_key(pem)
