"""Files in the place of a camera: a folder of frames, or one image, shown at a given rate. For demo, tests, techs."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from kiosk.camera.frame import CameraFault, Frame

_log = logging.getLogger(__name__)

_FIRST_SIZE = (480, 640)  # of an empty street before the first picture: height, width
_GRAY = 127  # an empty street has no contrast, so that the reader spends nothing on it
_PATIENCE = 1.0  # seconds that a file may be undecodable because it is still being written


class ReplayCamera:
    """Shows each file once for ``1 / fps`` seconds, in name order, then an empty street for ever.

    A subfolder or a file ``*.empty`` is an empty street too. Files added later are shown in name order among those
    not yet shown; names that begin with a dot are not seen. Who asks slower than ``fps`` still gets every file.
    """

    def __init__(self, path: Path, fps: float) -> None:
        """``path``: a folder, or one image; CameraFault when there is none."""
        if not path.exists():
            raise CameraFault(f"{path} does not exist, so there are no frames: make it, or set [camera] path")
        self._path = path
        self._is_folder = path.is_dir()
        self._period = 1 / fps
        self._shown: set[str] = set()
        self._empty = np.full(_FIRST_SIZE, _GRAY, np.uint8)
        self._due = time.monotonic()
        self._undecodable: dict[str, float] = {}  # name: monotonic seconds of the first try
        self._closing = threading.Event()

    def next_frame(self, timeout: float) -> Frame:
        """The next file's picture, when its time has come. CameraFault when closed, or not due within ``timeout`` s."""
        wait = self._due - time.monotonic()
        if self._closing.wait(min(max(wait, 0.0), timeout)):
            raise CameraFault("the replay is closed: open it again")
        if wait > timeout:
            raise CameraFault(f"no frame is due within {timeout:g} s: raise [camera] fps")
        now = time.monotonic()
        self._due += self._period  # after a stall, files catch up with their time
        gray = self._next_picture(now)
        if gray is None:
            self._due = max(self._due, now)  # but an empty street has nothing to catch up
            return Frame(self._empty, now)
        if gray.shape != self._empty.shape:
            self._empty = np.full(gray.shape, _GRAY, np.uint8)
        return Frame(gray, now)

    def close(self) -> None:
        """Wake the thread that waits for a frame. Nothing else is open."""
        self._closing.set()

    def _next_picture(self, now: float) -> npt.NDArray[np.uint8] | None:
        """The first file's that was not shown yet; None when all were, or while that file is being written."""
        for path in self._not_yet_shown():
            if path.suffix == ".empty" or path.is_dir():
                self._shown.add(path.name)
                return self._empty
            try:
                gray = _decode(path)
            except FileNotFoundError:  # removed since the folder was listed
                continue
            except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
                if now - self._undecodable.setdefault(path.name, now) < _PATIENCE:
                    return None
                _log.warning("replay: %s is no picture (%s) and is left out", path, error)
                self._shown.add(path.name)
                continue
            self._shown.add(path.name)
            return gray
        return None

    def _not_yet_shown(self) -> list[Path]:
        if not self._is_folder:
            return [self._path] if self._path.name not in self._shown else []
        try:
            new = [p for p in self._path.iterdir() if p.name not in self._shown and not p.name.startswith(".")]
        except OSError as error:
            raise CameraFault(f"{self._path} can't be listed ({error}), so there are no frames: mend it") from error
        return sorted(new, key=lambda path: path.name)


def _decode(path: Path) -> npt.NDArray[np.uint8]:
    """The picture in grey; the many exceptions of Pillow when it is none, or not whole."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))
