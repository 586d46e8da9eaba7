"""Between the gate and the process of its tech page: JSON messages on a socket, and one frame in shared memory. Values.

The gate never waits for the page: what the socket has no room for is not sent, and told anew a moment later.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.screen.words import Language
from kiosk.tech.door import Over

Gray = npt.NDArray[np.uint8]  # [H, W]
_LONGEST = 160 * 1024  # bytes of one message; the kernel's buffer holds 208 KiB
URLS_MAX = 16  # one for each network
Press = Literal["red", "amber", "open", "restart"]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Start(_Message):
    """What the page's process is told first."""

    port: int
    code: str
    lasts_s: float
    config: Path
    state_dir: Path
    languages: tuple[Language, ...]
    lens_distance_m: float
    inputs: dict[str, int]  # the wired ones, with their pins


class Gate(_Message):
    """How the gate is now. Anything that is not named in a message is as it was."""

    state: str | None = None
    faults: list[str] | None = None
    active: list[str] | None = None  # inputs
    presentations: list[dict[str, Any]] | None = None
    logged: list[str] | None = None  # new lines


class Picture(_Message):
    """A frame is in the shared memory. ``found``: kinds of codes that the gate read in it."""

    height: int
    width: int
    found: list[str]


class Done(_Message):
    """What came of a press: a key of ``words``."""

    number: int
    result: str


class Ready(_Message):
    """The page listens. The main loop draws this for whoever is at the gate: in its exact form, or not at all."""

    urls: list[Annotated[str, Field(pattern=r"^https://[0-9.]{7,15}:[0-9]{1,5}/$")]] = Field(
        min_length=1, max_length=URLS_MAX
    )
    fingerprint: str = Field(pattern=r"^([0-9A-F]{2}:){31}[0-9A-F]{2}$")


class Failed(_Message):
    """It can't."""

    why: str


class Entered(_Message):
    """The code was used."""


class Wanted(_Message):
    """A picture is wanted."""


class Pressed(_Message):
    """A button that concerns the gate. ``at``: monotonic seconds, which are the same in all processes of a machine."""

    number: int
    at: float
    what: Press


class Saved(_Message):
    """Settings were written into the file."""


class Closed(_Message):
    """The page has ended."""

    why: Over


Message = Start | Gate | Picture | Done | Ready | Failed | Entered | Wanted | Pressed | Saved | Closed
_KINDS: dict[str, type[Message]] = {each.__name__: each for each in get_args(Message)}


class Channel:
    """One end. Sends from any thread, receives in one."""

    def __init__(self, end: socket.socket, memory: int) -> None:
        self._end = end
        self._memory = memory

    def send(self, message: Message) -> bool:
        """Without waiting; False when it was not sent."""
        told = json.dumps([type(message).__name__, message.model_dump(mode="json")]).encode()
        if len(told) > _LONGEST:
            return False
        try:
            self._end.send(told, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except OSError:  # no room, or nobody there
            return False
        return True

    def receive(self) -> Message | None:
        """The next one, waited for; None when the other end is closed, or sent what nobody understands."""
        try:
            kind, fields = json.loads(self._end.recv(_LONGEST + 1))
            return _KINDS[kind].model_validate(fields)
        except (OSError, ValueError, TypeError, KeyError, ValidationError):
            return None

    def show(self, gray: Gray, found: list[str]) -> bool:
        """Put this frame in the memory; only when a picture is wanted, so that none is read meanwhile."""
        height, width = gray.shape
        os.ftruncate(self._memory, gray.size)
        os.pwrite(self._memory, np.ascontiguousarray(gray).data, 0)
        return self.send(Picture(height=height, width=width, found=found))

    def frame(self, picture: Picture) -> Gray:
        """The frame that this message tells of."""
        raw = os.pread(self._memory, picture.height * picture.width, 0)
        return np.frombuffer(raw, np.uint8).reshape(picture.height, picture.width)

    def close(self) -> None:
        """Wake whoever receives, at both ends."""
        try:
            self._end.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
