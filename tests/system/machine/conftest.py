"""Machines for the tests: a blank one, and some that begin where a journey from blank to admitted has been."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.system.machine.debian import CannotRun, cached
from tests.system.machine.gate import Gate
from tests.system.machine.journey import Journey, laid_out, travelled
from tests.system.machine.machine import Machine, blank_disk


@pytest.fixture(scope="session")
def trixie() -> Path:
    """Debian trixie, to boot from."""
    return debian("trixie")


def debian(kind: str) -> Path:
    """The folder of one Debian. Where it can't be had, the test says why."""
    try:
        return cached(kind)
    except CannotRun as why:
        why.tell()


@contextmanager
def booted(built: Path, disk: Path, *options: str, below: Path | None = None) -> Iterator[Machine]:
    """A machine, as ``Machine`` makes it. Where none can be booted at all, the test says why."""
    with ExitStack() as stack:
        try:
            machine = stack.enter_context(Machine(built, disk, *options, below=below))
        except CannotRun as why:
            why.tell()
        yield machine


@pytest.fixture
def blank(trixie: Path, tmp_path: Path) -> Iterator[Gate]:
    """A machine before install.sh has run."""
    with booted(trixie, blank_disk(tmp_path / "disk")) as machine:
        yield laid_out(machine)


@pytest.fixture(scope="session")
def journey(trixie: Path, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """What became of a blank trixie, with a turnstile and a server."""
    return journey_of("trixie", tmp_path_factory)


def journey_of(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """The journey of this Debian; made once, whatever processes test."""
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):  # one of xdist's processes; the folder above is everybody's
        shared = shared.parent
    folder = shared / f"journey-{kind}"
    folder.mkdir(exist_ok=True)
    record = folder / "record.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not record.exists():
            with booted(debian(kind), blank_disk(folder / "disk")) as machine:
                made = travelled(machine, folder)
            (folder / "disk").unlink()
            record.write_text(made.to_json())
    return Journey.of_json(record.read_text())


@contextmanager
def begun_at(below: str, built: Path, folder: Path) -> Iterator[Gate]:
    """A machine that begins where another one was; ``folder``: for its disk."""
    with booted(built, blank_disk(folder / "disk"), below=Path(below)) as machine:
        yield Gate(machine)


@pytest.fixture
def gate(trixie: Path, journey: Journey, tmp_path: Path) -> Iterator[Gate]:
    """A machine in which install.sh has run, booted again, its gate not paired yet."""
    with begun_at(journey.installed, trixie, tmp_path) as gate:
        yield gate


@pytest.fixture
def paired(trixie: Path, journey: Journey, tmp_path: Path) -> Iterator[Gate]:
    """The same, its gate paired with the server beside it through its camera, and ready."""
    with begun_at(journey.paired, trixie, tmp_path) as gate:
        gate.wait_for_state("ready")
        yield gate


@pytest.fixture(scope="module")
def untouched(trixie: Path, journey: Journey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """As ``gate``, for all tests of a room that only look."""
    with begun_at(journey.installed, trixie, tmp_path_factory.mktemp("untouched")) as gate:
        gate.wait_for_state("unpaired")
        yield gate
