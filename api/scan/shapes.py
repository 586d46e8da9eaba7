"""The JSON of answers about a ticket, key for key as the documented page and the recorded servers have it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from api.scan import errors
from api.scan.facts import TicketFacts
from api.scan.guests import Moment, guest_message
from api.scan.judge import Judgement
from api.scan.words import STATUS, Language
from api.store import moments
from api.store.models import TicketStatus
from api.store.scan import Code, Outcome

# What is offered beside the page's keys, as ``pair`` and ``test_api`` list it.
EXTENSIONS = ["scan_id", "scanned_at", "event_uuid", "code", "annul", "heartbeat", "guest_message"]

_MESSAGES = {
    Code.OK: "Ticket successfully scanned",
    Code.ALREADY_SCANNED: "Ticket already scanned",
    Code.CANCELLED: "Ticket cancelled",
    Code.NOT_ACTIVE: "Ticket not active",
    Code.TOO_EARLY: "Doors are not open yet",
    Code.TOO_LATE: "The event is over",
    Code.ANNULLED: "Admission annulled",
    Code.WRONG_GATE: "This gate does not admit tickets of this product",
    Code.NOT_INSIDE: "Ticket not scanned in",
}
_OUT = "Ticket successfully scanned out"
# What no status can say: a check refuses these, too.
_BEYOND_STATUS = {Code.TOO_EARLY, Code.TOO_LATE, Code.WRONG_GATE}


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer is told. ``deployed``: called under ``/scan/``, where answers also hold what servers there add.

    ``language`` is the caller's; guests whose own is not known are spoken to in ``guests_language``. Times are told
    in ``zone``; None: this machine's.
    """

    language: Language
    deployed: bool
    guests_language: Language
    zone: tzinfo | None


def scanned(judgement: Judgement, manner: Manner) -> dict[str, Any]:
    """The answer of ``ticket/``. Raises ApiError where the table has one."""
    outcome, facts = _shown(judgement)
    ticket = _ticket(facts, outcome, manner)
    is_out = outcome.code is Code.OK and facts.way == "out"
    if outcome.code is not Code.OK or manner.deployed:
        ticket["scanned_by"] = _scanned_by(outcome)
    answer = _answer(outcome, _OUT if is_out else _MESSAGES[outcome.code], ticket, facts)
    return answer | ({"direction": "out"} if is_out else {}) | _for_the_guest(judgement, facts, manner)


def checked(judgement: Judgement, manner: Manner) -> dict[str, Any]:
    """The answer of ``check_ticket/``: a success for every ticket that may be shown; its status says the rest.

    Only what no status can say, that doors are closed at this hour or lead elsewhere, is a refusal. Raises ApiError.
    """
    outcome, facts = _shown(judgement)
    ticket = _ticket(facts, outcome, manner)
    ticket["is_scanned"] = outcome.status is TicketStatus.SCANNED
    ticket["scanned_by"] = _scanned_by(outcome)
    told = _for_the_guest(judgement, facts, manner)
    if outcome.code in _BEYOND_STATUS:
        return _answer(outcome, _MESSAGES[outcome.code], ticket, facts) | told
    used = _used(outcome) if ticket["is_scanned"] else {}
    return _answer(Outcome(Code.OK), "Ticket information retrieved", ticket, facts) | used | told


def annulled(code: Code, scan_id: str) -> dict[str, Any]:
    """The answer of ``annul/``: the same each time. Raises ApiError for a refusal."""
    if (error := errors.of_code(code)) is not None:
        raise error
    return {"success": True, "message": "Admission annulled", "scan_id": scan_id, "code": code.value}


def _for_the_guest(judgement: Judgement, facts: TicketFacts, manner: Manner) -> dict[str, Any]:
    """What a screen can say to the guest of a refusal, in the guest's language; nothing of a success."""
    language = facts.language if facts.language in STATUS else manner.guests_language
    moment = Moment(judgement.now, manner.zone)
    message = guest_message(judgement.outcome, facts, judgement.other_gates, moment, language)
    if message is None:
        return {}
    told: dict[str, Any] = {"guest_message": message}
    return told | {"other_gates": list(judgement.other_gates)} if judgement.other_gates else told


def _scanned_by(outcome: Outcome) -> str | None:
    """By which device; not for a ticket that was let out again."""
    return None if outcome.status is TicketStatus.VALID else outcome.used_by_uuid


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
