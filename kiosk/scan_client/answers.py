"""What an answer of the scan API means: a verdict, or "go on". Pure. Exact codes and texts only, never a guess."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any
from uuid import UUID

from kiosk.credentials import printable
from kiosk.scan_client.exchange import Answer
from kiosk.verdict import ADMITTED, Fault, Outcome, Reason, Verdict, refused, unknown

# Ours says why in ``code`` (scan-api.md part 1). A pair that is not here is no refusal.
_BY_CODE = {
    (400, "malformed_code"): Reason.MALFORMED_CODE,
    (400, "invalid_signature"): Reason.INVALID_SIGNATURE,
    (404, "unknown_ticket"): Reason.UNKNOWN_TICKET,
    (406, "wrong_event"): Reason.WRONG_EVENT,
    (200, "cancelled"): Reason.CANCELLED,
    (200, "not_active"): Reason.NOT_ACTIVE,
    (200, "already_scanned"): Reason.ALREADY_SCANNED,
    (200, "too_early"): Reason.TOO_EARLY,
    (200, "too_late"): Reason.TOO_LATE,
    (200, "annulled"): Reason.ANNULLED,
    (200, "wrong_gate"): Reason.WRONG_GATE,
    (200, "not_inside"): Reason.NOT_INSIDE,
}
# Deployed servers say it in ``error`` only, the same in every language (wire.jsonl).
_BY_TEXT = {
    (400, "Invalid ticket signature"): Reason.INVALID_SIGNATURE,
    (400, "Invalid QR code format"): Reason.MALFORMED_CODE,
    (400, "Ticket UUID not found in QR code data"): Reason.MALFORMED_CODE,
    (404, "Ticket not found"): Reason.UNKNOWN_TICKET,
    (406, "Event error"): Reason.WRONG_EVENT,
}


class TicketState(Enum):
    """What ``status`` says, in whatever language."""

    VALID = "valid"
    SCANNED = "scanned"
    CANCELLED = "cancelled"
    NOT_ACTIVE = "not_active"


_STATES = {
    "Valide et non scanné": TicketState.VALID,
    "Valid and not scanned": TicketState.VALID,
    "Valide et scanné": TicketState.SCANNED,
    "Valid and scanned": TicketState.SCANNED,
    "Annulé": TicketState.CANCELLED,
    "Canceled": TicketState.CANCELLED,
    "Créé": TicketState.NOT_ACTIVE,
    "Created": TicketState.NOT_ACTIVE,
    "Inactive": TicketState.NOT_ACTIVE,
}
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII)


def of_check(answer: Answer, ticket: str) -> Verdict:
    """What ``check_ticket/`` says about this ticket (uuid): admitted means "valid and not scanned"."""
    if (told := _told(answer, ticket)) is not None:
        return told
    subject = _subject(answer, ticket)
    if subject is None or answer.body.get("success") is not True:
        return unknown(Fault.ODD_ANSWER)
    state, is_scanned = state_of(subject), subject.get("is_scanned")
    if state is None or is_scanned is not (state is TicketState.SCANNED):
        return unknown(Fault.ODD_ANSWER)
    if state is TicketState.SCANNED:
        return _already_scanned(answer.body)
    message = _guest_message(answer.body)
    return {
        TicketState.VALID: _admitted(subject),
        TicketState.CANCELLED: refused(Reason.CANCELLED, guest_message=message),
        TicketState.NOT_ACTIVE: refused(Reason.NOT_ACTIVE, guest_message=message),
    }[state]


def of_scan(answer: Answer, ticket: str) -> Verdict:
    """What ``ticket/`` says about this ticket (uuid): admitted means that it was consumed for this gate.

    Or, at an exit, that it was let out: it is valid again then, which the answer must say in so many words.
    """
    if (told := _told(answer, ticket)) is not None:
        return told
    subject = _subject(answer, ticket)
    if subject is None:
        return unknown(Fault.ODD_ANSWER)
    success = answer.body.get("success")
    state = state_of(subject)
    if success is True and state in {TicketState.SCANNED, None}:  # None: a language we do not know
        return _admitted(subject)
    is_let_out = answer.body.get("code") == "ok" and answer.body.get("direction") == "out"
    if success is True and state is TicketState.VALID and is_let_out:
        return ADMITTED
    if success is False and answer.body.get("message") == "Ticket already scanned":
        return _already_scanned(answer.body)
    return unknown(Fault.ODD_ANSWER)


def scanned_by(answer: Answer) -> str | None:
    """The uuid of the device that scanned the ticket, canonical, where the answer tells it."""
    ticket = _object(_object(answer.body).get("ticket"))
    return _uuid(ticket.get("scanned_by"))


def state_of(ticket: dict[str, Any]) -> TicketState | None:
    """The state behind a ticket's ``status``, None for a text that is not in the table."""
    status = ticket.get("status")
    return _STATES.get(status) if isinstance(status, str) else None


