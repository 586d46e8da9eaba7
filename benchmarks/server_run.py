"""Server processes for the benches: started, waited for, measured from outside, stopped."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]  # from where `benchmarks` can be imported
_STOP_WITHIN_S = 60  # callgrind writes its result while it stops


class Running:
    """A server process that prints its URL; ``environment`` replaces this process's own. A context manager."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
    ) -> None:
        """``command``: what follows ``python -m``; ``prefix``: what the interpreter is run under, if anything."""
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env=None if environment is None else dict(environment),
        )
        self.port = 0

    @property
    def pid(self) -> int:
        """Of the server itself."""
        return self._process.pid

    def __enter__(self) -> Running:
        line = self._process.stdout.readline() if self._process.stdout else ""
        found = re.search(r"http://[^:]+:(\d+)", line)
        if found is None:
            self._process.kill()
            raise RuntimeError(f"the server did not start: {line!r}")
        self.port = int(found[1])
        return self

    def __exit__(self, kind: object, *_exc: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=_STOP_WITHIN_S)
        if self._process.returncode and kind is None:
            raise RuntimeError(f"the server ended with {self._process.returncode}")

    def resident_mb(self) -> float:
        """Memory that it holds now, in MB (10⁶ bytes): VmRSS, proc(5)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        return int(found[1]) * 1024 / 1e6 if found else 0.0


def host(what: str, file: Path, threads: int = 64, environment: Mapping[str, str] | None = None) -> Running:
    """A candidate of benchmarks.server_host on this database."""
    return Running(["benchmarks.server_host", what, str(file), str(threads)], environment)


def portillon(file: Path, prefix: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Running:
    """`portillon-api serve` as it is shipped, on this database."""
    command = ["api", "serve", "--database", f"sqlite:///{file}", "--port", "0"]
    return Running(command, environment, prefix)
