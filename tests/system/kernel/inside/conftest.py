"""A chip of GPIO lines with a witness that misses nothing, and a daemon that moves them."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE_S = 30  # how long one event may take; nothing is measured by it


def eventually(what, ask):
    """The first true answer; fails with what was waited for."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.03)
    raise AssertionError(f"waited {PATIENCE_S} s for: {what}")


class Chip:
    """The lines as the kernel has them, whoever uses them. A level is what a meter at the pin would show: 0 or 1."""

    _LINES = Path("/sys/devices/platform/gpio-sim.0/gpiochip0")
    _TRACING = Path("/sys/kernel/tracing")
    _HELD = Path("/sys/kernel/debug/gpio")  # the chip, and each line that a process holds

    def __init__(self):
        eventually("no process of the test before holds a line", lambda: "\n gpio-" not in self._HELD.read_text())
        self._first = int(re.search(r"GPIOs (\d+)-", self._HELD.read_text())[1])
        self._pulled = set()
        (self._TRACING / "trace_clock").write_text("mono")
        (self._TRACING / "events/gpio/enable").write_text("1")
        self.forget()

    def forget(self):
        """What was driven until now."""
        (self._TRACING / "trace").write_text("")

    def level(self, line):
        return int((self._LINES / f"sim_gpio{line}/value").read_text())

    def pull(self, line, level):
        """What this line is when nobody drives it: a resistor, or a contact."""
        (self._LINES / f"sim_gpio{line}/pull").write_text("pull-up" if level else "pull-down")
        self._pulled.add(line)

    def driven(self, line):
        """[(seconds, level), …]: every time that somebody drove this line, in order. From the kernel; misses none."""
        edge = re.compile(rf"(\d+\.\d+): gpio_value: {self._first + line} set ([01])")
        told = (self._TRACING / "trace").read_text()
        return [(float(at), int(level)) for at, level in edge.findall(told)]

    def levels(self, line):
        """The levels that somebody drove this line to, in order; one that was driven again is told once."""
        return [level for level, _ in itertools.groupby(level for _, level in self.driven(line))]

    def seconds_on(self, line):
        """How long an active-high line was on: from the first time that it was driven on to the last off."""
        on_at = next(at for at, level in self.driven(line) if level == 1)
        return max(at for at, level in self.driven(line) if level == 0) - on_at

    def let_go(self):
        """Every line without a pull-up again."""
        for line in self._pulled:
            self.pull(line, 0)


class Daemon:
    """A process with a gate and its inputs, as the daemon has them; it does what it is told on stdin."""

    _CODE = """
import json, sys
from kiosk import settings
from kiosk.gate import open_gate
from kiosk.trace import Trace
def say(*words):
    print(*words, flush=True)
gate = open_gate(settings.Gate(**json.loads(sys.argv[1])), Trace(None), None, lambda news: say("news", news))
inputs = gate.open_inputs(lambda contact, is_active: say(contact, int(is_active)), lambda why: say("died", why))
say("ready")
for command in map(str.strip, sys.stdin):
    name, *words = command.split()
    given = ["a test"] if name == "pulse" else [word == "on" for word in words]
    say(command, getattr(gate, name)(*given))
inputs.close()
gate.close()
"""

    def __init__(self, folder, wiring):
        self._said = folder / "said"
        command = [sys.executable, "-c", self._CODE, json.dumps(wiring)]
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=said, stderr=said, start_new_session=True
            )
        eventually("the daemon is ready", lambda: "ready" in self.said() or self.process.poll() is not None)

    def said(self):
        """All that it said so far, a line each."""
        return self._said.read_text().splitlines()

    def tell(self, command):
        """Its answer to this command."""
        before = len(self._answers(command))
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        return eventually(f"an answer to {command}", lambda: self._answers(command)[before:])[0]

    def _answers(self, command):
        return [line.partition(" ")[2] for line in self.said() if line.startswith(command + " ")]

    def guardian(self):
        """Its guardian's process id."""
        children = [
            child
            for task in Path(f"/proc/{self.process.pid}/task").iterdir()
            for child in (task / "children").read_text().split()
            if b"kiosk.gate.guardian" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]
        return int(children[0]) if children else None

    def kill(self):
        """kill -9, of its whole group as a careless supervisor does it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def end(self):
        """Leave as told to, by the end of stdin."""
        self.process.stdin.close()
        return self.process.wait(PATIENCE_S)


@pytest.fixture(name="eventually")
def _eventually():
    return eventually


@pytest.fixture
def chip():
    it = Chip()
    yield it
    it.let_go()


@pytest.fixture
def start_daemon(tmp_path):
    """Start a daemon with these lines of the chip."""
    started = []

    def start(is_to_be_ready=True, **wiring):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Daemon(folder, {"pins": "lgpio", **wiring}))
        assert ("ready" in started[-1].said()) is is_to_be_ready, started[-1].said()
        return started[-1]

    yield start
    for daemon in started:
        if daemon.process.poll() is None:
            daemon.kill()
        daemon.process.communicate()