def is_key_refused(answer: Answer) -> bool:
    """True for a refusal in the API's own words. A 403 page in HTML may be anybody's."""
    return answer.status in {401, 403} and isinstance(answer.body, dict)


def fault_of(answer: Answer) -> Fault:
    """The fault behind an answer that says nothing about a ticket."""
    if is_key_refused(answer):
        return Fault.KEY_REFUSED
    if answer.status == 429 or (answer.status >= 500 and answer.status != 511):  # 511: a captive portal (RFC 6585)
        return Fault.SERVER_TROUBLE
    return Fault.ODD_ANSWER


def _told(answer: Answer, ticket: str) -> Verdict | None:
    """The verdict that status and ``code`` or ``error`` give, None when the body of a 200 must be looked at."""
    body = _object(answer.body)
    code, error = body.get("code"), body.get("error")
    if isinstance(code, str):
        reason = _BY_CODE.get((answer.status, code))
    else:
        reason = _BY_TEXT.get((answer.status, error)) if isinstance(error, str) else None
    if reason is not None:
        return _refusal(reason, body, ticket)
    if (answer.status, code) == (409, "scan_id_reused"):
        return unknown(Fault.SCAN_ID_REUSED)
    if (answer.status, error) == (400, "Event uuid is required"):
        return unknown(Fault.EVENT_UNKNOWN)
    return None if answer.status == 200 and code in {None, "ok"} else unknown(fault_of(answer))


def _refusal(reason: Reason, body: dict[str, Any], ticket: str) -> Verdict:
    about = _object(body.get("ticket")).get("uuid")
    if body.get("success", False) is not False or (about is not None and _uuid(about) != ticket):
        return unknown(Fault.ODD_ANSWER)
    if reason is Reason.ALREADY_SCANNED:
        return _already_scanned(body)
    return refused(reason, guest_message=_guest_message(body))


def _already_scanned(body: dict[str, Any]) -> Verdict:
    at, by = body.get("scanned_at"), body.get("scanned_by_name")
    return refused(
        Reason.ALREADY_SCANNED,
        used_at=at if isinstance(at, str) and _RFC3339.fullmatch(at) else None,
        used_by=(printable(by, limit=40) or None) if isinstance(by, str) else None,
        guest_message=_guest_message(body),
    )


def _guest_message(body: dict[str, Any]) -> str | None:
    """The server's words for the guest, where they are text; printable, and cut to what a screen takes."""
    message = body.get("guest_message")
    return (printable(message, limit=120) or None) if isinstance(message, str) else None


def _admitted(ticket: dict[str, Any]) -> Verdict:
    """Admitted, with the first name that the ticket has, should a screen be set to greet by it."""
    name = ticket.get("first_name")
    return Verdict(
        Outcome.ADMITTED, first_name=(printable(name, limit=24).strip() or None) if isinstance(name, str) else None
    )


def _subject(answer: Answer, ticket: str) -> dict[str, Any] | None:
    """The answer's ticket, when it is the very ticket that was asked about."""
    subject = _object(_object(answer.body).get("ticket"))
    return subject if _uuid(subject.get("uuid")) == ticket else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _uuid(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return str(UUID(value))
    except ValueError:
        return None
