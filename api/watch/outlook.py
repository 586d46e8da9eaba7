"""What is to be looked at now, for all who watch: found once a moment, however many door pages are open."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from api.store.store import Store
from api.watch import alerts, silence
from api.watch.silence import PATIENCE, Patience, Trouble

_KEPT_S = 2.0


class Outlook:
    """The troubles of one store, at most about two seconds old."""

    def __init__(
        self, store: Store, patience: Patience = PATIENCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._patience = patience
        self._clock = clock
        self._looking = threading.Lock()
        self._kept: tuple[float, list[Trouble]] | None = None  # good until, and what was found

    def troubles(self) -> list[Trouble]:
        """All that stands, each since it was first seen."""
        with self._looking:  # who asks meanwhile gets what this one finds
            now = self._clock()
            if self._kept is None or now >= self._kept[0]:
                known = alerts.standing_since(self._store)
                found = silence.troubles(self._store, self._patience)
                found = [replace(each, since=known.get((each.kind, each.id), each.since)) for each in found]
                self._kept = now + _KEPT_S, found
            return self._kept[1]
