"""What doctor looks at on this machine's disk: the running gate's status, the state folder, journal, pairing, clock."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kiosk import checked_lines
from kiosk.clock import Clock
from kiosk.credentials import PAIRED_FILE, PENDING_FILE, Credentials, CredentialStore, DamagedCredentials
from kiosk.doctor.finding import Finding, Level
from kiosk.doctor.remedies import REMEDIES
from kiosk.doctor.words import tell
from kiosk.edges import Note, State
from kiosk.journal import FILE_NAME
from kiosk.screen.words import Language
from kiosk.status import WRITTEN_EVERY_S, Standing, Status
from kiosk.verdict import Fault

MEGABYTE = 1_000_000
FULL_BELOW = 2 * MEGABYTE  # some thousand journal lines
# The journal is rewritten beside itself when it is larger than 16 MiB, and a damaged one is copied first.
NEARLY_FULL_BELOW = 64 * MEGABYTE
_ALARMS = (Note.TAILGATING, Note.FORCED, Note.TAMPER_ON)


@dataclass(slots=True)
class _Told:
    """What a journal adds up to, gathered line by line: beside the gate there is little memory."""

    lines: int = 0
    unsound: int = 0
    at: datetime | None = None  # of the last line
    ends: dict[str, str] = field(default_factory=dict)  # by scan id
    alarms: Counter[str] = field(default_factory=Counter)  # of the last day


def state_folder(folder: Path, language: Language) -> Iterator[Finding]:
    """Whether it is there, readable, writable, closed to others, and has room. Writes nothing."""
    if not folder.is_dir():
        yield tell("state.missing", language, folder=folder)
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        yield tell("state.unreadable", language, folder=folder)
        return
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        yield tell("state.open", language, folder=folder, mode=f"{mode:03o}")
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    figures = {"folder": folder, "free": free // MEGABYTE}
    if not os.access(folder, os.W_OK):  # false on a disk mounted read-only, for root too
        yield tell("state.read_only", language, **figures)
    elif free < FULL_BELOW:
        yield tell("state.full", language, **figures)
    elif free < NEARLY_FULL_BELOW:
        yield tell("state.nearly_full", language, **figures)
    else:
        yield tell("state.good", language, **figures)


def running_gate(status: Status | None, language: Language, can_tell: bool = True) -> Iterator[Finding]:
    """Whether it runs, what it did, and which faults stand. ``can_tell``: its disk can be written."""
    if status is None:
        yield tell("daemon.never" if can_tell else "daemon.untold", language)
    elif not status.is_of_a_running_gate:
        has_stopped = status.state == State.STOPPING
        yield tell("daemon.stopped" if has_stopped else "daemon.died", language, state=status.state or "?")
        if not has_stopped:
            yield from (_fault(standing, language) for standing in status.standing)
    else:
        if status.silent_s > 3 * WRITTEN_EVERY_S:
            yield tell("daemon.silent", language, seconds=status.silent_s)
        yield tell("daemon.running", language, **{**status.model_dump(), "since": _shown(status.since)})
        if status.last_presentation is not None and status.last_latency_ms is not None:
            at = _shown(status.last_presentation)
            yield tell("daemon.latest", language, at=at, latency=status.last_latency_ms)
        if status.server_found_at is not None:
            yield tell("server.moved", language, server=status.server or "?", found_at=status.server_found_at)
        yield from (_fault(standing, language) for standing in status.standing)
        if not status.standing:
            yield tell("faults.none", language)


def fault(which: Fault, why: str, language: Language) -> Finding:
    """A fault by its name, and its remedy."""
    return Finding(f"fault.{which}", Level.FAIL, why, REMEDIES[which][language])


def journal(folder: Path, now: datetime, language: Language) -> Iterator[Finding]:
    """Damage, what is still owed, openings that were cut short, and the last day's alarms. Only reads."""
    aside = sorted(path.name for path in folder.glob("journal.damaged-*.jsonl"))
    if aside:
        yield tell("journal.damaged", language, names=", ".join(aside))
    try:
        told = _told(folder / FILE_NAME, now)
    except OSError as error:
        yield tell("journal.unreadable", language, why=error.strerror or error)
        return
    if told.unsound:
        yield tell("journal.unsound", language, count=told.unsound)
    if not told.lines and not told.unsound:
        yield tell("journal.none", language)
        return
    ends = Counter(told.ends.values())
    yield tell("journal.good", language, lines=told.lines, at=_shown(told.at), unsettled=ends["unsettled"])
    for end in ("annuls_waiting", "interrupted"):
        if ends[end]:
            yield tell(f"journal.{end}", language, count=ends[end])
    if told.alarms:
        counts = ", ".join(f"{alarm} {count}" for alarm, count in sorted(told.alarms.items()))
        yield tell("journal.alarms", language, told=counts)


