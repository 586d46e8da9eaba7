"""The faults that stand now: each begin and end is journaled, traced, logged and told in the status file."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Protocol, Unpack

from kiosk.clock import Clock
from kiosk.credentials import printable
from kiosk.edges import Note
from kiosk.status import Facts, Standing, StatusFile
from kiosk.trace import Trace
from kiosk.verdict import Fault

# The one a screen has room for: first what lets nobody in whatever the server says and wants hands at the gate; then
# what lasts until somebody acts; then what ends by itself; last what only spoils the counting.
BY_IMPORTANCE = (
    Fault.GATE,
    Fault.JOURNAL,
    Fault.CAMERA,
    Fault.KEY_REFUSED,
    Fault.SERVER_KEY_CHANGED,
    Fault.CLOCK,
    Fault.TLS,
    Fault.ODD_ANSWER,
    Fault.EVENT_UNKNOWN,
    Fault.NO_NETWORK,
    Fault.SERVER_TROUBLE,
    Fault.TIMEOUT,
    Fault.SCAN_ID_REUSED,
    Fault.PASSAGE_SENSOR,
    Fault.SCREEN,
)
_WHY_LIMIT = 200  # characters
_LINES_WAITING = 50  # of faults that came and went while the journal could not be written

log = logging.getLogger(__name__)


class TakesNotes(Protocol):
    """The journal, as far as faults need it."""

    def __call__(self, what: Note, /, **details: str) -> None:
        """Add a line that belongs to no attempt. Raises OSError."""


class Faults:
    """What is wrong with this gate, now. For the main loop only; nothing here raises."""

    def __init__(self, note: TakesNotes, status_file: Path | None, trace: Trace, clock: Clock) -> None:
        self._note = note
        self._status = StatusFile(status_file, clock.now())
        self._trace = trace
        self._clock = clock
        self._standing: dict[Fault, Standing] = {}
        self._unwritten: deque[tuple[Note, dict[str, str]]] = deque(maxlen=_LINES_WAITING)

    @property
    def standing(self) -> tuple[Standing, ...]:
        """Every fault that stands, the most important first."""
        return tuple(self._standing[fault] for fault in BY_IMPORTANCE if fault in self._standing)

    def worst(self) -> Fault | None:
        """The most important fault that stands; None: all is well."""
        return self.standing[0].fault if self._standing else None

    def stand(self, fault: Fault, why: str) -> bool:
        """This fault is there, because of ``why``. True when it was not there before."""
        why = printable(why, _WHY_LIMIT)
        known = self._standing.get(fault)
        if known is not None:
            self._standing[fault] = replace(known, why=why)
            self._tell()
            return False
        self._standing[fault] = Standing(fault, why, self._clock.now())
        log.error("%s: %s", fault, why)
        self._trace("fault", fault=fault, why=why)
        self._write(Note.FAULT, self._standing[fault])
        return True

    def over(self, fault: Fault) -> bool:
        """This fault is gone. True when it was there."""
        ended = self._standing.pop(fault, None)
        if ended is None:
            return False
        log.info("%s is over, since %s it was: %s", fault, f"{ended.since:%d %b %H:%M:%S} UTC", ended.why)
        self._trace("fault_over", fault=fault)
        self._write(Note.FAULT_OVER, ended)
        return True

    def now(self) -> str:
        """The gate's clock, RFC 3339."""
        return self._clock.now().isoformat(timespec="seconds")

    def tell(self, **facts: Unpack[Facts]) -> None:
        """Facts for the status file, see ``Facts``; ``standing`` is told by itself."""
        self._status.tell(**facts)

    def tick(self) -> None:
        """Bring the status file up to date; for every turn of the main loop, and cheap."""
        self._status.tick()

    def close(self) -> None:
        """Write the status file a last time."""
        self._status.write()

    def _write(self, what: Note, of: Standing) -> None:
        """Into the journal, after what it could not take before, each with its own time; then into the status file."""
        since = of.since.isoformat(timespec="seconds")
        now = self._clock.now().isoformat(timespec="seconds")
        self._unwritten.append((what, {"fault": of.fault, "why": of.why, "since": since, "happened": now}))
        try:
            while self._unwritten:
                self._note(self._unwritten[0][0], **self._unwritten[0][1])
                self._unwritten.popleft()
        except OSError as error:
            log.warning("a fault could not be journaled yet: %s", error)
        self._tell()

    def _tell(self) -> None:
        self._status.tell(standing=list(self.standing))
