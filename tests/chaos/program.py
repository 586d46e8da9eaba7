"""One process of the product: started, killed, frozen and started again, as often as it takes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

BIN = Path(sys.executable).parent
_PATIENCE_S = 60.0  # for anything that a loaded machine does at all
_POLL_S = 0.02


class VenueError(RuntimeError):
    """A part does not run as it should; the message says which, and where its log is."""


def eventually(what: str, ask: Callable[[], object], seconds: float = _PATIENCE_S) -> None:
    """Wait until ``ask`` says something true. Raises VenueError with what was waited for."""
    end = time.monotonic() + seconds
    while not ask():
        if time.monotonic() > end:
            raise VenueError(f"waited {seconds:.0f} s for: {what}")
        time.sleep(_POLL_S)


class Program:
    """One process of the product in a session of its own, started again as often as it takes."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.log = log
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """While it runs."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def tasks(self) -> list[int]:
        """Its threads, the main one (which has the process's number) first; [] when it does not run."""
        with contextlib.suppress(OSError):
            return sorted(int(task.name) for task in Path(f"/proc/{self.pid}/task").iterdir())
        return []

    def begin(self) -> None:
        """Start it; what it says is added to its log."""
        with self.log.open("ab") as log:
            environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTILLON_")}
            self._process = subprocess.Popen(
                [str(BIN / self._command[0]), *self._command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def signal_group(self, number: signal.Signals) -> None:
        """To the process and its group; nothing happens when it has ended."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it by this signal, insist after a while; its exit status. 0 when it did not run."""
        if self._process is None:
            return 0
        self.signal_group(number)
        try:
            return self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.signal_group(signal.SIGKILL)
            return self._process.wait()

    def wait(self, seconds: float) -> bool:
        """True when it has ended within so long."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        return self.pid is None
