"""The durable record of attempts: one checked line a step, on disk before anything depends on it.

The file is the truth; the dictionaries here are what it says. A line is ``CRC32 JSON``. It holds no names and no
codes, only scan ids, ticket uuids, digests of codes and verdicts. Written by the main loop and, for ``asked``, by the
server thread.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk import durable
from kiosk.attempt import Attempt, Entry, Step
from kiosk.verdict import Fault, Outcome, Reason, Verdict

FILE_NAME = "journal.jsonl"
# At most this many settled attempts are remembered: some months of a small venue, 10 MB on the card.
KEPT_ATTEMPTS = 20_000
COMPACT_BEYOND_BYTES = 16 * 1024 * 1024

log = logging.getLogger(__name__)


class JournalError(OSError):
    """The journal can't be written: nobody is admitted until it can."""


class Journal:
    """The attempts of this gate, in ``folder/journal.jsonl``; readable by its owner only."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / FILE_NAME
        self._now = now
        self._lock = threading.Lock()
        self._attempts: dict[str, Attempt] = {}  # by scan id, oldest first
        self._last: dict[str, str] = {}  # ticket uuid → scan id of its latest attempt
        self._admitted: dict[str, int] = {}  # ticket uuid → how many of the attempts here were admitted
        self._awaiting: dict[str, str] = {}  # ticket uuid → scan id of an admission that was not begun to open
        self._interrupted: set[str] = set()  # tickets of attempts that got to opening, and no further
        self._fd: int | None = None
        self._size = 0
        self._is_torn = False  # half a line is at the end and could not be taken back
        self._compact_beyond = 0  # bytes; what could not be made smaller is left alone until it has doubled
        self.set_aside: Path | None = self._recover()

    def last(self, ticket: str) -> Attempt | None:
        """The latest attempt with this ticket at this gate."""
        with self._lock:
            scan_id = self._last.get(ticket)
            return None if scan_id is None else self._attempts[scan_id]

    def awaiting(self, ticket: str) -> Attempt | None:
        """The attempt with this ticket that was admitted here and not begun to open."""
        with self._lock:
            scan_id = self._awaiting.get(ticket)
            return None if scan_id is None else self._attempts[scan_id]

    def was_admitted(self, ticket: str) -> bool:
        """True when any attempt with this ticket was ever admitted here."""
        with self._lock:
            return ticket in self._admitted

    def was_interrupted(self, ticket: str) -> bool:
        """True when an opening for this ticket was begun here and neither it nor a later one was confirmed."""
        with self._lock:
            return ticket in self._interrupted

    def write(self, *entries: Entry) -> None:
        """Add these lines with one write and one fsync; they count only when both held. Raises JournalError."""
        at = self._now().isoformat(timespec="milliseconds")
        block = b"".join(_line(_fields(entry, at)) for entry in entries)
        with self._lock:
            try:
                self._append(self._open(), block)
            except OSError as error:
                self._undo()
                raise JournalError(f"{self._path} can't be written: {error}") from error
            for entry in entries:
                self._apply(entry)

    def compact_if_large(self) -> bool:
        """Rewrite the file with what is still needed, if it has grown. Takes a while: for idle moments.

        A disk without room for the new file is logged, and the old one goes on.
        """
        with self._lock:
            if self._size <= max(COMPACT_BEYOND_BYTES, self._compact_beyond):
                return False
            try:
                self._rewrite()
            except OSError as error:
                log.error("the journal can't be compacted, and goes on growing: %s", error)
                return False
            finally:
                self._compact_beyond = 2 * self._size
            return True

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        with self._lock:
            self._close()

    def _apply(self, entry: Entry) -> None:
        before = self._attempts.get(entry.scan_id)
        if before is None:
            if entry.ticket is None or entry.action is None:
                return  # the beginning was forgotten by a compaction of a damaged file
            attempt = Attempt(entry.scan_id, entry.ticket, entry.action, entry.code)
            self._last[attempt.ticket] = entry.scan_id
        else:
            attempt = before.after(entry)
        self._attempts[entry.scan_id] = attempt
        if attempt.awaits_opening:
            self._awaiting[attempt.ticket] = attempt.scan_id
        elif self._awaiting.get(attempt.ticket) == attempt.scan_id:
            del self._awaiting[attempt.ticket]
        if attempt.step is Step.OPENING:
            self._interrupted.add(attempt.ticket)
        elif attempt.step is Step.OPENED:
            self._interrupted.discard(attempt.ticket)
        if attempt.is_admitted and not (before is not None and before.is_admitted):
            self._admitted[attempt.ticket] = self._admitted.get(attempt.ticket, 0) + 1

    def _recover(self) -> Path | None:
        """Read the file. A torn last line (power cut) is dropped; other damage sets the file aside, kept whole.

        What was unsettled where lines are lost, and has none after them, may have been opened: it counts as begun.
        """
        raw = self._path.read_bytes() if self._path.exists() else b""
        damaged = False
        unsure: set[str] = set()
        lines = raw.split(b"\n")
        for number, line in enumerate(lines):
            entry = _entry(line)
            if entry is not None:
                self._apply(entry)
                unsure.discard(entry.scan_id)
            elif line and number < len(lines) - 1:
                damaged = True
                unsure |= {a.scan_id for a in self._attempts.values() if a.action == "scan" and a.is_unsettled}
        for scan_id in unsure:
            self._apply(Entry(Step.OPENING, scan_id))
        if damaged:
            aside = self._path.with_name(f"journal.damaged-{self._now():%Y%m%dT%H%M%S%f}.jsonl")
            durable.write(aside, raw)
            self._rewrite()
            return aside
        whole = len(raw) - len(lines[-1])
        if whole != len(raw):
            with self._path.open("r+b") as file:
                file.truncate(whole)
                os.fsync(file.fileno())
        self._size = whole
        return None

    def _rewrite(self) -> None:
        """The attempts still needed, in a new file that replaces the old one whole."""
        settled = [a for a in self._attempts.values() if not a.is_unsettled]
        for attempt in settled[: max(0, len(settled) - KEPT_ATTEMPTS)]:
            self._forget(attempt)
        at = self._now().isoformat(timespec="milliseconds")
        lines = [_line(_fields(e, at)) for a in self._attempts.values() for e in _retell(a)]
        self._close()
        durable.write(self._path, b"".join(lines))
        self._size = sum(map(len, lines))

    def _forget(self, attempt: Attempt) -> None:
        del self._attempts[attempt.scan_id]
        if self._last.get(attempt.ticket) == attempt.scan_id:
            del self._last[attempt.ticket]
        if attempt.is_interrupted:
            self._interrupted.discard(attempt.ticket)
        if attempt.is_admitted:
            left = self._admitted[attempt.ticket] - 1
            if left:
                self._admitted[attempt.ticket] = left
            else:
                del self._admitted[attempt.ticket]

    def _open(self) -> int:
        if self._fd is None:
            fresh = not self._path.exists()
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            if fresh:
                durable.sync_folder(self._path.parent)
            self._size = os.fstat(self._fd).st_size
        return self._fd

    def _append(self, fd: int, block: bytes) -> None:
        whole = b"\n" + block if self._is_torn else block
        if os.write(fd, whole) != len(whole):
            raise OSError("disk full: a line was cut short")
        os.fsync(fd)
        self._size += len(whole)
        self._is_torn = False

    def _undo(self) -> None:
        """Take back a half-written block, so that the next line does not join it."""
        if self._fd is None:
            return
        try:
            os.ftruncate(self._fd, self._size)
        except OSError:
            self._is_torn = True  # the next block begins on a line of its own
        self._close()

    def _close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _retell(attempt: Attempt) -> Iterator[Entry]:
    """The fewest lines that make this attempt again."""
    yield Entry(Step.ATTEMPT, attempt.scan_id, attempt.ticket, attempt.action, attempt.code)
    if attempt.asked:
        yield Entry(Step.ASKED, attempt.scan_id)
    if attempt.verdict is not None:
        yield Entry(Step.ANSWERED, attempt.scan_id, verdict=attempt.verdict)
    if attempt.step not in (Step.ATTEMPT, Step.ASKED, Step.ANSWERED):
        yield Entry(attempt.step, attempt.scan_id)


def _line(fields: dict[str, Any]) -> bytes:
    body = json.dumps(fields, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _fields(entry: Entry, at: str) -> dict[str, Any]:
    verdict = entry.verdict
    told = {
        "step": entry.step,
        "scan_id": entry.scan_id,
        "at": at,
        "ticket": entry.ticket,
        "action": entry.action,
        "code": entry.code,
        "verdict": verdict and verdict.outcome,
        "reason": verdict and verdict.reason,
        "fault": verdict and verdict.fault,
    }
    return {name: value for name, value in told.items() if value is not None}


def _entry(line: bytes) -> Entry | None:
    """The entry of a whole, undamaged line, or None."""
    checksum, _, body = line.partition(b" ")
    try:
        if int(checksum, 16) != zlib.crc32(body):
            return None
        told = json.loads(body)
        return Entry(
            Step(told["step"]),
            told["scan_id"],
            told.get("ticket"),
            told.get("action"),
            told.get("code"),
            _verdict(told),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _verdict(told: dict[str, Any]) -> Verdict | None:
    if "verdict" not in told:
        return None
    reason, fault = told.get("reason"), told.get("fault")
    return Verdict(Outcome(told["verdict"]), reason and Reason(reason), fault and Fault(fault))


def read_lines(folder: Path) -> Iterable[dict[str, Any]]:
    """The journal's good lines as they stand on disk, for doctor and for tests; opens nothing for writing."""
    path = folder / FILE_NAME
    if not path.exists():
        return
    for line in path.read_bytes().split(b"\n"):
        if _entry(line) is not None:
            yield json.loads(line.partition(b" ")[2])
