"""Machines for the tests: a blank one, and copies of one in which install.sh has run once for the whole session."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.system.machine.debian import CannotRun, cached
from tests.system.machine.gate import Gate
from tests.system.machine.machine import Machine, blank_disk, copied_disk
from tests.system.machine.manifest import manifest

INSTALL = ["/root/portillon/install.sh", "--profile", "turnstile", "--with-server", "--yes"]


@dataclass(frozen=True)
class Installed:
    """A disk on which install.sh has run, first dry and then in earnest, and what was seen on the way."""

    disk: str
    dry_run_said: str
    real_run_said: str
    before: dict[str, str]
    after_dry_run: dict[str, str]
    after: dict[str, str]


@pytest.fixture(scope="session")
def trixie() -> Path:
    """Debian trixie, to boot from."""
    return _debian("trixie")


@pytest.fixture(scope="session", params=["trixie", "bookworm"])
def either(request: pytest.FixtureRequest) -> Path:
    """Each Debian in turn."""
    return _debian(request.param)


def _debian(kind: str) -> Path:
    try:
        return cached(kind)
    except CannotRun as why:
        why.tell()


@contextmanager
def booted(debian: Path, disk: Path, *options: str) -> Iterator[Machine]:
    """A machine, ``options``: more of systemd-nspawn's. Where none can be booted at all, the test says why."""
    with ExitStack() as stack:
        try:
            machine = stack.enter_context(Machine(debian, disk, *options))
        except CannotRun as why:
            why.tell()
        yield machine


@pytest.fixture
def blank(trixie: Path, tmp_path: Path) -> Iterator[Gate]:
    """A machine before install.sh has run."""
    with booted(trixie, blank_disk(tmp_path / "disk")) as machine:
        yield laid_out(machine)


def laid_out(machine: Machine) -> Gate:
    """What a machine has before install.sh runs: this repository, and settings for a machine without hardware."""
    machine.push_work_tree()
    gate = Gate(machine)
    gate.lay_out()
    return gate


@pytest.fixture(scope="session")
def installed(trixie: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """What install.sh makes of a blank trixie with a turnstile and a server; made once, whatever processes test."""
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):  # one of xdist's processes; the folder above is everybody's
        shared = shared.parent
    record = shared / "installed.json"
    with (shared / "installed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not record.exists():
            record.write_text(json.dumps(asdict(_install(trixie, shared / "installed-disk"))))
    return Installed(**json.loads(record.read_text()))


def _install(trixie: Path, disk: Path) -> Installed:
    with booted(trixie, blank_disk(disk)) as machine:
        laid_out(machine)
        before = manifest(machine)
        dry_run_said = machine.run(*INSTALL, "--dry-run")
        after_dry_run = manifest(machine)
        real_run_said = machine.run(*INSTALL)
        after = manifest(machine)
        machine.power_off()
    return Installed(str(disk), dry_run_said, real_run_said, before, after_dry_run, after)


@pytest.fixture
def gate(trixie: Path, installed: Installed, tmp_path: Path) -> Iterator[Gate]:
    """A machine in which install.sh has run, booted again, its gate not paired yet."""
    with booted(trixie, copied_disk(Path(installed.disk), tmp_path / "disk")) as machine:
        yield Gate(machine)


@pytest.fixture
def paired(gate: Gate) -> Gate:
    """The same, its gate paired with the server beside it through its camera, and ready."""
    gate.wait_for_state("unpaired")
    gate.show(gate.pairing_code())
    gate.wait_for_state("ready")
    return gate
