"""A real NetworkManager for these tests, in a network and a /run of its own: it sees no device but loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import needs

ROOT = Path(__file__).parents[3]
_PATIENCE_S = 60
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={bus}</listen><auth>EXTERNAL</auth><policy context="default"><allow user="*"/>
<allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow send_type="method_call"/></policy>
</busconfig>
"""
_CONFIG = """[main]
plugins=keyfile
auth-polkit=false
dns=none
rc-manager=unmanaged
[keyfile]
path={folder}/connections
"""


@dataclass
class Manager:
    """One NetworkManager. ``environment`` leads nmcli to it."""

    folder: Path
    environment: dict[str, str]

    @property
    def connections(self) -> Path:
        """Where it keeps its keyfiles."""
        return self.folder / "connections"

    def nmcli(self, *arguments: str) -> str:
        """What nmcli prints."""
        done = subprocess.run(
            ["nmcli", *arguments], env=self.environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=True
        )
        return done.stdout.removesuffix("\n")


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder that ``.ci/networkmanager`` lays out."""
    done = subprocess.run([ROOT / ".ci" / "networkmanager"], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        needs.missing(f"no NetworkManager: {done.stderr}")
    return Path(done.stdout.strip())


@pytest.fixture(scope="session")
def nmcli(programs: Path) -> dict[str, str]:
    """An environment in which ``nmcli`` is the real one."""
    libraries = next((programs / "usr" / "lib").glob("*-linux-gnu*"))
    path = f"{programs}/usr/bin{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "LD_LIBRARY_PATH": str(libraries), "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="session")
def running(programs: Path, nmcli: dict[str, str]) -> Iterator[Manager]:
    """NetworkManager and a bus for it, until the last test has ended."""
    needs.root("runs a NetworkManager")
    folder = Path(tempfile.mkdtemp(prefix="portillon-nm-", dir="/tmp"))
    bus = folder / "bus"
    environment = {**nmcli, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}
    (folder / "bus.conf").write_text(_BUS.format(bus=bus))
    (folder / "nm.conf").write_text(_CONFIG.format(folder=folder))
    (folder / "connections").mkdir(mode=0o700)
    manager = shutil.which("NetworkManager", path=f"{programs}/usr/sbin")
    own_run = 'ip link set lo up; mount -t tmpfs none /run; exec "$@"'
    options = ["--debug", "--config", folder / "nm.conf", "--intern-config", folder / "intern.conf"]
    options += [word for each in ("config-dir", "system-config-dir") for word in (f"--{each}", folder / "none")]
    options += ["--pid-file", folder / "pid", "--state-file", folder / "state"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            ["dbus-daemon", "--config-file", folder / "bus.conf", "--nofork", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=log,
        ) as daemon,
    ):
        assert daemon.stdout is not None
        assert daemon.stdout.readline(), (folder / "log").read_text()
        with subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", own_run, "sh", manager, *options],
            env=environment,
            stdout=log,
            stderr=log,
        ) as network_manager:
            try:
                _wait(environment, folder / "log")
                yield Manager(folder, environment)
            finally:
                network_manager.terminate()
                daemon.terminate()
    shutil.rmtree(folder)


def _wait(environment: dict[str, str], log: Path) -> None:
    """Until it has taken its name on the bus, which busctl waits for; and it has begun to answer."""
    for _ in range(_PATIENCE_S * 10):
        done = subprocess.run(
            ["nmcli", "--wait", "10", "general"], env=environment, capture_output=True, timeout=_PATIENCE_S, check=False
        )
        if done.returncode == 0:
            return
        subprocess.run(["sleep", "0.1"], check=True)
    pytest.fail(f"NetworkManager does not answer:\n{log.read_text()}")


@pytest.fixture
def manager(running: Manager, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """The running NetworkManager, with no connection in it, as the one that this process's nmcli talks to."""
    for name in ("PATH", "LD_LIBRARY_PATH", "DBUS_SYSTEM_BUS_ADDRESS"):
        monkeypatch.setenv(name, running.environment[name])
    yield running
    for file in running.connections.iterdir():
        file.unlink()
    running.nmcli("connection", "reload")
