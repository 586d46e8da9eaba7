"""All tests, on all cores. One or two that failed there run once more, alone; who passes then is unsteady, and named.

Beside others, on a busy machine, a test of real browsers and processes may be given too little time. What fails alone
too has failed. What passes alone is still a defect, of that test or of what it tests, and the last lines name it. There
is no second look where chance decides: at the tests that docs/safety.md rests on, chaos and fuzzing. There, once is a
finding.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.safety.claims import claims

MOST = 2  # tests; more have one cause, and that is no chance
ONCE = ("tests/safety/", "tests/chaos/", "tests/fuzz/", "tests/system/test_chaos.py")
_BESIDE = ("--numprocesses", "auto", "--dist", "loadfile", "--no-loadscope-reorder", "--durations", "30")


def is_worth_another_look(failed: Sequence[str]) -> bool:
    """``failed``: pytest's nodes."""
    named = {claim.test for claim in claims()}
    has_finding = any(node.startswith(ONCE) or node.partition("[")[0] in named for node in failed)
    are_tests = all("::" in node for node in failed)  # and no file that could not even be read
    return 0 < len(failed) <= MOST and are_tests and not has_finding


def main(arguments: Sequence[str]) -> int:
    """Pytest's exit code. ``arguments``: for its first run."""
    with tempfile.TemporaryDirectory() as cache:  # one of its own remembers only what fails now
        own = ["-o", f"cache_dir={cache}"]
        code = int(pytest.main([*own, *_BESIDE, *arguments]))
        told = Path(cache) / "v" / "cache" / "lastfailed"
        failed = list(json.loads(told.read_text("utf-8"))) if told.exists() else []
        if code != pytest.ExitCode.TESTS_FAILED or not is_worth_another_look(failed):
            return code
        print("\nonce more, alone:", *failed, sep="\n  ", flush=True)
        code = subprocess.run([sys.executable, "-m", "pytest", *own, *failed], check=False).returncode
    if code == pytest.ExitCode.OK:
        print("\nunsteady, and to be mended (failed beside others, passed alone):", *failed, sep="\n  ", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
