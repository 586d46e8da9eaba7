"""What really runs: the ticket server and the gates, as processes that can be killed, frozen and cut off from power."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from kiosk.credentials import PAIRED_FILE
from kiosk.demo.stage import free_port
from kiosk.journal import FILE_NAME
from tests.chaos.program import BIN, Program, VenueError, eventually
from tests.chaos.proxy import LOCAL

Line = dict[str, Any]
PULSE_MS = 100
CAMERA_FPS = 12.0
FRAMES_PER_S = 10.0  # fewer than the camera takes, so that it catches up after a stall
_FRAMES_KEPT = 4  # a real camera shows nothing of what was before its start
_WALK_S = 0.4  # an arm that turns

_SENSOR = "passage = 5\npassage_within_s = 2\n"
_SETTINGS = f"""\
state_dir = "{{state}}"

[camera]
source = "replay"
path = "{{street}}"
fps = {CAMERA_FPS}

[server]
answer_within_s = 1.0

[gate]
profile = "turnstile"
pins = "mock"
relay = 17
green = 27
red = 22
amber = 23
{_SENSOR}mock_inputs = "{{inputs}}"
pulse_ms = {PULSE_MS}
pulse_gap_ms = 100

[trace]
file = "{{trace}}"
"""


class Server:
    """portillon-api on a port of its own, with its database in ``folder``; and the organiser's shell beside it."""

    name = "server"

    def __init__(self, folder: Path) -> None:
        self.database = folder / "tickets.sqlite3"
        self.port = free_port()
        self._url = f"sqlite:///{self.database}"
        serve = ["portillon-api", "serve", "--database", self._url, "--host", LOCAL, "--port", str(self.port)]
        self.program = Program(serve, folder / "api.log")

    def start(self) -> None:
        """Start it and wait until it listens. Raises VenueError."""
        self.program.begin()
        eventually(f"the server listens; see {self.program.log}", self._listens)

    def shell(self, *words: str) -> Any:
        """One command of the organiser's shell; its JSON answer."""
        command = [str(BIN / "portillon-api"), *words, "--database", self._url, "--json"]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOCAL, self.port)) == 0


class Gate:
    """portillon-kiosk on mock pins, with a folder in the place of its camera, with a passage sensor or without.

    ``is_deployed``: it speaks with its server as with today's TiBillet servers, which know no scan ids and no annul.
    """

    def __init__(self, folder: Path, has_sensor: bool = False, is_deployed: bool = False) -> None:
        self.name = folder.name
        self.has_sensor = has_sensor
        self.is_deployed = is_deployed
        self.folder = folder
        self.state = folder / "state"
        self.trace = folder / "trace.jsonl"
        self.cuts = 0
        self._street = folder / "street"
        self._street.mkdir(parents=True)
        self._inputs = folder / "inputs"
        self._inputs.mkdir()
        self._config = folder / "kiosk.toml"
        settings = _SETTINGS.format(state=self.state, street=self._street, inputs=self._inputs, trace=self.trace)
        self._config.write_text(settings.replace(_SENSOR, _SENSOR if has_sensor else ""), "utf-8")
        self.program = Program(["portillon-kiosk", "run", "--config", str(self._config)], folder / "kiosk.log")
        self._reading = threading.Lock()
        self._read = 0
        self._lines: list[Line] = []
        self._frame = 0

    @property
    def journal(self) -> Path:
        """The file of its journal."""
        return self.state / FILE_NAME

    def pair(self, url: str) -> None:
        """Pair it by hand."""
        if self.is_deployed:
            url = url.replace("/api/scan/", "/scan/")
        command = [str(BIN / "portillon-kiosk"), "pair", url, "--config", str(self._config)]
        subprocess.run(command, check=True, capture_output=True)
        if self.is_deployed:
            file = self.state / PAIRED_FILE
            file.write_text(json.dumps(json.loads(file.read_text()) | {"extensions": []}))

    def start(self) -> None:
        """Start it and wait until it is ready for guests. Raises VenueError."""
        before = len(self.lines())
        self.program.begin()
        eventually(f"{self.name} is ready; see {self.program.log}", lambda: self._is_ready_since(before))

    def show(self, frame: Path | None) -> None:
        """The camera's next picture; None: an empty street, which is what it sees where there is none."""
        if frame is None:
            return
        self._frame += 1
        os.link(frame, self._street / f"{self._frame:07d}.png")
        (self._street / f"{self._frame - _FRAMES_KEPT:07d}.png").unlink(missing_ok=True)

    def clear(self) -> None:
        """Nothing is before the camera any more."""
        for number in range(self._frame - _FRAMES_KEPT, self._frame + 1):
            (self._street / f"{number:07d}.png").unlink(missing_ok=True)

    def walk_through(self) -> None:
        """Somebody goes through: the sensor's contact closes for a moment."""
        contact = self._inputs / "passage"
        contact.touch()
        time.sleep(_WALK_S)
        contact.unlink()

    def lines(self) -> list[Line]:
        """The trace until now, of all its lives. A line that is not whole yet comes the next time."""
        with self._reading:
            if self.trace.exists():
                with self.trace.open("rb") as file:
                    file.seek(self._read)
                    new = file.read()
                whole = new[: new.rfind(b"\n") + 1]
                self._read += len(whole)
                self._lines += [json.loads(line) for line in whole.splitlines()]
            return self._lines

    def guardian(self) -> int | None:
        """The process that owns the relay."""
        for task in self.program.tasks():
            with contextlib.suppress(OSError):
                for child in Path(f"/proc/{task}/task/{task}/children").read_text().split():
                    if b"kiosk.gate.guardian" in Path(f"/proc/{child}/cmdline").read_bytes():
                        return int(child)
        return None

    def cut_power(self) -> None:
        """What is on the disk at one moment while it runs is all that the next start finds."""
        self.cuts += 1
        copy = self.folder / f"state.cut-{self.cuts}"
        # Stopped first: else the copy would be of a time before what the gate has done since.
        self.program.signal_group(signal.SIGSTOP)
        eventually(f"{self.name} stands still", lambda: all(map(_is_stopped, self.program.tasks())))
        shutil.copytree(self.state, copy, ignore_dangling_symlinks=True)
        self.program.end(signal.SIGKILL)
        self.state.rename(self.folder / f"state.before-{self.cuts}")
        copy.rename(self.state)

    def _is_ready_since(self, before: int) -> bool:
        if self.program.pid is None:
            raise VenueError(f"{self.name} does not start; see {self.program.log}")
        return any(line.get("state") == "ready" for line in self.lines()[before:])


def _is_stopped(task: int) -> bool:
    try:
        return "State:\tT" in Path(f"/proc/{task}/status").read_text()
    except OSError:
        return True  # ended
