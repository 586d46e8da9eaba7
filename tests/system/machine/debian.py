"""Which Debian: what ``.ci/machine`` built and keeps, and what to do where it can't be had."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NoReturn

from tests import needs

ROOT = Path(__file__).parents[3]


class CannotRun(Exception):
    """Nothing of the kind runs here; the text says why."""

    def tell(self) -> NoReturn:
        """End the test with the reason."""
        needs.missing(str(self))


def cached(kind: str) -> Path:
    """The folder of a Debian, "trixie", "bookworm" or "arm64"; built where it is missing. Raises ``CannotRun``."""
    if os.geteuid() != 0:
        raise CannotRun("only root can boot a machine, or give it a root folder")
    built = subprocess.run([ROOT / ".ci/machine", kind], check=False, capture_output=True, text=True)
    if built.returncode != 0:
        raise CannotRun(built.stderr.strip())
    return Path(built.stdout.strip())
