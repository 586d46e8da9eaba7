"""The gate's tests: real processes, with the trace, or the chip's own record of calls, as witness from outside."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kiosk import settings
from kiosk.gate import open_gate
from kiosk.gate.orders import Orders
from kiosk.trace import Trace

PATIENCE_S = 60  # how long a loaded machine may take; nothing is measured by it
PINS = {"relay": 17, "exit_relay": 26, "green": 22, "red": 23, "amber": 24, "buzzer": 25, "ready": 18}
CHIP = Path(__file__).parent / "chip"


def eventually(what, ask):
    """The first true answer; fails with what was waited for."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"waited {PATIENCE_S} s for: {what}")


class Witness:
    """Reads the trace that gate and guardian write."""

    def __init__(self, file: Path):
        self.file = file

    def edges(self, pin):
        """[(t, value), …] of this pin, in order."""
        whole = self.file.read_text().split("\n")[:-1] if self.file.exists() else []
        told = [json.loads(line) for line in whole]
        return [(line["t"], line["value"]) for line in told if line["event"] == "pin" and line["pin"] == pin]

    def values(self, pin):
        return [value for _, value in self.edges(pin)]

    def wait_for(self, pin, *values):
        eventually(f"{pin} {values}", lambda: self.values(pin) == list(values))

    def pulse_s(self, pin):
        """Length of the last pulse, seconds."""
        (on_at, on), (off_at, off) = self.edges(pin)[-2:]
        assert (on, off) == (1, 0)
        return off_at - on_at


class Chip:
    """The record of the fake chip: what the lines were really driven to, whoever drove them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.environment = {**os.environ, "CHIP": str(folder), "PYTHONPATH": str(CHIP)}

    def calls(self, line):
        """[(call, level), …] on this line, in order."""
        file = self.folder / "calls"
        told = [entry.split() for entry in file.read_text().splitlines()] if file.exists() else []
        return [(call, level) for call, number, level in told if int(number) == line]

    def levels(self, line):
        """Every level this line was driven to, in order."""
        return [int(level) for call, level in self.calls(line) if call != "input"]

    def level(self, line):
        """What it is driven to now."""
        return self.levels(line)[-1]


class RawGuardian:
    """A guardian process, spoken to by hand."""

    def __init__(self, orders: Orders, environment=None):
        command = [sys.executable, "-m", "kiosk.gate.guardian", orders.as_argument()]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
        self.process = subprocess.Popen(command, **pipes, start_new_session=True, env=environment)
        self._heard = b""

    def say(self, command):
        self.process.stdin.write(command if isinstance(command, bytes) else command.encode() + b"\n")

    def hear(self):
        """Its next answer; "" when it said no more."""
        end = time.monotonic() + PATIENCE_S
        while b"\n" not in self._heard:
            assert select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))[0], "no answer"
            chunk = os.read(self.process.stdout.fileno(), 256)
            if not chunk:
                return ""
            self._heard += chunk
        answer, _, self._heard = self._heard.partition(b"\n")
        return answer.decode()

    def ask(self, command):
        self.say(command)
        return self.hear()

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()


def _children(task):
    try:
        return [int(child) for child in (task / "children").read_text().split()]
    except FileNotFoundError:
        return []  # the thread has ended


def _is_guardian(pid):
    try:
        return b"kiosk.gate.guardian" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


@pytest.fixture
def guardian_of():
    """``guardian_of(pid)``: the guardian among this process's children, or None."""

    def find(pid):
        children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task)]
        guardians = [child for child in children if _is_guardian(child)]
        assert len(guardians) <= 1
        return guardians[0] if guardians else None

    return find


@pytest.fixture
def open_here(trace):
    """A gate in this process; ``news`` collects what its warden tells."""
    opened = []

    def make(**wiring):
        told = []
        wired = settings.Gate(**{"pins": "mock", **PINS, **wiring})
        opened.append(open_gate(wired, Trace(trace.file), trace.file, told.append))
        opened[-1].told = told
        return opened[-1]

    yield make
    for gate in opened:
        gate.close()


@pytest.fixture(name="eventually")
def _eventually():
    return eventually


@pytest.fixture
def trace(tmp_path):
    return Witness(tmp_path / "trace.jsonl")


@pytest.fixture
def chip(tmp_path):
    folder = tmp_path / "chip"
    folder.mkdir()
    return Chip(folder)


@pytest.fixture
def make_guardian(trace):
    made = []

    def make(pins="mock", active_high=True, lines=None, file=trace.file, environment=None):
        wired = {"relay": 17, "green": 22} if lines is None else lines
        made.append(RawGuardian(Orders(pins, active_high, wired, str(file)), environment))
        return made[-1]

    yield make
    for guardian in made:
        guardian.end()


@pytest.fixture
def guardian(make_guardian):
    """Ready, on mock pins, with a relay on 17 and a green lamp on 22."""
    it = make_guardian()
    assert it.hear() == "ready"
    return it
