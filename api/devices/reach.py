"""How gates reach the server of a database: what it told of itself when it last started, whoever asks and where.

It is a line of the audit log, so that the shell knows it on another machine too, and on either engine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from api.store import acts
from api.store.store import Store

ACT = "server.start"
_NEWEST = "SELECT detail FROM admin_line WHERE act = ? ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Start:
    """One start of the server. ``url``: what it listens on; ``pin`` "": gates have no key of it to pin."""

    url: str
    pin: str


def note_start(store: Store, start: Start) -> None:
    """Keep that the server started so."""
    with store.writing():
        acts.note(store, ACT, detail={"url": start.url, "pin": start.pin})


def last_start(store: Store) -> Start | None:
    """How the server of this database last started; None: never yet."""
    row = store.db.run(_NEWEST, (ACT,)).fetchone()
    if row is None or row[0] is None:
        return None
    told = json.loads(row[0])
    return Start(str(told.get("url", "")), str(told.get("pin", "")))
