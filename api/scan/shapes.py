"""The JSON of answers about a ticket, key for key as the documented page and the recorded servers have it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.scan import errors
from api.scan.facts import TicketFacts
from api.scan.judge import Judgement
from api.scan.words import STATUS, Language
from api.store import moments
from api.store.models import TicketStatus
from api.store.scan import Code, Outcome

# What is offered beside the page's keys, as ``pair`` and ``test_api`` list it.
EXTENSIONS = ["scan_id", "scanned_at", "event_uuid", "code", "annul", "heartbeat"]

_MESSAGES = {
    Code.OK: "Ticket successfully scanned",
    Code.ALREADY_SCANNED: "Ticket already scanned",
    Code.CANCELLED: "Ticket cancelled",
    Code.NOT_ACTIVE: "Ticket not active",
    Code.TOO_EARLY: "Doors are not open yet",
    Code.TOO_LATE: "The event is over",
    Code.ANNULLED: "Admission annulled",
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer is told. ``deployed``: called under ``/scan/``, where answers also hold what servers there add."""

    language: Language
    deployed: bool


def scanned(judgement: Judgement, manner: Manner) -> dict[str, Any]:
    """The answer of ``ticket/``. Raises ApiError where the table has one."""
    outcome, facts = _shown(judgement)
    ticket = _ticket(facts, outcome, manner)
    if outcome.code is not Code.OK or manner.deployed:
        ticket["scanned_by"] = outcome.used_by_uuid
    return _answer(outcome, _MESSAGES[outcome.code], ticket, facts)


def checked(judgement: Judgement, manner: Manner) -> dict[str, Any]:
    """The answer of ``check_ticket/``: a success for every ticket that may be shown; its status says the rest.

    Only what no status can say, that doors are closed at this hour, is a refusal. Raises ApiError.
    """
    outcome, facts = _shown(judgement)
    ticket = _ticket(facts, outcome, manner)
    ticket["is_scanned"] = outcome.status is TicketStatus.SCANNED
    ticket["scanned_by"] = outcome.used_by_uuid
    if outcome.code in {Code.TOO_EARLY, Code.TOO_LATE}:
        return _answer(outcome, _MESSAGES[outcome.code], ticket, facts)
    used = _used(outcome) if ticket["is_scanned"] else {}
    return _answer(Outcome(Code.OK), "Ticket information retrieved", ticket, facts) | used


def annulled(code: Code, scan_id: str) -> dict[str, Any]:
    """The answer of ``annul/``: the same each time. Raises ApiError for a refusal."""
    if (error := errors.of_code(code)) is not None:
        raise error
    return {"success": True, "message": "Admission annulled", "scan_id": scan_id, "code": code.value}


def _shown(judgement: Judgement) -> tuple[Outcome, TicketFacts]:
    if (error := errors.of_code(judgement.outcome.code)) is not None:
        raise error
    if judgement.facts is None:
        raise errors.unknown_ticket()
    return judgement.outcome, judgement.facts


def _ticket(facts: TicketFacts, outcome: Outcome, manner: Manner) -> dict[str, Any]:
    ticket: dict[str, Any] = {
        "uuid": facts.uuid,
        "status": STATUS[manner.language][outcome.status] if outcome.status else None,
        "event": facts.event_name,
        "first_name": facts.first_name,
        "last_name": facts.last_name,
        "price": facts.price,
        "product": facts.product,
    }
    if manner.deployed:
        ticket["custom_form"] = None  # nothing here asks guests for more than their names
    return ticket


def _answer(outcome: Outcome, message: str, ticket: dict[str, Any], facts: TicketFacts) -> dict[str, Any]:
    answer = {
        "success": outcome.code is Code.OK,
        "message": message,
        "ticket": ticket,
        "reservation": {"uuid": facts.reservation_uuid, "tickets_count": facts.tickets_count},
        "code": outcome.code.value,
    }
    return answer | _used(outcome) if outcome.code is Code.ALREADY_SCANNED else answer


def _used(outcome: Outcome) -> dict[str, Any]:
    """So that a screen can say « used 14:02 at Gate 2 »; None for a ticket that came scanned from elsewhere."""
    return {
        "scanned_at": moments.to_rfc3339(outcome.used_at) if outcome.used_at is not None else None,
        "scanned_by_name": outcome.used_by_name,
    }
