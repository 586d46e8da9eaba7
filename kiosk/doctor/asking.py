"""Programs and small files that doctor asks: read-only, each program with a deadline; any of them may be missing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

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


def text_of(file: Path) -> str:
    """A small file, such as one of /proc; "" where it can't be read. The device tree ends its texts with a NUL."""
    try:
        return file.read_text("utf-8", "replace").strip("\0\n\t ")
    except OSError:
        return ""
