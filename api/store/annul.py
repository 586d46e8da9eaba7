"""Giving an admission back when nobody went through: one transaction, once, by the gate that asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from api.store.scan import Code, scan_name
from api.store.store import Store

WITHIN_US = 15 * 60 * 1_000_000  # microseconds; as pretix has it (facts: gates)


@dataclass(frozen=True, slots=True)
class Annulment:
    """A device's word that nobody went through on its admission ``scan_id``. Times are microseconds since 1970."""

    device_id: int
    scan_id: str  # lower case, with dashes
    reason: str
    arrived_at: int
    annulled_at: int | None  # both as the device's clock had it
    scanned_at: int | None

    def is_in_time(self, used_at: int) -> bool:
        """True when at most 15 minutes lay between the admission (``used_at``, this server's time) and the annulling.

        The device's two times are compared with each other where both were told: its clock may be wrong. A clock
        that was set back in between makes the annulling earlier than the admission, which is no reason to refuse.
        """
        if self.annulled_at is None:
            return self.arrived_at - used_at <= WITHIN_US
        return self.annulled_at - (used_at if self.scanned_at is None else self.scanned_at) <= WITHIN_US


_LINES = """SELECT action, ticket_uuid, event_id, code, used_at FROM scan_line
    WHERE device_id = ? AND scan_id = ? AND action IN ('scan', 'annul')"""
_GIVE_BACK = """UPDATE ticket SET status = 'valid', scanned_at = NULL, scanned_by = NULL, scan_id = NULL
    WHERE uuid = ? AND status = 'scanned' AND scanned_by = ? AND scan_id = ?"""
_WRITE = """INSERT INTO scan_line (action, device_id, ticket_uuid, event_id, scan_id, code, status, arrived_at,
    scanned_at, reason) VALUES ('annul', ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


class Annuls:
    """Settles annulments: the ticket and the audit line, or neither. The scan's own line stays as it is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._run = store.db.run

    def annul(self, annulment: Annulment) -> Code:
        """Make the ticket valid again; durable on return. OK again, without a second line, when that was done before.

        Else UNKNOWN_SCAN, ANNUL_TOO_LATE or NOT_IN_FORCE: nothing changed but the audit log.
        """
        return self._store.settle(lambda: self._settle(annulment))

    def _settle(self, annulment: Annulment) -> Code:
        self._store.db.only(scan_name(annulment.device_id, annulment.scan_id))
        rows = self._run(_LINES, (annulment.device_id, annulment.scan_id)).fetchall()
        lines = {action: rest for action, *rest in rows}
        if "annul" in lines:
            return Code.OK
        ticket_uuid, event_id, code, used_at = lines.get("scan", (None, None, None, None))
        if code is None:
            outcome = Code.UNKNOWN_SCAN
        elif code != Code.OK:
            outcome = Code.NOT_IN_FORCE
        elif not annulment.is_in_time(used_at):
            outcome = Code.ANNUL_TOO_LATE
        else:
            outcome = self._give_back(annulment, ticket_uuid)
        self._log(annulment, ticket_uuid, event_id, outcome)
        return outcome

    def _give_back(self, annulment: Annulment, ticket_uuid: str) -> Code:
        values = (ticket_uuid, annulment.device_id, annulment.scan_id)
        return Code.OK if self._run(_GIVE_BACK, values).rowcount == 1 else Code.NOT_IN_FORCE

    def _log(self, annulment: Annulment, ticket_uuid: str | None, event_id: int | None, outcome: Code) -> None:
        is_done = outcome is Code.OK
        values = (
            annulment.device_id,
            ticket_uuid,
            event_id,
            annulment.scan_id if is_done else None,  # a refusal is found anew each time, and so is no answer to keep
            outcome.value,
            "valid" if is_done else None,
            annulment.arrived_at,
            annulment.annulled_at,
            annulment.reason,
        )
        self._run(_WRITE, values)
