"""The running gate has itself looked at: doctor, in a process of its own, for the screen and for the server.

A process, so that nothing that doctor waits for, reads or loads can hold the gate up; with little claim to the
processor. It is told that a gate runs, opens neither camera nor pins of it, and consumes no ticket.
"""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from kiosk.doctor.finding import Finding, Level
from kiosk.status import BESIDE_A_GATE

FIRST_AFTER_S = 20.0  # the gate is up by then, and an unpaired one has a tech before it
THEN_EVERY_S = 600.0
WITHIN_S = 120.0  # every question that doctor asks has a deadline; a Pi that starts Python from a worn card is slow
# A tenth of the claim of others; less never came to an end beside a busy server. By a session of its own, which a Pi's
# kernel weighs as a whole (sched(7), autogroup): the unit's filter refuses setpriority, by which renice asks elsewhere.
_STEP_BACK = ("setsid", "sh", "-c", '{ echo 10 >/proc/self/autogroup; renice 10 $$; } >/dev/null 2>&1; exec "$@"', "sh")

log = logging.getLogger(__name__)


class CheckUp:
    """Tells ``tell`` what doctor finds, in a thread of its own, soon after the start and then every ten minutes."""

    def __init__(self, config: Path, state_dir: Path, tell: Callable[[tuple[Finding, ...]], None]) -> None:
        """``config``: the settings that this gate runs with; the environment is handed on too."""
        self._command = doctor(config, state_dir)
        self._tell = tell
        self._ended = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._work, name="check-up", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No more of it; one under way is ended."""
        self._ended.set()
        child = self._child
        if child is not None:
            child.kill()
        self._thread.join(timeout=1.0)

    def _work(self) -> None:
        pause = FIRST_AFTER_S
        while not self._ended.wait(pause):
            pause = THEN_EVERY_S
            try:
                self._tell(self._looked())
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                if not self._ended.is_set():
                    log.warning("the gate could not be looked at: %s", error)

    def _looked(self) -> tuple[Finding, ...]:
        """Raises OSError, ValueError (it printed nothing that makes sense) or SubprocessError (it took too long)."""
        silent = subprocess.DEVNULL
        with subprocess.Popen(self._command, stdin=silent, stdout=subprocess.PIPE, stderr=silent) as self._child:
            try:
                if self._ended.is_set():  # between the wait and the start
                    self._child.kill()
                printed, _ = self._child.communicate(timeout=WITHIN_S)
            except BaseException:
                self._child.kill()
                raise
        return tuple(read(printed))


def doctor(config: Path, state_dir: Path) -> list[str]:
    """The command that looks at this gate; ``read`` takes what it prints."""
    look = [sys.executable, "-m", "kiosk", "doctor", "--json"]
    return [*_STEP_BACK, "env", f"{BESIDE_A_GATE}=1", *look, "--config", str(config), "--state", str(state_dir)]


def read(printed: bytes) -> list[Finding]:
    """What ``doctor --json`` printed. Raises ValueError when it is anything else."""
    with contextlib.suppress(TypeError, KeyError):
        findings = [
            Finding(str(each["check"]), Level(each["level"]), str(each["found"]), str(each["fix"]))
            for each in json.loads(printed)
        ]
        if findings:
            return findings
    raise ValueError("doctor printed something else than findings")


def advice(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """What of them a tech has to see: failures first, each with its fix."""
    amiss = sorted((each for each in findings if each.level is not Level.OK), key=lambda each: each.level != Level.FAIL)
    return tuple(f"{each.level} {each.check} | {each.found} → {each.fix}" for each in amiss)
