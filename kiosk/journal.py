"""The durable record of this gate: each step of an attempt on disk before anything depends on it. It is the truth.

It holds no names and no codes, only scan ids, ticket uuids, digests of codes and verdicts; and notes, for whatever
opened the gate or concerns it without being an attempt. Written by the main loop and, for ``asked`` and
``annulled``, by the server thread.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk import checked_lines, entries
from kiosk.attempt import Action, Attempt, Entry, Step
from kiosk.checked_lines import CheckedLines, Fields
from kiosk.edges import Note
from kiosk.ledger import Ledger

FILE_NAME = "journal.jsonl"
_ASIDE = "journal.damaged-"  # how the name of a damaged file begins, which is kept
COMPACT_BEYOND_BYTES = 16 * 1024 * 1024
KEPT_NOTES = 5_000
GRACE_S = 600.0  # an admission nobody used opens once more within this time (issue 3: 10 minutes)

log = logging.getLogger(__name__)


class JournalError(OSError):
    """The journal can't be written: nobody is admitted until it can."""


class Journal:
    """The attempts of this gate, in ``folder/journal.jsonl``; readable by its owner only.

    A folder or file that can't be used now is tried again at the next ``is_usable`` or ``write``.
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._now = now
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._file = CheckedLines(folder / FILE_NAME)
        self._ledger = Ledger()
        self._notes: deque[Fields] = deque(maxlen=KEPT_NOTES)
        self._not_passed: dict[str, float] = {}  # scan id → monotonic seconds, of this process
        self._compact_beyond = 0  # bytes; what could not be made smaller is left alone until it has doubled
        self._is_read = False
        self.set_aside: Path | None = None  # where a damaged file was kept, at this start
        self._was_damaged = False  # at this start or an earlier one
        self.trouble: str | None = None  # why the last line could not be written
        self.is_usable()

    def is_usable(self) -> bool:
        """True when the file was read, at the start or just now: before that nobody knows who was promised what."""
        with self._lock:
            try:
                self._be_read()
            except OSError as error:
                self.trouble = str(error)
            return self._is_read

    def last(self, ticket: str, action: Action = "scan") -> Attempt | None:
        """The latest attempt with this ticket at this gate to enter, or to look only."""
        with self._lock:
            return self._ledger.last(ticket, action)

    def owed(self, ticket: str) -> Attempt | None:
        """The admission of this ticket that opens without being asked for again.

        It was never begun to open; or it was, nobody went through, and its grace of 10 minutes lasts. Measured by
        the monotonic clock, or across a restart by the gate's clock.
        """
        with self._lock:
            graced = self._ledger.grace(ticket)
            return self._ledger.awaiting(ticket) or (graced if graced and self._is_fresh(graced) else None)

    def was_admitted(self, ticket: str) -> bool:
        """True when any attempt with this ticket was ever admitted here, and not given back."""
        with self._lock:
            return self._ledger.was_admitted(ticket)

    def has_admitted(self) -> bool:
        """True when this gate has let guests in, or that can't be known since its journal was damaged or not read."""
        with self._lock:
            return not self._is_read or self._was_damaged or self._ledger.has_admitted()

    def is_doubtful(self, ticket: str) -> bool:
        """True when it is not known whether an opening, or an admission, let anybody in on this ticket."""
        with self._lock:
            return self._ledger.is_doubtful(ticket)

    def to_annul(self) -> list[Attempt]:
        """Admissions that nobody used and the server does not know of yet, oldest first."""
        with self._lock:
            return self._ledger.to_annul()

    def counts(self) -> tuple[int, int, int]:
        """Attempts without a final answer, annuls that wait, guests sent to the staff."""
        with self._lock:
            return self._ledger.unanswered, len(self._ledger.to_annul()), self._ledger.sent_to_staff

    def prove(self) -> bool:
        """Try whether it can be written, by an empty line."""
        with self._lock, contextlib.suppress(JournalError):
            self._append([])
        return self.trouble is None

    def write(self, *given: Entry) -> None:
        """Add these lines with one write and one fsync; they count only when both held. Raises JournalError."""
        with self._lock:
            stamped = [replace(entry, at=entry.at or self._now()) for entry in given]
            self._append([entries.told(entry) for entry in stamped])
            for entry in stamped:
                self._apply(entry)

    def note(self, what: Note, /, **details: str) -> None:
        """Add a line that belongs to no attempt, or says more of one. Raises JournalError."""
        with self._lock:
            fields = {"note": what, "at": entries.told_time(self._now()), **details}
            self._append([fields])
            self._notes.append(fields)

    def compact_if_large(self) -> bool:
        """Rewrite the file with what is still needed, if it has grown. Takes a while: for idle moments.

        A disk without room for the new file is logged, and the old one goes on.
        """
        with self._lock:
            if not self._is_read or self._file.size <= max(COMPACT_BEYOND_BYTES, self._compact_beyond):
                return False
            try:
                self._rewrite()
            except OSError as error:
                log.error("the journal can't be compacted, and goes on growing: %s", error)
                return False
            finally:
                self._compact_beyond = 2 * self._file.size
            return True

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        with self._lock:
            self._file.close()

    def _append(self, lines: list[Fields]) -> None:
        try:
            self._be_read()
            self._file.append(lines)
        except OSError as error:
            self.trouble = f"{self._file.path} can't be written: {error}"
            raise JournalError(self.trouble) from error
        self.trouble = None

    def _apply(self, entry: Entry) -> None:
        self._ledger.apply(entry)
        if entry.step is Step.NOT_PASSED:
            self._not_passed[entry.scan_id] = self._monotonic()
        elif entry.step not in (Step.OPENING, Step.NOT_OPENED):  # a grace that could not be given stays as old as it is
            self._not_passed.pop(entry.scan_id, None)

    def _is_fresh(self, graced: Attempt) -> bool:
        since = self._not_passed.get(graced.scan_id)
        if since is not None:
            return self._monotonic() - since < GRACE_S
        if graced.unused_at is None:
            return False
        # A power cut puts the clock back by less than that. One that was set back further would make it last for years.
        return abs((self._now() - graced.unused_at).total_seconds()) < GRACE_S

    def _be_read(self) -> None:
        """Read the file, once. A torn last line (power cut) is dropped; other damage sets the file aside, kept whole.

        What was unsettled where lines are lost, and has none after them, may have been opened: it counts as begun.
        """
        if self._is_read:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ledger, notes = Ledger(), list[Fields]()
        damaged, unsure = False, set[str]()
        for fields in self._file.read():
            entry = None if fields is None else entries.parsed(fields)
            if entry is not None:
                ledger.apply(entry)
                unsure.discard(entry.scan_id)
            elif fields is not None and "note" in fields:
                notes.append(fields)
            else:
                damaged = True
                unsure |= {a.scan_id for a in ledger.unsettled() if a.action == "scan"}
        for scan_id in unsure:
            _count_as_begun(ledger, scan_id)
        self._ledger = ledger
        self._notes = deque(notes, maxlen=KEPT_NOTES)
        if damaged:
            self.set_aside = self.set_aside or self._file.set_aside(f"{_ASIDE}{self._now():%Y%m%dT%H%M%S%f}.jsonl")
            self._rewrite()
        self._was_damaged = any(self._folder.glob(f"{_ASIDE}*"))
        self._is_read = True

    def _rewrite(self) -> None:
        """The attempts still needed and the latest notes, in a new file that replaces the old one whole."""
        self._ledger.forget_the_oldest()
        self._file.replace([*self._notes, *map(entries.told, self._ledger.retold())])


def _count_as_begun(ledger: Ledger, scan_id: str) -> None:
    """An attempt whose later lines may be lost. What nobody used stays as it is: its opening is known."""
    attempt = ledger.attempt(scan_id)
    if attempt is not None and (attempt.has_grace or not attempt.is_opened):
        ledger.apply(Entry(Step.OPENING, scan_id, at=attempt.step_at))


def read_lines(folder: Path) -> Iterable[dict[str, Any]]:
    """The journal's good lines as they stand on disk, for doctor and for tests; opens nothing for writing."""
    for line in checked_lines.read_bytes(folder / FILE_NAME).split(b"\n"):
        fields = checked_lines.parse(line)
        if fields is not None:
            yield fields
