"""A pairing URL that was put into the state folder before the gate started: by install.sh, or by portillon.toml."""

from __future__ import annotations

import logging
from pathlib import Path

from kiosk import codes, durable
from kiosk.codes import PairingCode

FILE_NAME = "pairing-url"

log = logging.getLogger(__name__)


class HandedUrl:
    """``folder``: the state folder. The file is there until it has paired the gate, or is known never to."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME

    def read(self) -> PairingCode | None:
        """The pairing code; None without one. One that is none is removed, and the log says so."""
        try:
            code = codes.parse(self._file.read_bytes()[: codes.MAX_LENGTH + 1].decode("ascii", "replace"))
        except OSError:
            return None
        if isinstance(code, PairingCode):
            return code
        log.error("%s holds no pairing code: removed. Show the gate the device's QR code instead", self._file)
        self.remove()
        return None

    def remove(self) -> None:
        """It is of no use any more."""
        try:
            if self._file.exists():
                durable.remove(self._file)
        except OSError as error:
            log.warning("%s can't be removed, and is tried again at the next start: %s", self._file, error)


def write(folder: Path, url: str) -> None:
    """Hand a URL over, 0600 and durable. Raises OSError."""
    durable.write(folder / FILE_NAME, f"{url}\n".encode("ascii"))
