"""The one atomic scan. Every admission of every gate passes through here, and is on the disk before it is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from api.store.models import TicketStatus
from api.store.store import Store

Action = Literal["scan", "check"]


class Code(StrEnum):
    """What a gate is told about a ticket, as the scan API spells it."""

    OK = "ok"
    MALFORMED_CODE = "malformed_code"
    INVALID_SIGNATURE = "invalid_signature"
    UNKNOWN_TICKET = "unknown_ticket"
    WRONG_EVENT = "wrong_event"
    CANCELLED = "cancelled"
    NOT_ACTIVE = "not_active"
    ALREADY_SCANNED = "already_scanned"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    SCAN_ID_REUSED = "scan_id_reused"
    ANNULLED = "annulled"
    UNKNOWN_SCAN = "unknown_scan"  # these three: an annulment is refused
    ANNUL_TOO_LATE = "annul_too_late"
    NOT_IN_FORCE = "not_in_force"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of a device about one ticket. ``refusal`` is what was known before the ticket's status is read."""

    action: Action
    device_id: int
    arrived_at: int  # microseconds since 1970
    scanned_at: int | None  # as the device told it
    scan_id: str | None  # lower case, with dashes
    ticket_uuid: str | None  # None: the code held none
    event_id: int | None
    refusal: Code | None

    @property
    def happened_at(self) -> int:
        """When the guest stood at the gate: told by the device if that was earlier, else the arrival."""
        return min(self.arrived_at, self.scanned_at if self.scanned_at is not None else self.arrived_at)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer, with the ticket's status at that moment, and who used it when."""

    code: Code
    status: TicketStatus | None = None
    used_at: int | None = None
    used_by_uuid: str | None = None
    used_by_name: str | None = None


_ANSWERED = """SELECT l.action, l.ticket_uuid, l.code, l.status, l.used_at, d.uuid, d.name
    FROM scan_line l LEFT JOIN device d ON d.id = l.used_by WHERE l.device_id = ? AND l.scan_id = ?"""
_SCAN = """UPDATE ticket SET status = 'scanned', scanned_at = ?, scanned_by = ?, scan_id = ?
    WHERE uuid = ? AND status = 'valid'"""
_STATUS = """SELECT t.status, t.scanned_at, d.uuid, d.name
    FROM ticket t LEFT JOIN device d ON d.id = t.scanned_by WHERE t.uuid = ?"""
_WRITE = """INSERT INTO scan_line (action, device_id, ticket_uuid, event_id, scan_id, code, status, used_at, used_by,
    arrived_at, scanned_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM device WHERE uuid = ?), ?, ?)"""

_REFUSALS = {
    TicketStatus.SCANNED: Code.ALREADY_SCANNED,
    TicketStatus.CANCELLED: Code.CANCELLED,
    TicketStatus.CREATED: Code.NOT_ACTIVE,
    TicketStatus.INACTIVE: Code.NOT_ACTIVE,
}


class Scans:
    """Settles attempts, one transaction each: the ticket, the audit line and the scan id's answer, or none of them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._run = store.db.run

    def scan(self, attempt: Attempt) -> Outcome:
        """Use the ticket if it is valid, once; durable on return. A known scan id gets its answer again.

        But for one whose admission was given back: that is refused for ever, ANNULLED.
        """
        return self._store.settle(lambda: self._settle(attempt))

    def check(self, attempt: Attempt) -> Outcome:
        """Look at the ticket without using it. Only a look with a scan id leaves a line, for its answer to stay."""
        if attempt.scan_id is None:
            return self._look(attempt)
        return self._store.settle(lambda: self._settle(attempt))

    def _settle(self, attempt: Attempt) -> Outcome:
        scan_id = attempt.scan_id if attempt.ticket_uuid is not None else None
        if scan_id is not None:
            self._store.db.only(scan_name(attempt.device_id, scan_id))
        answered = self._run(_ANSWERED, (attempt.device_id, scan_id)).fetchall() if scan_id is not None else []
        is_forged = attempt.refusal is Code.INVALID_SIGNATURE
        if not is_forged:  # a forgery learns nothing about the genuine ticket
            if any(row[1] != attempt.ticket_uuid for row in answered):
                return self._log(attempt, None, Outcome(Code.SCAN_ID_REUSED))
            known = {action: _outcome(Code(code), *rest) for action, _, code, *rest in answered}
            if attempt.action == "scan" and "annul" in known:
                return replace(known["annul"], code=Code.ANNULLED)
            if attempt.action in known:
                return known[attempt.action]
        outcome = self._use(attempt) if attempt.action == "scan" else self._look(attempt)
        return self._log(attempt, None if is_forged and answered else scan_id, outcome)

    def _use(self, attempt: Attempt) -> Outcome:
        values = (attempt.happened_at, attempt.device_id, attempt.scan_id, attempt.ticket_uuid)
        while attempt.refusal is None:
            if self._run(_SCAN, values).rowcount == 1:
                return self._status(attempt, Code.OK)
            outcome = self._look(attempt)
            if outcome.code is not Code.OK:  # else it became valid in between (PostgreSQL), and is not used yet
                return outcome
        return self._look(attempt)

    def _look(self, attempt: Attempt) -> Outcome:
        if attempt.refusal in (Code.MALFORMED_CODE, Code.INVALID_SIGNATURE, Code.UNKNOWN_TICKET, Code.WRONG_EVENT):
            return Outcome(attempt.refusal)
        return self._status(attempt, attempt.refusal)

    def _status(self, attempt: Attempt, code: Code | None) -> Outcome:
        """How the ticket stands; without a ``code`` of its own, the outcome's is what that status means."""
        row = self._run(_STATUS, (attempt.ticket_uuid,)).fetchone()
        return _outcome(code or _REFUSALS.get(TicketStatus(row[0]), Code.OK), *row)

    def _log(self, attempt: Attempt, scan_id: str | None, outcome: Outcome) -> Outcome:
        values = (
            attempt.action,
            attempt.device_id,
            attempt.ticket_uuid,
            attempt.event_id,
            scan_id,
            outcome.code.value,
            outcome.status and outcome.status.value,
            outcome.used_at,
            outcome.used_by_uuid,
            attempt.arrived_at,
            attempt.scanned_at,
        )
        self._run(_WRITE, values)
        return outcome


def scan_name(device_id: int, scan_id: str) -> str:
    """What all that is settled about this scan id of this device is named, so that it is settled one by one."""
    return f"scan id {scan_id} of device {device_id}"


def _outcome(code: Code, status: str | None, used_at: int | None, by_uuid: str | None, by_name: str | None) -> Outcome:
    return Outcome(code, TicketStatus(status) if status else None, used_at, by_uuid, by_name)
