"""Tests that need a kernel with GPIO lines of its own: those in ``inside`` run in User-Mode Linux.

On the host an item stands for each of them. The first one boots the kernel that ``.ci/kernel`` built; its first
process, ``init.sh``, makes a chip as a Pi has one and starts a pytest there, with all the tests that were asked for.
What became of each comes back as lines of JSON.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import needs

HERE = Path(__file__).parent
IN_KERNEL = "PORTILLON_IN_KERNEL"  # in there: the file for what became of each test
LONGEST_S = 420  # all tests together, on a loaded machine


@dataclass
class Run:
    """One boot: the reports of its tests, what its console said, and why there was none, if so."""

    reports: list[dict[str, str]]
    console: str = ""
    impossible: str = ""


_RUN = pytest.StashKey[Run]()


class InKernel(pytest.Item):
    """Stands on the host for a test function that runs in the kernel."""

    def __init__(self, *, line, **rest):
        super().__init__(**rest)
        self._line = line

    def runtest(self):
        run = _run_of(self.session)
        if run.impossible:
            needs.missing(run.impossible)
        reports = [told for told in run.reports if told["test"].partition("[")[0] == self.nodeid]
        assert {told["when"] for told in reports} >= {"setup", "teardown"}, f"it did not end; console:\n{run.console}"
        for told in reports:
            if told["outcome"] != "passed":
                pytest.fail(f"in the kernel, {told['test']}:\n{told['text']}")

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
        told = {"test": report.nodeid, "when": report.when, "outcome": report.outcome, "text": report.longreprtext}
        with Path(os.environ[IN_KERNEL]).open("a") as file:
            file.write(json.dumps(told) + "\n")


def _run_of(session):
    """One boot for every test of ``inside`` in this session."""
    if _RUN not in session.stash:
        session.stash[_RUN] = Run([], impossible="the boot was broken off")
        built = subprocess.run([session.config.rootpath / ".ci/kernel"], check=False, capture_output=True, text=True)
        if built.returncode != 0:
            session.stash[_RUN] = Run([], impossible=built.stderr.strip())
        else:
            ids = [item.nodeid for item in session.items if isinstance(item, InKernel)]
            with tempfile.TemporaryDirectory(prefix="portillon-kernel-") as folder:
                session.stash[_RUN] = _boot(built.stdout.strip(), session.config.rootpath, ids, Path(folder))
    return session.stash[_RUN]


def _boot(kernel, root, ids, folder):
    """Run these tests in the kernel. Without power-off within ``LONGEST_S`` it is killed, and what was told counts."""
    told, begun, command, console = (folder / name for name in ("told", "begun", "command", "console"))
    environment = [f"{IN_KERNEL}={told}", f"PYTHONPATH={os.environ.get('PYTHONPATH', '')}"]
    pytest_there = [sys.executable, "-m", "pytest", "--rootdir", root, "-c", root / "pyproject.toml", "--color=no"]
    options = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--basetemp", "/dev/shm/tests"]
    words = ["exec", "env", *environment, *pytest_there, *options, *(root / id_ for id_ in ids)]
    command.write_text(f"touch {shlex.quote(str(begun))}\n{shlex.join(map(str, words))}\n")
    disk = ["root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw"]
    machine = ["mem=768M", f"uml_dir={folder}", "con=null", "con0=null,fd:1", "quiet"]
    first = [f"init={HERE / 'init.sh'}", "--", command, sys.executable]
    with console.open("wb") as said:
        process = subprocess.Popen(
            [kernel, *disk, *machine, *first],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            said.write(f"no end after {LONGEST_S} s".encode())
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    reports = [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []
    last_said = console.read_text(errors="replace")[-8000:]
    impossible = "" if begun.exists() else f"User-Mode Linux does not start here:\n{last_said}"
    return Run(reports, last_said, impossible)
