"""kill -9 at an exact system call, by strace: the process dies at the entry of the call, so that it never happens."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.processes import running


def is_possible() -> bool:
    """True where strace is installed and may trace a process that it did not start."""
    if shutil.which("strace") is None:
        return False
    with running(["sleep", "60"]) as other:
        command = ["strace", "-o", "/dev/null", f"-p{other.pid}"]
        with running(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            said = str(strace.stderr.readline())
    return "attached" in said


class Ambush:
    """Waits in these threads for the ``nth`` of these calls (of one thread) on ``file``. Use as a context."""

    def __init__(self, threads: Sequence[int], calls: str, nth: int, file: Path, log: Path) -> None:
        """``calls`` with commas, as strace writes them; ``log``: where it keeps what it saw."""
        self._log = log
        self._file = file.resolve()
        log.unlink(missing_ok=True)
        command = ["strace", "-y", "-o", str(log), "-P", str(self._file), "-e", f"trace=write,{calls}"]
        command += ["-e", f"inject={calls}:signal=KILL:when={nth}", *(f"-p{thread}" for thread in threads)]
        self._strace = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert self._strace.stderr is not None
        for _ in threads:  # it says one line for each, that it is attached or could not be
            self._strace.stderr.readline()

    def __enter__(self) -> Ambush:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the process, if it still lives."""
        self._strace.send_signal(signal.SIGINT)
        self._strace.communicate(timeout=60)

    def tear(self, share: float) -> int:
        """Take the last ``share`` of what was written and not yet synced off the file, as a power cut may; bytes."""
        written = re.findall(r"write[ (].* = (\d+)$|sync[ (].* = (0)$", self._log.read_text(errors="replace"), re.M)
        lost = 0
        for size, synced in written:
            lost = 0 if synced else lost + int(size)
        lost = round(lost * share)
        with self._file.open("r+b") as file:
            file.truncate(self._file.stat().st_size - lost)
        return lost
