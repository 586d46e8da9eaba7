"""What admins did, into the audit log: written with the change itself, so that there are both or neither."""

from __future__ import annotations

import json
from collections.abc import Mapping

from api.store import moments
from api.store.store import Store

_WRITE = "INSERT INTO admin_line (at, admin_id, act, event_id, subject, detail) VALUES (?, ?, ?, ?, ?, ?)"


def note(
    store: Store,
    act: str,
    *,
    admin_id: int | None = None,
    event_id: int | None = None,
    subject: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write one line; call it inside ``store.writing()``. ``admin_id`` None: by the organiser's shell.

    ``act`` is a word such as "ticket.cancel", ``subject`` a uuid. No guest's name belongs into ``detail``.
    """
    told = json.dumps(detail, ensure_ascii=False) if detail else None
    store.db.run(_WRITE, (moments.now(), admin_id, act, event_id, subject, told))
