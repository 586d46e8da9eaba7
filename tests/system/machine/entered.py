"""A machine that runs, entered as root: commands, files, units, and waiting until there is something to see."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.system.machine.debian import ROOT

_Seen = TypeVar("_Seen")
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb"}


class Entered:
    """``_leader``: the process id of the machine's systemd; 0 before it has booted."""

    _leader = 0

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
