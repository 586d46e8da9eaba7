"""Files of printed codes, which only their owner may read: whoever shows a code first, gets in."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


def opened(file: Path) -> BinaryIO:
    """The file, emptied, to be written and closed; what was there before loses its rights too. Raises OSError."""
    out = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")
    try:
        if stat.S_ISREG(os.fstat(out.fileno()).st_mode):  # and not the /dev/null of everybody
            os.fchmod(out.fileno(), 0o600)
    except BaseException:
        out.close()
        raise
    return out
