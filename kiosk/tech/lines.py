"""The last lines that the gate logged, in memory, for the tech page."""

from __future__ import annotations

import json
import logging
from collections import deque

KEPT = 200
# Characters. One more than the redactor takes: of a line that was cut here it then leaves out the last word, which may
# be half a secret.
_LONGEST = 4097


class Lines(logging.Handler):
    """Written by any thread, numbered from 1."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
        self._kept: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it; the handler's lock is held."""
        try:
            line = self.format(record)
        except Exception:  # wrong arguments, of whatever library: a handler raises into nobody who logs
            self.handleError(record)
            return
        self._count += 1
        self._kept.append((self._count, line[:_LONGEST]))

    def since(self, number: int, room: int) -> tuple[int, list[str]]:
        """The lines after this one, oldest first: one, and as many more as take ``room`` bytes of JSON with it.

        And the number to ask with next.
        """
        with self.lock:  # type: ignore[union-attr]  # a handler has one
            news = [(at, line) for at, line in self._kept if at > number]
        taken: list[str] = []
        for at, line in news:
            room -= len(json.dumps(line)) + len(", ")
            if taken and room < 0:
                break
            taken.append(line)
            number = at
        return number, taken
