"""The one atomic scan, in and out. Every admission of every gate passes here, and is on the disk before it is told."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple, Protocol
from uuid import UUID, uuid5

from api.store.models import TicketStatus
from api.store.store import Store

Action = Literal["scan", "check"]
Way = Literal["in", "out"]


_OUT = UUID("7f3f5d0a-3a58-4a0e-9f57-0d6c1d7a2b61")  # any fixed value: it keeps these names apart from others


class _Gone(Protocol):
    @property
    def device_id(self) -> int: ...
    @property
    def scan_id(self) -> str | None: ...


class Code(StrEnum):
    """What a gate is told about a ticket, as the scan API spells it."""

    OK = "ok"
    MALFORMED_CODE = "malformed_code"
    INVALID_SIGNATURE = "invalid_signature"
    UNKNOWN_TICKET = "unknown_ticket"
    WRONG_EVENT = "wrong_event"
    WRONG_GATE = "wrong_gate"
    CANCELLED = "cancelled"
    NOT_ACTIVE = "not_active"
    ALREADY_SCANNED = "already_scanned"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    NOT_INSIDE = "not_inside"
    SCAN_ID_REUSED = "scan_id_reused"
    ANNULLED = "annulled"
    UNKNOWN_SCAN = "unknown_scan"  # these three: an annulment is refused
    ANNUL_TOO_LATE = "annul_too_late"
    NOT_IN_FORCE = "not_in_force"


class Attempt(NamedTuple):
    """One request of a device about one ticket. ``refusal`` is what was known before the ticket's status is read.

    ``way``: where the device leads. ``reentry``: whether going out makes the ticket good for coming in again.
    """

    action: Action
    device_id: int
    device_uuid: str
    device_name: str
    arrived_at: int  # microseconds since 1970
    scanned_at: int | None  # as the device told it
    scan_id: str | None  # lower case, with dashes
    ticket_uuid: str | None  # None: the code held none
    event_id: int | None
    refusal: Code | None
    way: Way = "in"
    reentry: bool = False

    @property
    def line(self) -> str:
        """What the audit log calls it."""
        return "out" if self.action == "scan" and self.way == "out" else self.action

    @property
    def happened_at(self) -> int:
        """When the guest stood at the gate."""
        return happened_at(self.arrived_at, self.scanned_at)


class Outcome(NamedTuple):
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
# Who went in where and when stays on the ticket: an exit that nobody went through makes it scanned again.
_LET_OUT = "UPDATE ticket SET status = 'valid', scan_id = ? WHERE uuid = ? AND status = 'scanned'"
# (Who was let in and cancelled afterwards has been let in: nobody else can be on that ticket.)
_IS_IN = """SELECT 1 FROM ticket
    WHERE uuid = ? AND status IN ('scanned', 'cancelled') AND scanned_by = ? AND scan_id = ?"""
_IS_OUT = "SELECT 1 FROM ticket WHERE uuid = ? AND status IN ('valid', 'cancelled') AND scan_id = ?"
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
    """Settles attempts, each within one transaction: the ticket, the audit line and the scan id's answer, or none.

    An exit of an event with re-entry makes a scanned ticket valid. Without re-entry it opens and changes nothing: the
    ticket stays used, since nobody may come in on it again, and the log tells who left.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._run = store.db.run

    def settle(self, attempt: Attempt) -> Outcome:
        """Within a work of ``store.settle``: use the ticket if it is valid, once (of a check: look at it), and log it.

        A known scan id gets its answer again. But for a success that is over: given back, or taken back by an admin,
        or the guest has gone out (or in) since. That is refused for ever, ANNULLED: else a late repetition would let
        a second person in.
        """
        is_forged = attempt.refusal is Code.INVALID_SIGNATURE  # learns nothing of the genuine ticket, and takes no id
        scan_id = None if is_forged or attempt.ticket_uuid is None else attempt.scan_id
        if scan_id is not None:
            self._store.db.only(scan_name(attempt.device_id, scan_id))
            answered = self._run(_ANSWERED, (attempt.device_id, scan_id)).fetchall()
            if any(row[1] != attempt.ticket_uuid for row in answered):
                return self._log(attempt, None, Outcome(Code.SCAN_ID_REUSED))
            known = {action: _outcome(Code(code), *rest) for action, _, code, *rest in answered}
            if attempt.action == "check" and "check" in known:
                return known["check"]
            if attempt.action == "scan" and not known.keys().isdisjoint(("scan", "out", "annul")):
                return self._again(attempt, known)
        outcome = self._scan(attempt) if attempt.action == "scan" else self.look(attempt)
        return self._log(attempt, scan_id, outcome)

    def _again(self, attempt: Attempt, known: dict[str, Outcome]) -> Outcome:
        """The answer that this scan id had, while it holds."""
        told = known.get(attempt.line)
        if "annul" in known or told is None:  # None: the device led the other way then
            return (known.get("annul") or next(iter(known.values())))._replace(code=Code.ANNULLED)
        if told.code is not Code.OK or self._is_in_force(attempt, told):
            return told
        return told._replace(code=Code.ANNULLED)

    def _is_in_force(self, attempt: Attempt, told: Outcome) -> bool:
        """True while nothing has happened to the ticket since this success of the same scan id."""
        if attempt.way == "in":
            values = (attempt.ticket_uuid, attempt.device_id, attempt.scan_id)
            return self._run(_IS_IN, values).fetchone() is not None
        if told.status is TicketStatus.SCANNED:  # out for good, and the ticket as it was
            return True
        return self._run(_IS_OUT, (attempt.ticket_uuid, out_mark(attempt))).fetchone() is not None

    def _scan(self, attempt: Attempt) -> Outcome:
        return self._let_out(attempt) if attempt.way == "out" else self._use(attempt)

    def _let_out(self, attempt: Attempt) -> Outcome:
        while attempt.refusal is None:
            if attempt.reentry and self._run(_LET_OUT, (out_mark(attempt), attempt.ticket_uuid)).rowcount == 1:
                return self._status(attempt, Code.OK)
            outcome = self._status(attempt, None)
            if outcome.status is TicketStatus.VALID:
                return outcome._replace(code=Code.NOT_INSIDE)
            if outcome.status is not TicketStatus.SCANNED:
                return outcome
            if not attempt.reentry:
                return outcome._replace(code=Code.OK)
            # else it became scanned in between (PostgreSQL), and is not let out yet
        return self.look(attempt)

    def _use(self, attempt: Attempt) -> Outcome:
        values = (attempt.happened_at, attempt.device_id, attempt.scan_id, attempt.ticket_uuid)
        while attempt.refusal is None:
            if self._run(_SCAN, values).rowcount == 1:  # so this is how the ticket stands: nothing need be read again
                by = attempt.device_uuid, attempt.device_name
                return Outcome(Code.OK, TicketStatus.SCANNED, attempt.happened_at, *by)
            outcome = self.look(attempt)
            if outcome.code is not Code.OK:  # else it became valid in between (PostgreSQL), and is not used yet
                return outcome
        return self.look(attempt)

    def look(self, attempt: Attempt) -> Outcome:
        """How the ticket stands, without using it and without a trace."""
        if attempt.refusal in (Code.MALFORMED_CODE, Code.INVALID_SIGNATURE, Code.UNKNOWN_TICKET, Code.WRONG_EVENT):
            return Outcome(attempt.refusal)
        return self._status(attempt, attempt.refusal)

    def _status(self, attempt: Attempt, code: Code | None) -> Outcome:
        """How the ticket stands; without a ``code`` of its own, the outcome's is what that status means."""
        (row,) = self._store.db.read(_STATUS, (attempt.ticket_uuid,))
        return _outcome(code or _REFUSALS.get(TicketStatus(row[0]), Code.OK), *row)

    def _log(self, attempt: Attempt, scan_id: str | None, outcome: Outcome) -> Outcome:
        values = (
            attempt.line,
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


def happened_at(arrived_at: int, scanned_at: int | None) -> int:
    """When the guest stood at the gate: told by the device if that was earlier, else the arrival. Microseconds."""
    return arrived_at if scanned_at is None else min(arrived_at, scanned_at)


def scan_name(device_id: int, scan_id: str) -> str:
    """What all that is settled about this scan id of this device is named, so that it is settled one by one."""
    return f"scan id {scan_id} of device {device_id}"


def out_mark(gone: _Gone) -> str | None:
    """What a ticket bears while this going out is the last that happened to it; None without a scan id.

    Of the device as well, since another device's scan ids are its own.
    """
    return None if gone.scan_id is None else str(uuid5(_OUT, f"{gone.device_id} {gone.scan_id}"))


def _outcome(code: Code, status: str | None, used_at: int | None, by_uuid: str | None, by_name: str | None) -> Outcome:
    return Outcome(code, TicketStatus(status) if status else None, used_at, by_uuid, by_name)
