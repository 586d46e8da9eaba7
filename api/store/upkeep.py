"""When SQLite's log is copied into the database: while no gate waits, else before it would take long."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import peewee

_log = logging.getLogger("api.store")
FEW = 20  # works: a pause is used from here on; fewer would write pages that all works share again and again
MOST = 2500  # works: of one gate 5.3 pages of log each, 55 MB, so that no commit copies them; of 8 at once 37 MB
LONG_S = 0.1  # a copy that gates wait for is to take no longer; on a poor card that is soon reached


class Upkeep:
    """Counts works, and calls ``copy`` when it is time, which says if all of the log was copied. One calls ``rest``.

    SQLite by itself copies within a commit, every so many pages, however slow the disk is: whoever waits for that
    commit waits for the copy. A card that writes 200 pages a second took over a second each time (docs/server.md).
    """

    def __init__(self, copy: Callable[[], bool]) -> None:
        self._copy = copy
        self._waiting = 0
        self._enough = FEW  # works, by how long the last copy took; cautious until a disk has shown what it does

    def count(self, works: int) -> None:
        """So many works more are in the log."""
        self._waiting += works

    def rest(self, is_quiet: bool) -> None:
        """Between works: copy if that is worthwhile. ``is_quiet``: nobody waits. A failure is logged: nothing is lost.

        The log holds all that is not copied, and the next time takes it along.
        """
        if self._waiting < (FEW if is_quiet else self._enough):
            return
        works, self._waiting = self._waiting, 0
        began = time.monotonic()
        try:
            is_whole = self._copy()
        except peewee.DatabaseError as error:
            _log.warning("the database's log could not be copied: %s", error)
            return
        took_s = max(time.monotonic() - began, 1e-6)
        if is_whole:  # what a reader forbade says nothing of the disk
            # Nor does what somebody else had copied already, which can't be told from a fast disk: step by step.
            self._enough = max(FEW, min(MOST, 2 * self._enough, int(works * LONG_S / took_s)))
