"""install.sh sourced in a shell of its own, in which a test calls its functions; nothing is installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


def sourced(
    script: str, *, language: str = "C", check: bool = True, guarded: bool = True, stdin: int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    """Run ``script`` where install.sh was sourced; ``guarded``: as it runs itself, so that any failure ends it.

    ``stdin``: a file descriptor.
    """
    ready = f'. {ROOT}/install.sh; load_words "$HERE/install/words"; ME=$(id -un):$(id -gn)'
    started = "guard; STEP=settings" if guarded else "set -euo pipefail"
    return subprocess.run(
        ["bash", "-c", f"{ready}; {started}\n{script}"],
        check=check,
        stdin=stdin,
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, "LC_ALL": language},
    )
