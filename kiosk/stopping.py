"""SIGTERM and SIGINT: the relay drops at once, whatever the main loop waits for, and then the loop ends."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Made in the main thread. ``drop`` and ``stop`` are called in a thread of their own, in this order.

    Python runs a handler in the main thread only, when that comes back from whatever holds it, an fsync of seconds on
    a worn card for instance. What it writes to the wakeup descriptor is there at once.
    """

    def __init__(self, drop: Callable[[], None], stop: Callable[[], None]) -> None:
        self._drop = drop
        self._stop = stop
        self._read_end, self._write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.set_blocking(self._read_end, True)
        self._kept_wakeup = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        self._kept = {number: signal.signal(number, _heard) for number in _SIGNALS}
        self._thread = threading.Thread(target=self._act, name="stop", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Signals are as they were before."""
        for number, handler in self._kept.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._kept_wakeup)
        os.close(self._write_end)
        self._thread.join(timeout=1.0)

    def _act(self) -> None:
        while numbers := os.read(self._read_end, 64):
            if any(number in numbers for number in _SIGNALS):
                self._drop()
                self._stop()
        os.close(self._read_end)


def _heard(_signal: int, _frame: FrameType | None) -> None:
    """Nothing: the thread has acted already."""
