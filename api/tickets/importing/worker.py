"""The thread that goes on with imports of the web pages, so that no page has to wait for one."""

from __future__ import annotations

import logging
import threading
from uuid import UUID

from api.store.store import Store
from api.tickets.events import NotPossibleError
from api.tickets.importing import imports

_log = logging.getLogger(__name__)


class _StoppedError(Exception):
    """The server ends: what is left is gone on with at its next start."""


class Worker:
    """Takes in, or takes back, what was confirmed; one import after another, in one thread while there is work."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mutex = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_asked = False
        self._is_closed = False

    def go_on(self) -> None:
        """Go on with whatever is unfinished, in the background; returns at once."""
        with self._mutex:
            self._is_asked = True
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._work, name="imports", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop after the step that is under way, and wait for it."""
        with self._mutex:
            self._is_closed = True
            thread = self._thread
        if thread is not None:
            thread.join(timeout=10.0)

    def _work(self) -> None:
        while self._is_wanted():
            try:
                for it in imports.unfinished(self._store):
                    self._finish(it)
            except _StoppedError:
                pass
            except Exception as error:  # the database may be away: the page that is looked at next asks again
                _log.error("an import broke off: %s", type(error).__name__)

    def _is_wanted(self) -> bool:
        with self._mutex:
            if self._is_asked and not self._is_closed:
                self._is_asked = False
                return True
            self._thread = None
            return False

    def _finish(self, it: imports.Import) -> None:
        go_on = imports.take_in if it.state == "taking" else imports.go_on_undoing
        try:
            go_on(self._store, UUID(it.uuid), self._step)
        except NotPossibleError:  # it was undone meanwhile
            return
        _log.info("import %s of %s rows: %s", it.uuid, it.rows_total, imports.find(self._store, UUID(it.uuid)).state)

    def _step(self, _: int) -> None:
        if self._is_closed:
            raise _StoppedError
