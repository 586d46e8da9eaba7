"""The organiser's look as its file is now: read at the start, and again when the file or its logo has changed."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

from kiosk.guest.branding import Brand, BrandFault, load_brand

LOOK_EVERY_S = 5.0
_LOGOS = (".svg", ".png")
_State = tuple[tuple[str, int, int], ...]  # name, time of the last change, size: of the file and what may be its logo

log = logging.getLogger(__name__)


class Look:
    """``now``: the brand, and why it is ours and not the file's; replaced whole, so any thread may read it."""

    def __init__(self, path: Path | None) -> None:
        """``path`` None: our own look, for good."""
        self._path = path
        self._ended = threading.Event()
        self._read = self._seen = None if path is None else _state(path)
        self.now = _loaded(path)

    def follow(self) -> None:
        """Look at the file again and again, in a thread of its own. RuntimeError when there can be none."""
        if self._path is not None:
            threading.Thread(target=self._follow, name="branding", daemon=True).start()

    def close(self) -> None:
        """No more of it."""
        self._ended.set()

    def look(self) -> None:
        """One look: read it when it has changed since it was read, and not since the look before."""
        if self._path is None:
            return
        state = _state(self._path)
        is_left_alone = state == self._seen  # somebody may be still writing it
        self._seen = state
        if is_left_alone and state != self._read:
            self._read = state
            self.now = _loaded(self._path)
            log.info("the guest screen's look was read again")

    def _follow(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            self.look()


def _loaded(path: Path | None) -> tuple[Brand, str | None]:
    """The organiser's look, or ours and why."""
    if path is None:
        return Brand(), None
    try:
        return load_brand(path), None
    except BrandFault as fault:
        why = str(fault)
    except Exception as error:  # whatever a parser raises on a file: a look costs nobody their entry
        why = f"{path} can't be used ({type(error).__name__}: {error}): make it simpler, or take it out of [screen]"
    log.warning("the gate shows its own look: %s", why)
    return Brand(), why


def _state(path: Path) -> _State:
    """Without opening anything; () when the folder can't be looked at."""
    try:
        with os.scandir(path.parent) as folder:
            parts = [each for each in folder if each.name == path.name or each.name.endswith(_LOGOS)]
            stats = [(each.name, each.stat()) for each in parts]
    except OSError:
        return ()
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats))
