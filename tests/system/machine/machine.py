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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from tests.system.machine.debian import ROOT, CannotRun, cached

_Seen = TypeVar("_Seen")
HERE = Path(__file__).parent
_BOOT_S = 120  # on a loaded machine; seconds otherwise
_REBOOT = 133  # systemd-nspawn's exit code for a machine that wants to be started again
_FS_IOC_SHUTDOWN = 0x8004587D  # linux/fs.h since 6.13, before that ext4's own: _IOR('X', 125, __u32)
_WITHOUT_FLUSH = 2  # ..._FLAGS_NOLOGFLUSH: what has not reached the disk by now never does
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb"}
_NUMBERS = itertools.count()


def blank_disk(path: Path) -> Path:
    """Make an empty disk of 6 GB; it takes up what is written to it."""
    with path.open("wb") as file:
        file.truncate(6 << 30)
    subprocess.run(["mkfs.ext4", "-q", "-F", path], check=True)
    return path


def copied_disk(disk: Path, to: Path) -> Path:
    """Copy the disk of a machine that is off."""
    subprocess.run(["cp", "--sparse=always", disk, to], check=True)
    return to


class Machine:
    """One machine, from plugged in to unplugged. Use it in ``with``: nothing of it is left afterwards."""

    def __init__(self, built: Path, disk: Path, *options: str) -> None:
        """``built``: what ``cached`` found; ``disk``: an image of ``blank_disk`` or ``copied_disk``.

        ``options``: more of systemd-nspawn's.
        """
        self._built = built
        self._disk = disk
        self._options = options
        self._cgroup = f"portillon-machine-{os.getpid()}-{next(_NUMBERS)}"
        self._console = disk.with_suffix(".console")
        self._ground: subprocess.Popen[str] | None = None
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = 0

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

    def run(self, *words: str, stdin: str = "", check: bool = True, timeout: float = 240, **environment: str) -> str:
        """Run a command in it as root; its stdout. When it fails: ``AssertionError`` with all that it said."""
        done = self.tried(*words, stdin=stdin, timeout=timeout, **environment)
        if check and done.returncode != 0:
            raise AssertionError(f"{shlex.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def tried(
        self, *words: str, stdin: str = "", timeout: float = 240, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it as root, which may fail."""
        return subprocess.run(
            self.entering(*words, **environment),
            input=stdin,
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def shell(self, script: str, *, check: bool = True, timeout: float = 240, **environment: str) -> str:
        """Run a script of bash in it; what it said on stdout and stderr together."""
        return self.run("bash", "-c", f"exec 2>&1; {script}", check=check, timeout=timeout, **environment)

    def following(self, *words: str) -> subprocess.Popen[str]:
        """Start a command in it whose lines are read while it runs; it ends with the machine, or when it is killed."""
        return subprocess.Popen(self.entering(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def entering(self, *words: str, **environment: str) -> list[str]:
        """The command of the host that runs this one in the machine, as root."""
        known = [f"{name}={value}" for name, value in (_ENVIRONMENT | environment).items()]
        spaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        return ["nsenter", "--target", str(self._leader), *spaces, "--", "env", "--ignore-environment", *known, *words]

    def push_work_tree(self, there: str = "/root/portillon") -> None:
        """Copy this repository into it as it is now: what git knows of, and what it does not ignore."""
        listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, check=True, capture_output=True).stdout
        packed = ["tar", "-C", str(ROOT), "--null", "--files-from=-", "--ignore-failed-read", "--create"]
        content = subprocess.run(packed, check=True, input=files, capture_output=True).stdout
        unpacked = ["tar", "-C", there, "--extract", "--no-same-owner"]
        self.run("mkdir", "-p", there)
        subprocess.run(self.entering(*unpacked), input=content, check=True, capture_output=True)

    def read(self, path: str) -> str:
        """The text of a file in it."""
        return self.path(path).read_text()

    def write(self, path: str, text: str) -> None:
        """Write a file in it, readable by everyone."""
        self.write_bytes(path, text.encode())

    def write_bytes(self, path: str, content: bytes) -> None:
        """Write a file in it, readable by everyone; whoever looks sees it whole or not at all."""
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.new")
        beside.write_bytes(content)
        beside.chmod(0o644)
        beside.rename(target)

    def path(self, there: str) -> Path:
        """Where the host finds a file of the machine while it runs; links in it that are absolute lead elsewhere."""
        return Path(f"/proc/{self._leader}/root", there.lstrip("/"))

    def exists(self, path: str) -> bool:
        """Whether there is something, a link included, by this name."""
        return os.path.lexists(self.path(path))

    def show(self, unit: str, name: str) -> str:
        """One property of a unit, as ``systemctl show`` tells it."""
        return self.run("systemctl", "show", "--value", "--property", name, unit).strip()

    def journal(self, unit: str, *, boot: str = "0") -> str:
        """What a unit said since a boot."""
        return self.run("journalctl", "--no-pager", "--output=cat", f"--boot={boot}", "--unit", unit)

    def until(
        self, what: Callable[[], _Seen], *, within: float = 60, pause: float = 0.05, else_tell: str = ""
    ) -> _Seen:
        """Look every ``pause`` s until there is something true to see; fails with the journal when there never is."""
        deadline = time.monotonic() + within
        while not (seen := what()):
            if time.monotonic() > deadline:
                said = self.run("journalctl", "--no-pager", "--output=short", "--lines=60", check=False)
                raise AssertionError(f"nothing of the kind within {within} s {else_tell}; the journal:\n{said}")
            time.sleep(pause)
        return seen

    def reboot(self) -> None:
        """``systemctl reboot``, and wait until it has booted."""
        self.run("systemctl", "reboot")
        self.rebooted()

    def rebooted(self) -> None:
        """Wait until it goes down to boot again, by its own will, and has booted."""
        assert self._nspawn is not None
        code = self._nspawn.wait(_BOOT_S)
        assert code == _REBOOT, f"it ended with {code} and not for a reboot:\n{self.console()}"
        self.boot()

    def power_off(self) -> None:
        """``systemctl poweroff``; afterwards its disk can be copied."""
        assert self._nspawn is not None
        self.run("systemctl", "poweroff")
        self._nspawn.wait(_BOOT_S)
        self._unplug()

    def power_cut(self, witness: str) -> str:
        """Pull the plug: every process ends at once, and what is not on the disk by then never gets there.

        The text of the file ``witness`` as memory had it at that moment: what happened, whatever the disk knows of it.
        """
        assert self._nspawn is not None
        (self._host / self._cgroup_folder.lstrip("/") / "cgroup.kill").write_text("1")
        self._nspawn.wait(_BOOT_S)
        seen = (self._host / "mnt/root" / witness.lstrip("/")).read_text(errors="replace")
        disk = os.open(self._host / "mnt/disk", os.O_RDONLY)
        try:
            fcntl.ioctl(disk, _FS_IOC_SHUTDOWN, struct.pack("I", _WITHOUT_FLUSH))
        finally:
            os.close(disk)
        self._unplug()
        return seen

    def plug_in(self) -> None:
        """Give it power, at first or after ``power_cut`` or ``power_off``: it boots from its disk as that is."""
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
        words = [str(HERE / "ground.sh"), str(self._disk), str(self._built / "system"), self._cgroup]
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
        if self._ground is not None:
            self._ground.communicate()
            self._ground = None
        if self._nspawn is not None:
            self._nspawn.wait(_BOOT_S)


@contextlib.contextmanager
def machine(release: str, folder: Path, *options: str) -> Iterator[Machine]:
    """A machine with a blank disk in ``folder``, booted."""
    with Machine(cached(release), blank_disk(folder / "disk"), *options) as booted:
        yield booted
