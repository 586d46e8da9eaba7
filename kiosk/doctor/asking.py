"""Programs that doctor asks: read-only questions, each with a deadline, to what may not be installed."""

from __future__ import annotations

import os
import subprocess

WITHIN_S = 5.0


def ask(*words: str) -> str | None:
    """What this program prints, at most 1 MB, in English; None where it is missing, fails, or takes longer than 5 s."""
    quiet = {**os.environ, "LC_ALL": "C", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
    try:
        done = subprocess.run(
            words, check=False, capture_output=True, timeout=WITHIN_S, env=quiet, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout[:1_000_000].decode("utf-8", "replace") if done.returncode == 0 else None
