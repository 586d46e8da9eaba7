"""Everything that really runs: one ticket server, its organiser's shell, two gates. All in one folder, all ended."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from kiosk.demo.evidence import PULSE_MS, Line
from kiosk.demo.street import CAMERA_FPS, Street

START_S = 60.0  # a Pi with a slow card, and to spare
STOP_S = 5.0
Settings = Mapping[str, Mapping[str, object]]
ALONE: Settings = {}
POLL_S = 0.02  # a trace is another process's file: there is nothing to wait on
_HANDED_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST_OF_USERS = 1024  # ports below are root's


class StageError(RuntimeError):
    """A part did not run as it should; the message says which, and the end of its log."""


class Part:
    """One process of the product, in a session of its own, with its output in a log."""

    def __init__(self, program: str, arguments: list[str], log: Path) -> None:
        self.name = f"{program} {arguments[0]}"
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [_beside(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(),
                start_new_session=True,  # the terminal's Ctrl-C reaches the demo alone, which then ends its parts
            )

    @property
    def runs(self) -> bool:
        """False once it has ended."""
        return self._process.poll() is None

    def check(self) -> None:
        """Raise StageError when it has ended by itself."""
        if (status := self._process.poll()) is not None:
            raise StageError(f"{self.name} ended with {status}:\n{self.tail()}")

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-12:])

    def stop(self) -> int:
        """Ask it to end, insist after a while; its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            return self._process.wait()


class GateAtWork:
    """A real kiosk on rendered frames and mock pins."""

    def __init__(self, folder: Path, name: str, more: Settings) -> None:
        self.name = name
        self.street = Street(folder / "street", folder / "wings")
        self._trace = folder / "trace.jsonl"
        self._read = 0
        self._lines: list[Line] = []
        config = folder / "kiosk.toml"
        config.write_text(_kiosk_toml(folder, self.street.folder, self._trace, more), "utf-8")
        self.kiosk = Part("portillon-kiosk", ["run", "--config", str(config)], folder / "kiosk.log")

    def lines(self) -> list[Line]:
        """The trace until now. A line that is not whole yet comes the next time."""
        if self._trace.exists():
            with self._trace.open("rb") as file:
                file.seek(self._read)
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._read += len(whole)
            self._lines += [json.loads(line) for line in whole.splitlines()]
        return self._lines

    def wait_until(self, condition: Callable[[list[Line]], bool], seconds: float) -> bool:
        """True as soon as the trace meets the condition, False after so long. StageError when the kiosk ended."""
        deadline = time.monotonic() + seconds
        while not condition(self.lines()):
            self.kiosk.check()
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True

    def wait_until_it_looks(self) -> None:
        """Wait for its first state: by then its decoders are loaded. Raises StageError."""
        if not self.wait_until(lambda lines: any(line["event"] == "state" for line in lines), START_S):
            raise StageError(f"the {self.name} gate does not start:\n{self.kiosk.tail()}")

    def close(self) -> int:
        """Stop the kiosk, then the street; the kiosk's exit status."""
        status = self.kiosk.stop()
        self.street.close()
        return status


class Stage:
    """A folder, a port and the processes that use them. Use as a context: leaving it ends them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._database = f"sqlite:///{folder / 'tickets.sqlite3'}"
        self._settings = folder / "api.toml"
        self._settings.write_text(f"database = {json.dumps(self._database)}\n", "utf-8")
        self._server: Part | None = None
        self._end = ExitStack()
        self._end.callback(self.stop_server)
        self.gates: dict[str, GateAtWork] = {}

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self._end.close()

    @property
    def serves(self) -> bool:
        """True while the ticket server runs."""
        return self._server is not None and self._server.runs

    def start_server(self) -> None:
        """Start the ticket server, unless it runs, and wait until it listens. Raises StageError, and none runs then."""
        if self.serves:
            return
        arguments = ["serve", "--config", str(self._settings), "--host", "127.0.0.1", "--port", str(self.port)]
        self._server = Part("portillon-api", arguments, self.folder / "api.log")
        deadline = time.monotonic() + START_S
        while not _listens(self.port):
            self._server.check()
            if time.monotonic() > deadline:
                why = self._server.tail()
                self.stop_server()
                raise StageError(f"the ticket server does not listen on port {self.port}:\n{why}")
            time.sleep(POLL_S)

    def stop_server(self) -> None:
        """Stop the ticket server; it keeps its port and its database for the next start."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def organise(self, *words: str) -> Any:
        """One command of the organiser's shell; its JSON answer. Raises StageError."""
        command = [_beside("portillon-api"), *words, "--database", self._database, "--json"]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=_environment(), timeout=START_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise StageError(f"portillon-api {' '.join(words)}: no end after {START_S:.0f} s") from error
        if done.returncode != 0:
            raise StageError(f"portillon-api {' '.join(words)}: exit {done.returncode}\n{done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def open_gate(self, name: str, more: Settings = ALONE) -> GateAtWork:
        """Start a kiosk, not paired yet. ``more``: settings beside the demo's own, by section."""
        folder = self.folder / name
        folder.mkdir()
        gate = self.gates[name] = GateAtWork(folder, name, more)
        self._end.callback(gate.close)
        return gate


def _beside(program: str) -> str:
    """The program of the same virtual environment as this one."""
    path = Path(sys.executable).with_name(program)
    if not path.exists():
        raise StageError(f"{path} is missing. The demo needs the whole product; run: make setup")
    return str(path)


def _environment() -> dict[str, str]:
    """Ours, without settings that would reach outside the demo's folder."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PORTILLON_", "NOTIFY_SOCKET"))}


def free_port() -> int:
    """A port of this machine that nothing listens on now.

    None of those that the kernel hands out: until it is listened on, and while the server is stopped, another program
    that asks for any would get it. Where it leaves none to users, or does not tell, any has to do.
    """
    try:
        first = int(_HANDED_OUT.read_text("ascii").split()[0])
    except OSError:  # another kernel than Linux
        first = 0
    ports = range(max(first // 2, _FIRST_OF_USERS), first) or (0,)
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", random.SystemRandom().choice(ports)))
            return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _kiosk_toml(state: Path, street: Path, trace: Path, more: Settings) -> str:
    added = {
        section: "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        for section, keys in more.items()
    }
    return f"""\
state_dir = {json.dumps(str(state / "state"))}

[camera]
source = "replay"
path = {json.dumps(str(street))}
fps = {CAMERA_FPS}

[gate]
profile = "turnstile"
pins = "mock"
relay = 17
green = 27
red = 22
amber = 23
buzzer = 24
pulse_ms = {PULSE_MS}
{added.get("gate", "")}
[screen]
{added.get("screen", "")}
[trace]
file = {json.dumps(str(trace))}
"""
