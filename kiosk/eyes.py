"""The camera thread: newest frame → texts → codes, to the main loop. Opens the camera again when it fails."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from kiosk import codes
from kiosk.camera import Camera as CameraEdge
from kiosk.camera import CameraFault, open_camera
from kiosk.news import CameraFailed, Died, News, Seen
from kiosk.reading import IsolatedReader
from kiosk.settings import Camera

FRAME_WITHIN_S = 3.0  # the slowest replay shows a frame a second; a Camera Module that is silent longer is stuck
OPEN_AGAIN_S = 5.0

log = logging.getLogger(__name__)


class Eyes:
    """Tells ``Seen`` for every frame, also for an empty street: that frames flow is part of the gate's health."""

    def __init__(self, settings: Camera, tell: Callable[[News], None], crashed: Callable[[str], None]) -> None:
        self._settings = settings
        self._tell = tell
        self._stop = threading.Event()
        self._reader = IsolatedReader(crashed)
        self._thread = threading.Thread(target=self._work, name="camera", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking; the camera is let go within a frame, or with the process."""
        self._stop.set()
        self._thread.join(timeout=2.0)
        self._reader.close()

    def _work(self) -> None:
        try:
            self._look()
        except Exception as error:  # whatever it is, a gate that no longer sees must end and be started again
            log.exception("the camera thread ends")
            self._tell(Died("camera", type(error).__name__))

    def _look(self) -> None:
        while not self._stop.is_set():
            try:
                camera = open_camera(self._settings)
                try:
                    self._watch(camera)
                finally:
                    camera.close()
            except CameraFault as fault:
                self._tell(CameraFailed(str(fault)))
                self._stop.wait(OPEN_AGAIN_S)

    def _watch(self, camera: CameraEdge) -> None:
        within = max(FRAME_WITHIN_S, 3 / self._settings.fps)
        while not self._stop.is_set():
            frame = camera.next_frame(within)
            texts = self._reader.read(frame.gray)
            seen = tuple(codes.parse(text) for text in texts)
            self._tell(Seen(seen, min(frame.taken_at, time.monotonic())))
