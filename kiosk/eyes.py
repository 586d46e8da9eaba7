"""The camera thread: newest frame → texts → codes, to the main loop. Opens the camera again when it is missing."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from kiosk import codes
from kiosk.camera import Camera as CameraEdge
from kiosk.camera import CameraFault, CameraHangs, open_camera
from kiosk.camera.figures import Gauge
from kiosk.codes import Code
from kiosk.news import CameraFailed, CameraFroze, Died, News, Seen
from kiosk.reader import Gray
from kiosk.reading import IsolatedReader
from kiosk.settings import Camera

FRAME_WITHIN_S = 3.0  # the slowest replay shows a frame a second; a Camera Module that is silent longer is stuck
OPEN_AGAIN_S = 5.0
OPEN_WITHIN_S = 30.0  # picamera2 from a cold SD card, and a sensor that is slow to start
_NO_ANSWER_S = 5.0  # more than was asked for: the call is lost inside libcamera (raspberrypi/picamera2 issue 1048)
_LET_GO_S = 1.0

log = logging.getLogger(__name__)


class Eyes:
    """Tells ``Seen`` for every frame, also for an empty street: that frames flow is part of the gate's health.

    A camera that never delivered a frame is missing: ``CameraFailed``, and tried again for ever. One that did and
    stopped is frozen: ``CameraFroze``, once, and this thread ends, since only a new process can free it. A call that
    is lost inside libcamera holds this thread for ever; the main loop sees it by ``froze``. A replay never freezes.
    """

    def __init__(
        self,
        settings: Camera,
        tell: Callable[[News], None],
        crashed: Callable[[str], None],
        look: Callable[[Gray, Sequence[Code]], None] = lambda _gray, _codes: None,
    ) -> None:
        """``look``: given each frame with what was read in it, in the camera thread; it may not wait."""
        self.has_delivered = False  # a frame came, in this run
        self._look_at = look
        self._settings = settings
        self._tell = tell
        self._stop = threading.Event()
        self._asked: tuple[str, float] | None = None  # what the camera is asked, and when it has to be back
        self._reader = IsolatedReader(crashed)
        self._thread = threading.Thread(target=self._work, name="camera", daemon=True)
        self._thread.start()

    def froze(self, now: float) -> str | None:
        """Why the camera is lost to this process; None while it is not. ``now`` in monotonic seconds; any thread."""
        asked = self._asked
        if asked is None or now < asked[1] or self._settings.source == "replay":
            return None
        return f"{asked[0]} does not come back: the camera hangs; if it does so again, check its cable and the power"

    def close(self) -> None:
        """Stop looking; waits for a second at most. What hangs is let go with the process."""
        self._stop.set()
        self._thread.join(_LET_GO_S)

    def _work(self) -> None:
        try:
            self._look()
        except Exception as error:  # whatever it is, a gate that no longer sees must end and be started again
            log.exception("the camera thread ends")
            self._tell(Died("camera", type(error).__name__))
        finally:
            self._reader.close()

    def _look(self) -> None:
        while not self._stop.is_set():
            try:
                with self._asking("opening it", OPEN_WITHIN_S):
                    camera = open_camera(self._settings)
                try:
                    self._watch(camera)
                finally:
                    camera.close()
            except CameraFault as fault:
                if self._is_frozen(fault):
                    self._tell(CameraFroze(str(fault)))
                    return
                self._tell(CameraFailed(str(fault)))
                self._stop.wait(OPEN_AGAIN_S)

    def _watch(self, camera: CameraEdge) -> None:
        within = max(FRAME_WITHIN_S, 3 / self._settings.fps)
        gauge = Gauge()
        while not self._stop.is_set():
            with self._asking("taking a picture", within + _NO_ANSWER_S):
                frame = camera.next_frame(within)
            self.has_delivered = True
            texts = self._reader.read(frame.gray)
            seen = tuple(codes.parse(text) for text in texts)
            taken_at = min(frame.taken_at, time.monotonic())
            self._tell(Seen(seen, taken_at, gauge.look(frame.gray, taken_at, bool(texts))))
            self._look_at(frame.gray, seen)

    def _is_frozen(self, fault: CameraFault) -> bool:
        return isinstance(fault, CameraHangs) or (self.has_delivered and self._settings.source != "replay")

    @contextmanager
    def _asking(self, what: str, seconds: float) -> Iterator[None]:
        self._asked = what, time.monotonic() + seconds
        try:
            yield
        finally:
            self._asked = None
