"""What the threads tell the main loop. Values only; they go one way, through one queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kiosk.camera.figures import Figures
from kiosk.codes import Code
from kiosk.doctor.finding import Finding
from kiosk.edges import Contact
from kiosk.first_boot.outcome import Outcome
from kiosk.pairing import Paired, PairingFailed
from kiosk.tech.channel import Message
from kiosk.verdict import Fault, Verdict


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame's codes, best first; times are monotonic seconds."""

    codes: tuple[Code, ...]
    taken_at: float
    figures: Figures | None = None  # of the camera, now and then


@dataclass(frozen=True, slots=True)
class CameraFailed:
    """No frames: ``why`` tells what to do. The camera is opened again by itself."""

    why: str


@dataclass(frozen=True, slots=True)
class CameraFroze:
    """It delivered frames and stopped, or does not close: only a new process can free it. The camera thread ends."""

    why: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The verdict on a question."""

    scan_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Probed:
    """How the server was found when nothing was asked of it: None is well."""

    fault: Fault | None


@dataclass(frozen=True, slots=True)
class ServerAt:
    """Where the server is asked now. ``is_found``: elsewhere than at pairing, where it proved to have the key."""

    base_url: str
    is_found: bool


@dataclass(frozen=True, slots=True)
class Touched:
    """An input became active, or let go."""

    contact: Contact
    active: bool


@dataclass(frozen=True, slots=True)
class PairingEnded:
    """What a pairing code, or a pending pairing found at the start, came to; None: nothing pending."""

    outcome: Paired | PairingFailed | None


@dataclass(frozen=True, slots=True)
class JoiningEnded:
    """What a Wi-Fi card came to."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CheckedUp:
    """What doctor found of this gate."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class TechAsked:
    """The command ``tech``: "open" or "close". ``answer`` may be called in any thread, and once."""

    word: str
    answer: Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class TechTold:
    """The tech page's process says something. ``life``: of which opening."""

    life: int
    message: Message


@dataclass(frozen=True, slots=True)
class GateNews:
    """The guardian died and was started again, or can't be."""

    what: str


@dataclass(frozen=True, slots=True)
class Died:
    """A thread that the gate can't do without has ended by an error nobody thought of."""

    thread: str
    why: str


@dataclass(frozen=True, slots=True)
class Stop:
    """SIGTERM or SIGINT."""


News = (
    Seen
    | CameraFailed
    | CameraFroze
    | Answered
    | Probed
    | ServerAt
    | Touched
    | PairingEnded
    | JoiningEnded
    | CheckedUp
    | TechAsked
    | TechTold
    | GateNews
    | Died
    | Stop
)
