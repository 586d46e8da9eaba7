"""Making a used ticket valid again by hand: its admission is annulled, so that no repeat of it admits anybody."""

from __future__ import annotations

from uuid import UUID

from api.store import moments
from api.store.store import Store
from api.tickets.events import NotPossibleError

_FIND = "SELECT event_id, scanned_by, scan_id, scanned_at FROM ticket WHERE uuid = ? AND status = 'scanned'"
_GIVE_BACK = """UPDATE ticket SET status = 'valid', scanned_at = NULL, scanned_by = NULL, scan_id = NULL
    WHERE uuid = ? AND status = 'scanned'"""
# The line that `annul/` of the gate itself would have left: whatever repeats this scan id is refused from now on.
_ANNUL = """INSERT INTO scan_line (action, device_id, ticket_uuid, event_id, scan_id, code, status, arrived_at, reason)
    VALUES ('annul', ?, ?, ?, ?, 'ok', 'valid', ?, ?)"""


def unscan(store: Store, uuid: UUID, reason: str) -> int:
    """Make this used ticket valid again; inside ``store.writing()``. Gives its event's id.

    Raises NotPossibleError for a ticket that is not used, and without a reason (1 to 200 characters).
    """
    if not 1 <= len(reason.strip()) <= 200:
        raise NotPossibleError("say why, in 1 to 200 characters: it stays in the audit log")
    row = store.db.run(_FIND, (str(uuid),)).fetchone()
    if row is None or store.db.run(_GIVE_BACK, (str(uuid),)).rowcount != 1:
        raise NotPossibleError(f"ticket {uuid} is not used: nothing was changed")
    event_id, device_id, scan_id, _ = row
    if device_id is not None and scan_id is not None:
        values = (device_id, str(uuid), event_id, scan_id, moments.now(), reason.strip())
        store.db.run(_ANNUL, values)
    return int(event_id)
