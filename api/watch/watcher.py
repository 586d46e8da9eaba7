"""Looks at the doors every few seconds, in a thread of its own; what begins or ends goes to the webhook.

What stands and was taken by nobody is told again, at once after a start and then every ten minutes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from api.store import moments
from api.store.store import Store
from api.watch import alerts, silence
from api.watch.alerts import Alert
from api.watch.silence import PATIENCE, Patience

EVERY_S = 10.0
TOLD_AGAIN_US = 10 * 60 * 1_000_000  # longer than a webhook tries by itself
_log = logging.getLogger(__name__)


class Watcher:
    """From ``start`` to ``close``. A look that fails is logged, and the next one is made all the same."""

    def __init__(
        self,
        store: Store,
        tell: Callable[[Alert], None],
        patience: Patience = PATIENCE,
        clock: Callable[[], int] = moments.now,
    ) -> None:
        """``tell`` takes each alert that begins or ends, and doesn't wait. ``clock``: microseconds since 1970."""
        self._store = store
        self._tell = tell
        self._patience = patience
        self._clock = clock
        self._told_again_at: int | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="watcher", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def close(self) -> None:
        """Look no more; a look that is under way is waited for."""
        self._closed.set()
        self._thread.join(timeout=5.0)

    def look(self) -> None:
        """Look once."""
        now = self._clock()
        found = silence.troubles(self._store, self._patience, now)
        changed = alerts.settle(self._store, found, now)
        for alert in changed:
            _log.warning("%s %s: %s", alert.kind, "begins" if alert.over_at is None else "is over", alert.name)
            self._tell(alert)
        if self._told_again_at is None or now - self._told_again_at >= TOLD_AGAIN_US:
            self._told_again_at = now
            for alert in alerts.untold(self._store, found):
                if alert not in changed:
                    self._tell(alert)

    def _work(self) -> None:
        while not self._closed.wait(EVERY_S):
            try:
                self.look()
            except Exception as error:  # the database may be away for a while: the gates say so themselves
                _log.error("the doors could not be looked at: %s", type(error).__name__)
