"""A booted Debian: systemd as its first process, a disk of its own, a power button and a plug that can be pulled."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import select
import shlex
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.system.machine.debian import CannotRun, cached
from tests.system.machine.entered import Entered

HERE = Path(__file__).parent
_BOOT_S = 120  # on a loaded machine; seconds otherwise
_END_S = 60
_REBOOT = 133  # systemd-nspawn's exit code for a machine that wants to be started again
_FS_IOC_SHUTDOWN = 0x8004587D  # linux/fs.h since 6.13, before that ext4's own: _IOR('X', 125, __u32)
_WITHOUT_FLUSH = 2  # ..._FLAGS_NOLOGFLUSH: what has not reached the disk by now never does
_NUMBERS = itertools.count()


def blank_disk(path: Path) -> Path:
    """Make an empty disk of 6 GB; it takes up what is written to it."""
    with path.open("wb") as file:
        file.truncate(6 << 30)
    subprocess.run(["mkfs.ext4", "-q", "-F", path], check=True)
    return path


def copied_disk(disk: Path, to: Path) -> Path:
    """Copy the disk of a machine that is off, or stands still."""
    subprocess.run(["cp", "--sparse=always", disk, to], check=True)
    return to


class Machine(Entered):
    """One machine, from plugged in to unplugged. Use it in ``with``: nothing of it is left afterwards."""

    def __init__(self, built: Path, disk: Path, *options: str, below: Path | None = None) -> None:
        """``built``: what ``cached`` found; ``disk``: an image of ``blank_disk`` or ``copied_disk``.

        ``options``: more of systemd-nspawn's. ``below``: the disk of a machine that is off; a machine with a blank disk
        begins as that one ended, and nothing of it is copied.
        """
        self._built = built
        self._disk = disk
        self._below = below
        self._options = options
        self._cgroup = f"portillon-machine-{os.getpid()}-{next(_NUMBERS)}"
        self._console = disk.with_suffix(".console")
        self._ground: subprocess.Popen[str] | None = None
        self._nspawn: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Machine:
        try:
            self.plug_in()
        except BaseException:
            self._unplug()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._unplug()

    def boot(self) -> None:
        """Switch it on; it is back when systemd has started all that belongs to the boot."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            address = f"@{self._cgroup}"
            told.bind("\0" + address[1:])
            words = ["--quiet", "--directory=/mnt/root", f"--bind-ro={self._built / 'mirror'}:/srv/mirror", "--boot"]
            words += ["--register=no", "--keep-unit", "--private-network", "--machine=gate", "--console=pipe"]
            words += ["--resolv-conf=off", "--timezone=off", "--link-journal=no", "--notify-ready=yes", *self._options]
            inside = f"echo $$ >{self._cgroup_folder}/cgroup.procs; exec systemd-nspawn {shlex.join(words)}"
            with self._console.open("ab") as console:
                self._nspawn = subprocess.Popen(
                    ["nsenter", f"--mount=/proc/{self._ground_pid}/ns/mnt", "sh", "-c", inside],
                    stdin=subprocess.DEVNULL,
                    stdout=console,
                    stderr=console,
                    env=os.environ | {"NOTIFY_SOCKET": address},
                )
            self._leader = self._started(told)

    def _started(self, told: socket.socket) -> int:
        """Wait for "ready"; the process id of the machine's systemd."""
        assert self._nspawn is not None
        ended = os.pidfd_open(self._nspawn.pid)
        waited_for: list[socket.socket | int] = [told, ended]
        leader, deadline = 0, time.monotonic() + _BOOT_S
        try:
            while True:
                ready, _, _ = select.select(waited_for, [], [], max(0.0, deadline - time.monotonic()))
                if told not in ready:
                    raise CannotRun(f"it did not boot; systemd-nspawn and its console:\n{self.console()}")
                words = dict(line.partition("=")[::2] for line in told.recv(4096).decode().splitlines())
                leader = int(words.get("X_NSPAWN_LEADER_PID", leader))
                if words.get("READY") == "1":
                    return leader
        finally:
            os.close(ended)

    def reboot(self) -> None:
        """``systemctl reboot``, and wait until it has booted."""
        self.run("systemctl", "reboot")
        self.rebooted()

    def rebooted(self) -> None:
        """Wait until it goes down to boot again, by its own will, and has booted."""
        assert self._nspawn is not None
        code = self._ended(self._nspawn)
        assert code == _REBOOT, f"it ended with {code} and not for a reboot:\n{self.console()}"
        self.boot()

    def copy_disk(self, to: Path) -> None:
        """Copy its disk as it is at this moment, with all that was ever written to it, while it goes on."""
        inside = ["nsenter", f"--mount=/proc/{self._ground_pid}/ns/mnt"]
        subprocess.run([*inside, "fsfreeze", "--freeze", "/mnt/disk"], check=True)
        try:
            copied_disk(self._disk, to)
        finally:
            subprocess.run([*inside, "fsfreeze", "--unfreeze", "/mnt/disk"], check=True)

    def power_cut(self, *witnesses: str) -> list[str]:
        """Pull the plug: every process ends at once, and what is not on the disk by then never gets there.

        The texts of the files ``witnesses`` as memory had them at that moment, whatever the disk knows of them.
        """
        assert self._nspawn is not None
        (self._host / self._cgroup_folder.lstrip("/") / "cgroup.kill").write_text("1")
        self._ended(self._nspawn)
        seen = [(self._host / "mnt/root" / name.lstrip("/")).read_text(errors="replace") for name in witnesses]
        disk = os.open(self._host / "mnt/disk", os.O_RDONLY)
        try:
            fcntl.ioctl(disk, _FS_IOC_SHUTDOWN, struct.pack("I", _WITHOUT_FLUSH))
        finally:
            os.close(disk)
        self._unplug()
        return seen

    def plug_in(self) -> None:
        """Give it power, at first or after ``power_cut``: it boots from its disk as that is."""
        self._lay_ground()
        self.boot()

    def console(self) -> str:
        """The end of what systemd-nspawn and the machine's console said."""
        return self._console.read_text(errors="replace")[-4000:]

    @property
    def _ground_pid(self) -> int:
        assert self._ground is not None
        return self._ground.pid

    @property
    def _host(self) -> Path:
        return Path(f"/proc/{self._ground_pid}/root")

    @property
    def _cgroup_folder(self) -> str:
        return f"/sys/fs/cgroup/{self._cgroup}"

    def _lay_ground(self) -> None:
        below = str(self._below or "")
        words = [str(HERE / "ground.sh"), str(self._disk), below, str(self._built / "system"), self._cgroup]
        self._ground = subprocess.Popen(
            ["unshare", "--mount", "--propagation=private", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._ground.stdout is not None
        if self._ground.stdout.readline() != "ready\n":
            _, said = self._ground.communicate()
            raise CannotRun(f"no ground for a machine here: {said.strip()}")

    def _unplug(self) -> None:
        ground, self._ground = self._ground, None
        if ground is not None:
            try:
                ground.communicate(timeout=_END_S)
            except subprocess.TimeoutExpired:
                ground.kill()  # its mounts go with it
                ground.communicate()
                raise AssertionError(f"what the machine stood on did not go within {_END_S} s") from None
        if self._nspawn is not None:
            self._ended(self._nspawn)

    def _ended(self, nspawn: subprocess.Popen[bytes]) -> int:
        """Wait for its end; the exit code."""
        try:
            return nspawn.wait(_BOOT_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end within {_BOOT_S} s; its console:\n{self.console()}") from None


@contextlib.contextmanager
def machine(release: str, folder: Path, *options: str) -> Iterator[Machine]:
    """A machine with a blank disk in ``folder``, booted."""
    with Machine(cached(release), blank_disk(folder / "disk"), *options) as booted:
        yield booted
