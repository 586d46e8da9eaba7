"""What the running gate tells of itself: ``status.json`` in its state folder, written by the daemon, read by doctor.

Not durable and never needed: it explains the gate, and a full disk or a power cut costs no more than that.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, TypedDict, Unpack

from pydantic import BaseModel, ConfigDict, ValidationError

from kiosk.camera.figures import Figures
from kiosk.verdict import Fault

FILE_NAME = "status.json"
BESIDE_A_GATE = "PORTILLON_BESIDE_A_GATE"  # in the environment of a doctor that the running gate itself has started
WRITTEN_EVERY_S = 60.0  # with nothing new: a reader sees that the gate turns, and the card is spared
_AT_MOST_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Standing:
    """One fault that stands."""

    fault: Fault
    why: str
    since: datetime  # the gate's clock, UTC


class Facts(TypedDict, total=False):
    """What the gate may tell of itself. Times are RFC 3339."""

    state: str  # what the screen shows
    server: str | None  # base URL and prefix; None: unpaired
    server_found_at: str | None  # the base URL where it is asked since it went from that of the pairing
    device: str | None  # this gate's name at its server
    camera: Figures
    contacts: list[str]  # the inputs that are active
    wifi: str  # what the last Wi-Fi card came to, since the start
    standing: list[Standing]
    open_attempts: int  # presentations that no final answer came for
    annuls_waiting: int  # admissions that nobody used, and the server does not know yet
    sent_to_staff: int  # openings that were cut short
    admitted: int  # since the start; as the next two
    refused: int
    unknown: int
    last_presentation: str
    last_latency_ms: float  # from the frame with the code to the verdict


class Status(BaseModel):
    """``status.json`` as it was read."""

    model_config = ConfigDict(frozen=True)

    pid: int
    pid_began: int | None  # clock ticks from boot to the process's start: a later process may have the same pid
    version: str
    since: datetime
    written_at: float  # monotonic seconds: says nothing after a reboot
    state: str | None = None
    server: str | None = None
    server_found_at: str | None = None
    device: str | None = None
    camera: Figures | None = None
    contacts: tuple[str, ...] = ()
    wifi: str | None = None
    standing: tuple[Standing, ...] = ()
    open_attempts: int = 0
    annuls_waiting: int = 0
    sent_to_staff: int = 0
    admitted: int = 0
    refused: int = 0
    unknown: int = 0
    last_presentation: datetime | None = None
    last_latency_ms: float | None = None

    @property
    def is_of_a_running_gate(self) -> bool:
        """False when the process that wrote it is gone: it tells how that one ended, and no more."""
        return self.pid_began is not None and _began(self.pid) == self.pid_began

    @property
    def silent_s(self) -> float:
        """Seconds since it was written, 60 at most while the gate turns and its disk can be written."""
        return max(0.0, time.monotonic() - self.written_at)


class StatusFile:
    """The daemon's side. Written about once a second at most; nothing here raises. For one thread."""

    def __init__(self, path: Path | None, since: datetime | None = None) -> None:
        """``path`` None: nothing is written. ``since``: when the gate was started, UTC; now, when not given."""
        self._path = path
        self._facts: dict[str, Any] = {
            "pid": os.getpid(),
            "pid_began": _began(os.getpid()),
            "version": version(),
            "since": (since or datetime.now(UTC)).isoformat(timespec="seconds"),
        }
        self._is_news = True
        self._written_at = float("-inf")

    def tell(self, **facts: Unpack[Facts]) -> None:
        """These are so from now on; what is not named stays as it was."""
        told = dict(facts)
        if "standing" in facts:
            told["standing"] = [_as_json(each) for each in facts["standing"]]
        if "camera" in facts:
            told["camera"] = asdict(facts["camera"])
        if any(self._facts.get(name) != value or name not in self._facts for name, value in told.items()):
            self._facts |= told
            self._is_news = True

    def tick(self) -> None:
        """Write it, if something is new and a second has passed. For every turn of the main loop."""
        rested = time.monotonic() - self._written_at
        if rested >= (_AT_MOST_EVERY_S if self._is_news else WRITTEN_EVERY_S):
            self.write()

    def write(self) -> None:
        """Write it now: a rename, so that a reader never meets half a file, and no fsync."""
        self._written_at = time.monotonic()
        self._is_news = False
        if self._path is None:
            return
        draft = self._path.with_name(f".{self._path.name}.new")
        try:
            draft.write_text(json.dumps({**self._facts, "written_at": round(self._written_at, 1)}), "utf-8")
            draft.replace(self._path)
        except OSError:
            self._is_news = True  # tried again in a second
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)


def read_status(folder: Path) -> Status | None:
    """What the gate of this state folder told last; None when it never did, or nothing that makes sense."""
    try:
        return Status.model_validate_json((folder / FILE_NAME).read_bytes())
    except (OSError, ValidationError):
        return None


def _as_json(standing: Standing) -> dict[str, str]:
    since = standing.since.isoformat(timespec="seconds")
    return {"fault": standing.fault, "why": standing.why, "since": since}


def _began(pid: int) -> int | None:
    """When this process was started, in clock ticks since boot (proc_pid_stat(5), field 22); None: there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        return int(stat.rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


def version() -> str:
    """This program's version; "unknown" when it is run from a checkout."""
    try:
        return metadata.version("portillon")
    except metadata.PackageNotFoundError:
        return "unknown"
