"""Which event a ticket belongs to: the one whose public key verifies its signature. Keys come from ``/api/events/``."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kiosk.codes import TicketCode
from kiosk.scan_client.answers import fault_of
from kiosk.scan_client.exchange import Answer, Exchanges, NoAnswer
from kiosk.verdict import Fault

_PATH = "/api/events/"
_LIMIT = 4 * 1024 * 1024  # bytes: a year of events with their descriptions
_REFRESH_S = 60.0  # a forged ticket fits no event: it may cost one list a minute, not one a presentation

_PublicKey = RSAPublicKey | Ed25519PublicKey


class Events:
    """The events of one server with their keys, fetched when first needed and when a ticket fits none."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges
        self._keys: dict[str, _PublicKey] = {}
        self._asked_at: float | None = None  # monotonic seconds of the last list

    def event_of(self, ticket: TicketCode, deadline: float) -> str | Fault:
        """The uuid of the ticket's event; EVENT_UNKNOWN when none fits; another fault when none could be asked."""
        if (event := self._fitting(ticket)) is not None:
            return event
        if self._asked_at is not None and time.monotonic() - self._asked_at < _REFRESH_S:
            return Fault.EVENT_UNKNOWN
        if (fault := self.fetch(deadline)) is not None:
            return fault
        return self._fitting(ticket) or Fault.EVENT_UNKNOWN

    def fetch(self, deadline: float) -> Fault | None:
        """Get the list anew (``deadline``: monotonic seconds). A failure leaves the keys that are known."""
        answer = self._exchanges.get(_PATH, deadline, limit=_LIMIT, with_key=False)
        if isinstance(answer, NoAnswer):
            return answer.fault
        if (keys := _keys(answer)) is None:  # no word of the server's about its events: asked again at once
            return Fault.EVENT_UNKNOWN if answer.status in {401, 403, 404} else fault_of(answer)
        self._asked_at = time.monotonic()
        self._keys = keys
        return None

    def _fitting(self, ticket: TicketCode) -> str | None:
        return next((event for event, key in self._keys.items() if _verifies(key, ticket)), None)


def _keys(answer: Answer) -> dict[str, _PublicKey] | None:
    """Event uuid → public key, of a list or of ``{"results": [...]}``; None when it is neither."""
    body = answer.body if answer.status == 200 else None
    items = body.get("results") if isinstance(body, dict) else body
    if not isinstance(items, list):
        return None
    pairs = (_pair(item) for item in items)
    return dict(pair for pair in pairs if pair is not None)


def _pair(item: Any) -> tuple[str, _PublicKey] | None:
    """One event; None for one without a uuid or a key of a kind that signs tickets."""
    if not isinstance(item, dict):
        return None
    uuid, pem = item.get("uuid"), item.get("publicKeyPem")
    if not isinstance(uuid, str) or not isinstance(pem, str):
        return None
    try:
        key = load_pem_public_key(pem.encode())
        event = str(UUID(uuid))
    except (ValueError, UnsupportedAlgorithm):
        return None
    return (event, key) if isinstance(key, RSAPublicKey | Ed25519PublicKey) else None


def _verifies(key: _PublicKey, ticket: TicketCode) -> bool:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(ticket.signature, ticket.data)
        else:  # TiBillet: as much salt as fits, over the base64 text
            pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO)
            key.verify(ticket.signature, ticket.data, pss, SHA256())
    except InvalidSignature:
        return False
    return True