def pairing(folder: Path, language: Language) -> Iterator[Finding]:
    """Which server and device, and whether the key is kept from others. Never shows the key."""
    store, file = CredentialStore(folder), folder / PAIRED_FILE
    if kept := store.damaged():
        yield tell("pairing.set_aside", language, names=", ".join(path.name for path in kept))
    if (folder / PENDING_FILE).exists():
        yield tell("pairing.pending", language)
    try:
        credentials = store.look()
        mode = file.stat().st_mode & 0o777 if credentials else 0
    except DamagedCredentials as damage:
        yield tell("pairing.damaged", language, fields=damage)
        return
    except OSError as error:
        yield tell("pairing.unreadable", language, why=error.strerror or error)
        return
    if mode & 0o077:
        yield tell("pairing.open", language, file=file, mode=f"{mode:03o}")
    yield _paired_with(credentials, language)


def _paired_with(credentials: Credentials | None, language: Language) -> Finding:
    if credentials is None:
        return tell("pairing.none", language)
    server = credentials.base_url + credentials.prefix
    return tell("pairing.good", language, server=server, device=credentials.device_name)


def clock(known: Clock, system: datetime, language: Language) -> Iterator[Finding]:
    """Who vouches for it, and whether it is behind what it was before."""
    witness = known.witness()
    if witness is not None:
        yield tell(f"clock.{witness}", language, now=_shown(system))
    elif system < known.floor:
        yield tell("clock.behind", language, now=_shown(system), floor=_shown(known.floor))
    else:
        yield tell("clock.unsure", language, now=_shown(system))


def _fault(standing: Standing, language: Language) -> Finding:
    since = {"fr": "depuis", "en": "since"}[language]
    return fault(standing.fault, f"{standing.why} ({since} {_shown(standing.since)})", language)


def _told(file: Path, now: datetime) -> _Told:
    """Raises OSError."""
    told = _Told()
    for raw in checked_lines.whole_lines(file):
        line = checked_lines.parse(raw)
        if line is None:
            told.unsound += 1
            continue
        told.lines += 1
        told.at = _time(line)
        if "step" in line:
            told.ends[str(line.get("scan_id"))] = _end(line)
        if line.get("note") in _ALARMS and _is_of_last_day(line, now):
            told.alarms[str(line["note"])] += 1
    return told


def _end(line: dict[str, Any]) -> str:
    """How far an attempt got, by its last line."""
    step, verdict = line["step"], line.get("verdict")
    if step == "opening":
        return "interrupted"
    if step == "not_passed" and line.get("giving") == "annul":
        return "annuls_waiting"
    is_unsettled = step in {"attempt", "asked"} or (step == "answered" and verdict == "unknown")
    return "unsettled" if is_unsettled else "settled"


def _time(line: dict[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(line.get("at")))
    except ValueError:
        return None
    return at if at.tzinfo else None


def _is_of_last_day(line: dict[str, Any], now: datetime) -> bool:
    at = _time(line)
    return at is not None and now - at < timedelta(days=1)


def _shown(at: datetime | None) -> str:
    """In the gate's own time zone."""
    return "?" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"
