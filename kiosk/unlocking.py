"""Two minutes in which a gate in service takes a tech's cards: opened by the unlock input, or by a file, once each.

The file is for a gate without that input: put on the boot partition, by somebody who has the card in hand. It is known
by its identity, so the same file opens nothing at the next start. Monotonic seconds.
"""

from __future__ import annotations

import logging
from pathlib import Path

from kiosk import durable

OPEN_S = 120.0
LOOK_EVERY_S = 5.0
USED_FILE = "unlock-used"

log = logging.getLogger(__name__)


class Unlocking:
    """``file``: the setting ``unlock_file``. ``folder``: the state folder, where a used file is remembered."""

    def __init__(self, file: Path, folder: Path) -> None:
        self._file = file
        self._used = folder / USED_FILE
        self._until = self._look_at = float("-inf")

    def open(self, now: float) -> None:
        """Two minutes from now."""
        self._until = now + OPEN_S

    def close(self) -> None:
        """A pairing came about, or the time is over."""
        self._until = float("-inf")

    def is_open(self, now: float) -> bool:
        """True while cards are taken."""
        return now < self._until

    def has_ended(self, now: float) -> bool:
        """True once, when the two minutes are over."""
        ended = self._until != float("-inf") and now >= self._until
        if ended:
            self.close()
        return ended

    def was_asked_for(self, now: float) -> bool:
        """True once for each new file. One that can't be remembered as used opens nothing."""
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_EVERY_S
        identity = new_identity(self._file, self._used)
        if identity is None:
            return False
        try:
            durable.write(self._used, identity)
        except OSError as error:
            log.error("%s is there, but can't be remembered as used, so pairing stays closed: %s", self._file, error)
            return False
        return True


def new_identity(file: Path, used: Path) -> bytes | None:
    """What this unlock file is known by; None when there is none, or it was used before. ``used``: ``USED_FILE``."""
    try:
        found = file.stat()
        identity = f"{found.st_mtime_ns} {found.st_size}".encode()  # FAT numbers its files anew at every mount
        return None if used.exists() and used.read_bytes() == identity else identity
    except OSError:
        return None
