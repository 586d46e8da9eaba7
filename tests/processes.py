"""Processes that a test starts and talks to: waited for no longer than a test should, and ended with it."""

from __future__ import annotations

import resource
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

LONG_S = 60


@contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """The process. Killed at the end: ``Popen`` as a context waits for ever for one that a failed test left running."""
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def out_of_room(process: subprocess.Popen[Any]) -> Iterator[None]:
    """Meanwhile the kernel refuses whatever this process writes to files, as it does on a full disk."""
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


def first_line(process: subprocess.Popen[Any]) -> Any:
    """The first line of its standard output, a pipe; empty when it ended without one. Fails when it says nothing."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], LONG_S)
    assert ready, f"{process.args!r} said nothing for {LONG_S} s"
    return process.stdout.readline()
