"""Giving an opening back when nobody went through, in or out: one transaction, once, by the gate that asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from api.store.scan import Code, out_mark, scan_name
from api.store.store import Store

WITHIN_US = 15 * 60 * 1_000_000  # microseconds; as pretix has it (facts: gates)


@dataclass(frozen=True, slots=True)
class Annulment:
    """A device's word that nobody went through on its success ``scan_id``. Times are microseconds since 1970."""

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


_LINES = """SELECT action, ticket_uuid, event_id, code, status, used_at, arrived_at, scanned_at FROM scan_line
    WHERE device_id = ? AND scan_id = ? AND action IN ('scan', 'out', 'annul')"""
# The ticket is valid again, as it was before. Who came in earlier and went out again has come in all the same: the line
# of that exit, unless it was given back too, kept when and where.
GIVEN_BACK = """status = 'valid', scan_id = NULL, (scanned_at, scanned_by) = (
    SELECT o.used_at, o.used_by FROM scan_line o
    WHERE o.ticket_uuid = ticket.uuid AND o.action = 'out' AND o.code = 'ok' AND o.status = 'valid' AND NOT EXISTS (
        SELECT 1 FROM scan_line a WHERE a.device_id = o.device_id AND a.scan_id = o.scan_id AND a.action = 'annul')
    ORDER BY o.id DESC LIMIT 1)"""
_GIVE_BACK = f"""UPDATE ticket SET {GIVEN_BACK}
    WHERE uuid = ? AND status = 'scanned' AND scanned_by = ? AND scan_id = ?"""  # noqa: S608 - nothing but our own text
# With no scan id: the admission of before stays in force, but whoever asks for it again must show the ticket anew.
_BRING_BACK = "UPDATE ticket SET status = 'scanned', scan_id = NULL WHERE uuid = ? AND status = 'valid' AND scan_id = ?"
_WRITE = """INSERT INTO scan_line (action, device_id, ticket_uuid, event_id, scan_id, code, status, arrived_at,
    scanned_at, reason) VALUES ('annul', ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


@dataclass(frozen=True, slots=True)
class _Told:
    """What the device was told with this scan id: the line of the audit log."""

    action: str
    ticket_uuid: str
    event_id: int | None
    code: str
    status: str | None
    used_at: int | None
    arrived_at: int
    scanned_at: int | None

    @property
    def happened_at(self) -> int:
        """When the gate opened, by this server's time."""
        if self.action == "scan" and self.used_at is not None:
            return self.used_at
        return min(self.arrived_at, self.arrived_at if self.scanned_at is None else self.scanned_at)


class Annuls:
    """Settles annulments: the ticket and the audit line, or neither. The scan's own line stays as it is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._run = store.db.run

    def annul(self, annulment: Annulment) -> Code:
        """Make the ticket valid again, or scanned again at an exit; durable on return.

        OK again, without a second line, when that was done before.
        Else UNKNOWN_SCAN, ANNUL_TOO_LATE or NOT_IN_FORCE: nothing changed but the audit log.
        """
        return self._store.settle(lambda: self._settle(annulment))

    def _settle(self, annulment: Annulment) -> Code:
        self._store.db.only(scan_name(annulment.device_id, annulment.scan_id))
        rows = self._run(_LINES, (annulment.device_id, annulment.scan_id)).fetchall()
        lines = {row[0]: _Told(*row) for row in rows}
        if "annul" in lines:
            return Code.OK
        told = lines.get("scan") or lines.get("out")
        if told is None:
            outcome = Code.UNKNOWN_SCAN
        elif told.code != Code.OK:
            outcome = Code.NOT_IN_FORCE
        elif not annulment.is_in_time(told.happened_at):
            outcome = Code.ANNUL_TOO_LATE
        else:
            outcome = Code.OK if self._give_back(annulment, told) else Code.NOT_IN_FORCE
        self._log(annulment, told, outcome)
        return outcome

    def _give_back(self, annulment: Annulment, told: _Told) -> bool:
        if told.action == "scan":
            values = (told.ticket_uuid, annulment.device_id, annulment.scan_id)
            return self._run(_GIVE_BACK, values).rowcount == 1
        if told.status == "scanned":  # an exit without re-entry, which changed nothing
            return True
        return self._run(_BRING_BACK, (told.ticket_uuid, out_mark(annulment))).rowcount == 1

    def _log(self, annulment: Annulment, told: _Told | None, outcome: Code) -> None:
        is_done = told is not None and outcome is Code.OK
        status_after = "scanned" if told is not None and told.action == "out" else "valid"
        values = (
            annulment.device_id,
            told and told.ticket_uuid,
            told and told.event_id,
            annulment.scan_id if is_done else None,  # a refusal is found anew each time, and so is no answer to keep
            outcome.value,
            status_after if is_done else None,
            annulment.arrived_at,
            annulment.annulled_at,
            annulment.reason,
        )
        self._run(_WRITE, values)
