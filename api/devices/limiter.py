"""Who fails too often: wrong keys and failed pairings, counted per address. In memory, bounded, no I/O.

It is asked only after a failure, so a good key or token is served however often its address has failed: a stranger
behind the same address can't lock a gate out.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

# A gate that lost its key asks every few seconds; a guesser of 256 bits gets nowhere at any pace: this is for the log.
FAILURES = 30
WINDOW_S = 60.0
_ADDRESSES = 4096


class Limiter:
    """Counts failures in windows that begin with an address's first failure."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()  # network → (its start, failures)

    def failed(self, address: str) -> int:
        """Count one failure. Gives 0 while there are not too many, else the seconds to wait, at least 1."""
        network, now = _network(address), self._clock()
        with self._lock:
            start, failures = self._windows.pop(network, (now, 0))
            if now - start >= WINDOW_S:
                start, failures = now, 0
            self._windows[network] = (start, failures + 1)
            if len(self._windows) > _ADDRESSES:
                self._windows.popitem(last=False)  # whoever failed longest ago
        return max(1, math.ceil(start + WINDOW_S - now)) if failures >= FAILURES else 0

    def waiting(self, address: str) -> int:
        """The seconds that ``failed`` would give without counting anything: 0 while there are not too many."""
        network, now = _network(address), self._clock()
        with self._lock:
            start, failures = self._windows.get(network, (now, 0))
        return max(1, math.ceil(start + WINDOW_S - now)) if failures >= FAILURES and now - start < WINDOW_S else 0


def _network(address: str) -> str:
    """An IPv6 address stands for its /64: a home has 2**64 of them."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4 or parsed.ipv4_mapped:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
