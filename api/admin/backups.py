"""Backups on the web: those that the timer made, and one made now for an admin to take away.

A backup holds all there is, the events' private keys included: whoever has it can make tickets that open. So it is
given for a password only, typed anew, and nothing of it stays on the server.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import bottle

from api.admin import people
from api.admin.visit import RefusedError, Route, Visit
from api.operations import drafts
from api.operations.contents import CopyError
from api.operations.copies import Copy, backup
from api.store import moments
from api.store.sqlite import SqliteDatabase
from api.store.store import Store

_log = logging.getLogger("api.backups")
_ONE = threading.Lock()  # made or sent at a time: a slow reader holds one of the gates' threads, not more
_PART = 64 * 1024  # bytes
_HOUR = 3600 * 1_000_000  # microseconds


def show(visit: Visit) -> bottle.HTTPResponse:
    """``GET backups``."""
    return _page(visit)


def download(visit: Visit) -> bottle.HTTPResponse:
    """``POST backups/download``: made now, sent, and gone from here."""
    name = visit.admin.name.casefold()
    if wait := visit.house.by_name.waiting(name):
        return _page(visit, 429, visit.say("signin_wait", seconds=wait))
    if not people.has_password(visit.store, visit.admin.id, str(visit.form.get("password", ""))):
        visit.house.by_name.failed(name)
        return _page(visit, 403, visit.say("signin_wrong"))
    if not _ONE.acquire(blocking=False):
        return visit.refuse("backups_busy", 503)
    try:
        made, file = _made(visit.store)
    except (CopyError, OSError) as error:
        _ONE.release()
        raise RefusedError(visit.say("backups_failed", why=error), 500) from error
    except BaseException:
        _ONE.release()
        raise
    sending = _Sending(file)
    try:
        with visit.store.writing():
            visit.audit("backup.download", detail={"bytes": sending.size})
    except BaseException:
        sending.close()
        raise
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{Path(made.place).name}"',
        "Content-Length": str(sending.size),
    }
    return bottle.HTTPResponse(sending, 200, headers)


class _Sending:
    """The bytes of a file that has no name any more. The place is free again when they are sent, or wanted no more."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size

    def __iter__(self) -> Iterator[bytes]:
        while part := self._file.read(_PART):
            yield part

    def close(self) -> None:
        """Called by the WSGI server, in any case."""
        if not self._file.closed:
            self._file.close()
            _ONE.release()


def _made(store: Store) -> tuple[Copy, BinaryIO]:
    """A fresh backup, opened, with its name already taken away: it ends with its reader."""
    with drafts.folder(_beside(store)) as folder:
        made = backup(str(store.db.database), folder)
        return made, Path(made.place).open("rb")


def _beside(store: Store) -> Path | None:
    return Path(str(store.db.database)).parent if isinstance(store.db, SqliteDatabase) else None  # /tmp may be memory


def sweep(store: Store) -> None:
    """Take away what is left of downloads whose server was killed; for a server that starts."""
    for left in drafts.sweep_downloads(_beside(store)):
        _log.warning("%s was left behind by a server that was killed while it made a backup: taken away", left)


def _page(visit: Visit, status: int = 200, sentence: str = "") -> bottle.HTTPResponse:
    shelf, now = visit.house.shelf, moments.now()
    kept = shelf.kept()
    rows = [(each.name, visit.moment(each.made_at), _age(visit, now - each.made_at), _size(each.size)) for each in kept]
    return visit.render(
        "backups.html",
        status,
        rows=rows,
        state=shelf.state(kept, now),
        folder=str(shelf.folder),
        sentence=sentence,
        is_postgres=not isinstance(visit.store.db, SqliteDatabase),
    )


def _age(visit: Visit, micros: int) -> str:
    hours = max(0, micros) // _HOUR
    return visit.say("backups_hours", count=hours) if hours < 48 else visit.say("backups_days", count=hours // 24)


def _size(size: int) -> str:
    """Bytes as people read them, by thousands."""
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size / 1000:.1f} kB"


ROUTES = (
    Route("GET", "/admin/backups", show),
    Route("POST", "/admin/backups/download", download),
)
