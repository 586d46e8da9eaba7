"""The trace: one JSON object a line for every state change, verdict and pin edge. Any room may write to it.

Each line is one ``write`` on a file opened for appending, so that the daemon and the guardian can share it.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path


class Trace:
    """A file of events; without a path, nothing is written."""

    def __init__(self, path: Path | None) -> None:
        self._fd: int | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)

    def __call__(self, event: str, **fields: object) -> None:
        """Add one line: ``t`` (monotonic seconds), ``event``, then the fields. A full disk loses the line only."""
        if self._fd is None:
            return
        line = json.dumps({"t": round(time.monotonic(), 6), "event": event, **fields}, separators=(",", ":"))
        try:
            os.write(self._fd, line.encode() + b"\n")
        except OSError:
            return  # the trace explains the gate, it never stops it

    def close(self) -> None:
        """Close the file. Events after this go nowhere."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
