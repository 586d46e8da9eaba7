"""When a server has been out of reach for a while: look where else the holder of its key is. In a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from kiosk.credentials import Credentials
from kiosk.finding import network
from kiosk.scan_client.exchange import Exchanges
from kiosk.scan_client.probe import probe
from kiosk.verdict import Fault

LOST_FOR_S = 10.0  # a server that is started anew, or an access point, is back within it
SEARCH_EVERY_S = 15.0
_TRY_S = 3.0  # seconds for one address; a LAN answers within milliseconds, a busy server within the second

# Nobody is there, or somebody else: another machine has the address now.
LOST = frozenset({Fault.NO_NETWORK, Fault.TLS, Fault.SERVER_KEY_CHANGED})
# What only the holder of the key can say.
_THERE = frozenset({None, Fault.KEY_REFUSED, Fault.SERVER_TROUBLE})

log = logging.getLogger(__name__)


class Finder:
    """Looks for the server of one pairing. ``heard`` and ``close`` never wait.

    Only for a pairing with a pinned key: without one nobody could be told from a stranger, and the gate would hand
    its own key to whoever answers first.
    """

    def __init__(self, paired: Credentials, tell: Callable[[str], None]) -> None:
        """``tell`` gets the base URL where the server was found, from this room's thread. Raises ValueError."""
        if not paired.pin:
            raise ValueError("a server without a pinned key is never looked for")
        self._paired = paired
        self._tell = tell
        self._lost_since: float | None = None
        self._search_at = float("-inf")
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()

    @property
    def is_lost(self) -> bool:
        """True when the server could not be reached when it was last tried."""
        return self._lost_since is not None

    def heard(self, fault: Fault | None, at: str, now: float) -> None:
        """What came of trying the server at this base URL; ``now`` in monotonic seconds. May begin a search."""
        if fault not in LOST:
            self._lost_since = None
            return
        if self._lost_since is None:
            self._lost_since = now
        is_searching = self._thread is not None and self._thread.is_alive()
        if now - self._lost_since < LOST_FOR_S or now < self._search_at or is_searching or self._is_over.is_set():
            return
        self._search_at = now + SEARCH_EVERY_S
        self._thread = threading.Thread(target=self._search, args=(at,), name="finder", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no further; a search that is under way ends by itself and tells nothing."""
        self._is_over.set()

    def _search(self, at: str) -> None:
        for base_url in self._candidates(at):
            if self._is_over.is_set():
                return
            if base_url != at and self._is_there(base_url):
                log.info("the holder of the pinned key was found at %s", base_url)
                self._tell(base_url)
                return

    def _candidates(self, at: str) -> Iterator[str]:
        """The address of the pairing first, then what the network says."""
        if at != self._paired.base_url:
            yield self._paired.base_url
        if not self._is_over.is_set():
            yield from network.announced(self._paired.pin, network.links())

    def _is_there(self, base_url: str) -> bool:
        """True when whoever answers there proves to have the key. Nobody else hears a byte of HTTP."""
        exchanges = Exchanges(base_url, self._paired.api_key, pin=self._paired.pin)
        try:
            return probe(exchanges, replace(self._paired, base_url=base_url), time.monotonic() + _TRY_S) in _THERE
        finally:
            exchanges.close()
