"""A tech who answers by a script, on gpiozero's mock pins; and one at a real terminal, on a chip like a Pi's."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from kiosk import settings, trial
from kiosk.trial.words import WORDS

PATIENCE_S = 60  # how long a loaded machine may take; nothing is measured by it
CHIP = Path(__file__).parents[1] / "gate" / "chip"
PROGRAM = Path(sys.executable).with_name("portillon-kiosk")


class ScriptedTech:
    """Answers what is expected, or what ``script`` has next for the key of a question; acts when something is said.

    ``script``: key of a question → answers in turn, or exceptions to raise. ``acts``: pattern of what is said →
    what the tech does then.
    """

    def __init__(self, looks=True):
        self.looks = looks
        self.script = {}
        self.acts = {}
        self.said = []
        self.asked = []

    @property
    def text(self):
        return "\n".join(self.said)

    def say(self, text):
        self.said.append(text)
        for pattern, act in self.acts.items():
            if re.search(pattern, text):
                act()

    def ask(self, question, otherwise):
        self.say(question)
        key = next(key for key, words in WORDS.items() if question in words.values())
        self.asked.append(key)
        answers = self.script.get(key, [])
        answer = answers.pop(0) if answers else otherwise
        if not isinstance(answer, trial.Answer):
            raise answer
        return answer


class Site:
    """One gate on mock pins, with the tech in front of it."""

    def __init__(self, folder):
        self.folder = folder
        self.tech = ScriptedTech()
        self.notes = []  # (cause, values the relay has had when it was journaled)
        self.note_fails = False
        self.inputs = folder / "inputs"
        self.inputs.mkdir()
        self.trace = folder / "trace.jsonl"

    def settings(self, language="en", action="scan", **wiring):
        gate = {"pins": "mock", "pulse_gap_ms": 100, "pulse_ms": 100, "mock_inputs": self.inputs, **wiring}
        return settings.Settings(
            state_dir=self.folder / "state",
            gate=gate,
            server={"action": action},
            screen={"languages": [language]},
            trace={"file": self.trace},
        )

    def test(self, within_s=PATIENCE_S, **wiring):
        """Run the whole test; its exit code."""
        return trial.conduct(self.settings(**wiring), "kiosk.toml", self._note, self.tech, within_s)

    def _note(self, cause):
        if self.note_fails:
            raise OSError("disk full")
        self.notes.append((cause, self.values("relay")))

    @property
    def causes(self):
        return [cause for cause, _ in self.notes]

    def values(self, pin):
        """What this pin was driven to, in order."""
        whole = self.trace.read_text().split("\n")[:-1] if self.trace.exists() else []
        told = [json.loads(line) for line in whole]
        return [line["value"] for line in told if line["event"] == "pin" and line["pin"] == pin]

    def pulses(self, pin):
        return self.values(pin).count(1)

    def is_dark(self, *pins):
        return all(self.values(pin)[-1] == 0 for pin in pins)

    def press(self, contact):
        (self.inputs / contact).touch()

    def let_go(self, contact):
        (self.inputs / contact).unlink(missing_ok=True)

    def outcomes(self):
        """{title: outcome} of the summary."""
        lines = self.tech.text.partition("Summary\n")[2].splitlines()
        found = [re.match(r"  (.{14}) ([^:]+)", line) for line in lines]
        return {match[2]: match[1].strip() for match in found if match}

    def proposed(self):
        """The lines of toml that are proposed."""
        lines = self.tech.text.partition("test again:\n")[2].splitlines()
        return [line.strip() for line in lines[: lines.index("")]] if lines else []


class Terminal:
    """``portillon-kiosk gate test`` in a session of its own, on a pseudo terminal, spoken to by hand."""

    def __init__(self, words, environment):
        self.master, slave = pty.openpty()

        def take_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [PROGRAM, *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=take_terminal,  # noqa: PLW1509  (one system call, before any thread of ours could matter)
            env=environment,
        )
        os.close(slave)
        self.heard = ""

    def wait_for(self, pattern):
        """Read until this has been said since the last answer."""
        end = time.monotonic() + PATIENCE_S
        while not re.search(pattern, self.heard):
            assert time.monotonic() < end, f"waited for {pattern!r}, heard {self.heard!r}"
            assert self._read(), f"waited for {pattern!r}, it ended with {self.heard!r}"

    def answer(self, pattern, answer):
        """Wait for a question and answer it."""
        self.wait_for(pattern)
        self.heard = ""
        os.write(self.master, f"{answer}\n".encode())

    def press_ctrl_c(self):
        os.write(self.master, b"\x03")

    def hang_up(self):
        os.close(self.master)
        self.master = None

    def end(self):
        """Its exit code, once it has ended by itself; ``heard`` has what it said last."""
        while self.master is not None and self._read():
            pass
        return self.process.wait(PATIENCE_S)

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.master is not None:
            self.hang_up()

    def _read(self):
        with contextlib.suppress(OSError):  # EIO: the other side has closed
            if select.select([self.master], [], [], 1.0)[0]:
                chunk = os.read(self.master, 4096).decode("utf-8", "replace").replace("\r\n", "\n")
                self.heard += chunk
                return bool(chunk)
            return True
        return False


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def tech(site):
    return site.tech


@pytest.fixture
def at_terminal(tmp_path):
    """``at_terminal(gate, …)``: the program on a terminal; ``gate``: lines of [gate]. On a chip when it says lgpio."""
    started = []
    chip = tmp_path / "chip"
    chip.mkdir()

    def start(gate, *options, language="en"):
        file = tmp_path / "kiosk.toml"
        trace = f'[trace]\nfile = "{tmp_path / "trace.jsonl"}"\n'
        file.write_text(
            f'state_dir = "{tmp_path / "state"}"\n[gate]\n{gate}\n[screen]\nlanguages = ["{language}"]\n{trace}'
        )
        environment = {**os.environ, "CHIP": str(chip), "PYTHONPATH": str(CHIP)}
        started.append(Terminal(["gate", "test", "--config", str(file), *options], environment))
        return started[-1]

    start.chip = chip
    yield start
    for terminal in started:
        terminal.close()
