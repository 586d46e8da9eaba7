"""The street in front of one gate: the folder its camera watches, one file a frame."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

CAMERA_FPS = 15.0
# Fewer than the camera takes, so that one that fell behind on a slow machine catches up. Where a file is missing it
# sees an empty street for one frame, which is far less than the 0.5 s that end a presentation.
FRAMES_PER_S = 10.0
ARRIVAL = 2  # frames of a presentation that are shown once; those after it are shown in turn while it is held


class Street:
    """Frames are linked into ``folder`` in name order, so that the camera never sees half a file."""

    def __init__(self, folder: Path, wings: Path) -> None:
        """``wings``: where frames wait until they are shown, on the same file system."""
        folder.mkdir(parents=True)
        wings.mkdir(parents=True)
        self.folder = folder
        self._wings = wings
        self._held: tuple[Path, ...] = ()
        self._step = 0
        self._shown: deque[Path] = deque()
        self.kept: int | None = None  # frames; a camera that falls behind by more loses them. None: all stay
        self.left_at = 0.0  # monotonic seconds
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._numbers = itertools.count()
        self._camera = threading.Thread(target=self._run, name=f"street {folder.name}", daemon=True)
        self._camera.start()

    def hold_up(self, frames: Sequence[bytes]) -> None:
        """Bring these JPEGs before the camera, and keep them there."""
        number = next(self._numbers)
        paths = tuple(self._wings / f"{number:06d}-{step}.jpg" for step in range(len(frames)))
        for path, frame in zip(paths, frames, strict=True):
            path.write_bytes(frame)
        self._replace(paths)

    def leave(self) -> None:
        """Nobody is there any more."""
        self._replace(())
        self.left_at = time.monotonic()

    def close(self) -> None:
        """No more frames."""
        self._closing.set()
        self._camera.join()

    def _run(self) -> None:
        while not self._closing.wait(1 / FRAMES_PER_S):
            name = self.folder / f"{next(self._numbers):06d}"
            with self._lock:
                if self._held:
                    os.link(self._next(), name := name.with_suffix(".jpg"))
                else:
                    (name := name.with_suffix(".empty")).touch()
            self._shown.append(name)
            if self.kept is not None and len(self._shown) > self.kept:
                self._shown.popleft().unlink()

    def _next(self) -> Path:
        step = self._step
        self._step += 1
        if step < len(self._held):
            return self._held[step]
        steady = self._held[ARRIVAL:] or self._held[-1:]
        return steady[(step - ARRIVAL) % len(steady)]

    def _replace(self, paths: tuple[Path, ...]) -> None:
        with self._lock:
            before, self._held, self._step = self._held, paths, 0
        for path in before:
            path.unlink()
