"""The gate on lines that a real kernel keeps. Each test of this folder runs in User-Mode Linux, told of by the host.

The first item boots the kernel that ``.ci/kernel`` built. Its first process, ``init.sh``, makes a chip as a Pi has one
and starts a pytest there, with all the tests that were asked for; what became of each comes back as a line of JSON.
"""

import itertools
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
IN_KERNEL = "PORTILLON_IN_KERNEL"  # in there: the file for what became of each test
LONGEST_S = 420  # all tests together, on a loaded machine
PATIENCE_S = 60  # how long one event may take; nothing is measured by it

_told = pytest.StashKey[list[dict[str, str]]]()


class InKernel(pytest.Item):
    """Stands on the host for a test function that runs in the kernel."""

    def __init__(self, *, line, **rest):
        super().__init__(**rest)
        self._line = line

    def runtest(self):
        reports = [told for told in _run_all(self.session) if told["test"].partition("[")[0] == self.nodeid]
        assert {told["when"] for told in reports} >= {"setup", "teardown"}, "the kernel told nothing of it"
        for told in reports:
            if told["outcome"] == "skipped":
                pytest.skip(told["text"])
            assert told["outcome"] == "passed", told["text"]

    def repr_failure(self, excinfo):
        return str(excinfo.value)

    def reportinfo(self):
        return self.path, self._line, self.name


def pytest_pycollect_makeitem(collector, name, obj):
    if IN_KERNEL in os.environ or not name.startswith("test_"):
        return None
    return InKernel.from_parent(collector, name=name, line=obj.__code__.co_firstlineno - 1)


def pytest_runtest_logreport(report):
    if IN_KERNEL in os.environ:
        text = report.longrepr[2] if report.skipped else report.longreprtext
        told = {"test": report.nodeid, "when": report.when, "outcome": report.outcome, "text": text}
        with Path(os.environ[IN_KERNEL]).open("a") as file:
            file.write(json.dumps(told) + "\n")


def _run_all(session):
    """What became of every test of this folder in this session: one boot for all of them."""
    if _told not in session.stash:
        session.stash[_told] = []
        ids = [item.nodeid for item in session.items if isinstance(item, InKernel)]
        built = subprocess.run([session.config.rootpath / ".ci/kernel"], capture_output=True, text=True, check=False)
        if built.returncode == 0:
            session.stash[_told] = _boot(built.stdout.strip(), session.config.rootpath, ids)
        else:
            reason = f"no kernel to be had: {built.stderr.strip()}"
            outcome = "failed" if "CI" in os.environ else "skipped"
            session.stash[_told] = [
                {"test": id_, "when": when, "outcome": outcome, "text": reason}
                for id_ in ids
                for when in ("setup", "teardown")
            ]
    return session.stash[_told]


def _boot(kernel, root, ids):
    """Run these tests in the kernel. Without power-off within ``LONGEST_S`` it is killed, and what was told counts."""
    with tempfile.TemporaryDirectory(prefix="portillon-kernel-") as name:
        folder = Path(name)
        pytest_there = [sys.executable, "-m", "pytest", "--rootdir", root, "-c", root / "pyproject.toml"]
        options = ["--color=no", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--basetemp", "/dev/shm/tests"]
        environment = [f"{IN_KERNEL}={folder / 'told'}", f"PYTHONPATH={os.environ.get('PYTHONPATH', '')}"]
        command = ["exec", "env", *environment, *pytest_there, *options]
        (folder / "command").write_text(shlex.join(map(str, [*command, *(root / id_ for id_ in ids)])))
        machine = ["mem=768M", f"uml_dir={folder}", "con=null", "con0=null,fd:1", "quiet"]
        disk = ["root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw"]
        first = [f"init={HERE / 'init.sh'}", "--", folder / "command", sys.executable]
        with (folder / "console").open("wb") as console:
            process = subprocess.Popen(
                [kernel, *machine, *disk, *first],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
            )  # fmt: skip
            try:
                process.wait(LONGEST_S)
            except subprocess.TimeoutExpired:
                console.write(f"no end after {LONGEST_S} s".encode())
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        print((folder / "console").read_text(errors="replace")[-8000:])  # shown with the first test when it fails
        told = folder / "told"
        return [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []


# --- in the kernel ---------------------------------------------------------------------------------------------------


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

    def let_go(self):
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
    say(command, gate.pulse("a test").name if command == "pulse" else getattr(gate, command)())
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
