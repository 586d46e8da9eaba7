"""Ticket codes, ``DATA:SIGNATURE``: made and taken apart by a strict grammar. Pure; what comes in is hostile.

DATA is urlsafe base64 of ``{"uuid": "…"}``, byte for byte as TiBillet writes it, and what is signed is that base64.
Only a line end after the code is forgiven (keyboard scanners add one). TiBillet's servers also take the standard
base64 alphabet and junk inside the signature; no ticket is printed so, and here it is malformed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass

from api.tickets import keys

# The longest text that a QR code can hold (version 40, level L, bytes).
LONGEST = 2953
_BASE64 = re.compile(r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{4}|[A-Za-z0-9_-]{3}=|[A-Za-z0-9_-]{2}==)", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


class MalformedCodeError(ValueError):
    """Not a ticket code at all."""


@dataclass(frozen=True, slots=True)
class TicketCode:
    """A ticket code by its grammar; whether it is genuine is another question."""

    uuid: str  # lower case, with dashes
    data: bytes  # the base64 part as signed, ASCII
    signature: bytes  # decoded


def parse(text: str) -> TicketCode:
    """The parts of this text. Raises MalformedCodeError for anything that is not a ticket code."""
    if len(text) > LONGEST:
        raise MalformedCodeError("longer than any QR code")
    data, colon, signature = text.rstrip("\r\n").partition(":")
    if not colon:
        raise MalformedCodeError("not DATA:SIGNATURE")
    return TicketCode(_uuid_in(_decode(data)), data.encode("ascii"), _decode(signature))


def sign(private_pem: str, uuid: str) -> str:
    """The code of this ticket, 153 characters. Ed25519 gives the same text each time."""
    data = base64.urlsafe_b64encode(json.dumps({"uuid": uuid}).encode("ascii"))
    signature = keys.private_key(private_pem).sign(data)
    return f"{data.decode('ascii')}:{base64.urlsafe_b64encode(signature).decode('ascii')}"


def digest(code: TicketCode) -> str:
    """32 hex digits that stand for this code, letter for letter: BLAKE2b of 128 bits.

    Who knows one must still find the code behind it, which is as hard as forging an Ed25519 signature (2^128).
    """
    return hashlib.blake2b(code.data + b":" + code.signature, digest_size=16).hexdigest()


def is_genuine(code: TicketCode, public_pem: str) -> bool:
    """True when the event with this public key made the code."""
    return keys.fits(keys.public_key(public_pem), code.signature, code.data)


def _decode(text: str) -> bytes:
    if not _BASE64.fullmatch(text):
        raise MalformedCodeError("not urlsafe base64")
    try:
        return base64.urlsafe_b64decode(text)
    except binascii.Error as error:
        raise MalformedCodeError("not urlsafe base64") from error


def _uuid_in(data: bytes) -> str:
    try:
        fields = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedCodeError("no JSON in it") from error
    uuid = fields.get("uuid") if isinstance(fields, dict) else None
    if not isinstance(uuid, str) or not _UUID.fullmatch(uuid.lower()):
        raise MalformedCodeError("no uuid in it")
    return uuid.lower()
