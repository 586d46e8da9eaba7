"""Making a used ticket valid again by hand: its admission is annulled, so that no repeat of it admits anybody."""

from __future__ import annotations

from uuid import UUID

from api.store import acts, moments
from api.store.annul import GIVEN_BACK
from api.store.store import Store
from api.tickets.events import NotPossibleError
from api.tickets.issue import LONGEST_REASON

_FIND = "SELECT event_id, scanned_by, scan_id FROM ticket WHERE uuid = ? AND status = 'scanned'"
# Only while it is that same admission: on PostgreSQL gates go on scanning beside this transaction.
_GIVE_BACK = f"""UPDATE ticket SET {GIVEN_BACK}
    WHERE uuid = ? AND status = 'scanned' AND COALESCE(scanned_by, 0) = ? AND COALESCE(scan_id, '') = ?"""  # noqa: S608
# The line that `annul/` of the gate itself would have left: whatever repeats this scan id is refused from now on.
_ANNUL = """INSERT INTO scan_line (action, device_id, ticket_uuid, event_id, scan_id, code, status, arrived_at, reason)
    VALUES ('annul', ?, ?, ?, ?, 'ok', 'valid', ?, ?)"""


def unscan(store: Store, uuid: UUID, reason: str, *, admin_id: int | None = None) -> None:
    """Make this used ticket valid again, with its lines in both logs. ``admin_id`` None: by the shell.

    Raises NotPossibleError for a ticket that is not used, and without a reason (1 to 200 characters).
    """
    why = reason.strip()
    if not 1 <= len(why) <= LONGEST_REASON:
        raise NotPossibleError("say why, in 1 to {most} characters: it stays in the audit log", most=LONGEST_REASON)
    ticket = str(uuid)
    with store.writing():
        row = store.db.run(_FIND, (ticket,)).fetchone()
        if row is None:
            raise NotPossibleError("ticket {uuid} is not used: nothing was changed", uuid=uuid)
        event_id, device_id, scan_id = row
        if store.db.run(_GIVE_BACK, (ticket, device_id or 0, scan_id or "")).rowcount != 1:
            raise NotPossibleError("ticket {uuid} was used anew at this very moment: nothing was changed", uuid=uuid)
        if device_id is not None and scan_id is not None:
            store.db.run(_ANNUL, (device_id, ticket, event_id, scan_id, moments.now(), why))
        acts.note(store, "ticket.unscan", admin_id=admin_id, event_id=event_id, subject=ticket, detail={"reason": why})
