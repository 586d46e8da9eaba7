"""The running gate: threads, start and stop.

The main loop takes news from one queue, and what becomes of them is ``house``'s: the loop is alone in there, and so in
touching gate and screen. The threads only put news into the queue.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import queue
import threading
import time
from pathlib import Path

from kiosk.check_up import CheckUp
from kiosk.edges import Contact, State
from kiosk.eyes import Eyes
from kiosk.house import House
from kiosk.news import CameraFroze, CheckedUp, Died, News, Seen, Stop, Touched
from kiosk.notify import notify
from kiosk.settings import Settings
from kiosk.stopping import StopSignals
from kiosk.verdict import Fault

TICK_S = 0.02  # the loop turns at least this often: lamps change and queued pulses start this late at most
TICK_AT_LEAST_EVERY = 20  # news
FRAMES_WAITING = 2  # more are not looked at: newest frame wins, also when the disk is slow
THREAD_DIED, CAMERA_FROZE = 1, 3  # exit codes; systemd starts the gate again after either

log = logging.getLogger("portillon-kiosk")


class Daemon:
    """One gate, from start to stop."""

    def __init__(self, settings: Settings, config: Path | None = None) -> None:
        """``config``: the file that the settings came from, so that doctor can look at this gate; None: it does not."""
        self._settings = settings
        self._config = config
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._room_for_frames = threading.Semaphore(FRAMES_WAITING)
        self._is_ending = threading.Event()
        self._house = House(settings, config, self._news.put, self.stop)

    def run(self) -> int:
        """Work until SIGTERM or SIGINT; the exit code. Every way out leaves the gate shut and dark."""
        house = self._house
        signals = StopSignals(house.gate.drop, self.stop)
        with contextlib.ExitStack() as closing:
            closing.callback(signals.close)
            house.close_by(closing)
            closing.callback(house.trace, "state", state=State.STOPPING)
            closing.callback(notify, "STOPPING=1")
            house.report_damage()
            inputs = house.gate.open_inputs(self._touched, lambda why: self._news.put(Died("inputs", why)))
            closing.callback(inputs.close)
            house.turns.was_blind = inputs.was_blind
            eyes = Eyes(self._settings.camera, self._from_camera, self._decoder_crashed, house.tech.look)
            closing.callback(eyes.close)
            closing.callback(self._is_ending.set)
            closing.callback(house.gate.off)  # before anything that may take a moment
            if self._config is not None:
                looking = CheckUp(
                    self._config, self._settings.state_dir, lambda found: self._news.put(CheckedUp(found))
                )
                closing.callback(looking.close)
            house.setting_up.begin()
            notify("READY=1")
            return self._turn(eyes)

    def stop(self) -> None:
        """End soon. From any thread, and also before ``run``."""
        self._is_ending.set()
        self._news.put(Stop())  # wakes the loop

    def _turn(self, eyes: Eyes) -> int:
        """The main loop; 0 when asked to stop, else why it can't go on."""
        for turn in itertools.count():
            news = self._next(TICK_S)
            if self._is_ending.is_set():  # whatever else was waiting in the queue: nothing is opened after SIGTERM
                self._house.faults.tell(state=State.STOPPING)  # doctor sees that it was stopped, and did not die
                return 0
            now = time.monotonic()
            if isinstance(news, Died):
                return self._end(THREAD_DIED, f"the {news.thread} thread died: {news.why}", thread=news.thread)
            if isinstance(news, CameraFroze):
                return self._end(CAMERA_FROZE, news.why)
            if (why := eyes.froze(now)) is not None:
                return self._end(CAMERA_FROZE, why)
            if news is not None:
                self._take(news, now)
            # Nothing is settled before all that was seen is known; but no flood of news stops the gate either.
            if self._news.empty() or turn % TICK_AT_LEAST_EVERY == 0:
                self._house.tick(now)
        raise AssertionError("the turns never end")

    def _next(self, seconds: float) -> News | None:
        try:
            return self._news.get(timeout=seconds)
        except queue.Empty:
            return None

    def _take(self, news: News, now: float) -> None:
        if isinstance(news, Seen):
            self._room_for_frames.release()
        self._house.take(news, now)

    def _end(self, code: int, why: str, **fields: str) -> int:
        log.critical("%s: the gate ends, to be started again", why)
        if code == CAMERA_FROZE:
            self._house.faults.stand(Fault.CAMERA, why)  # journaled, traced, and told by doctor of a gate that ended
        else:
            self._house.trace("fault", why=why, **fields)
        return code

    # ── what threads call ────────────────────────────────────────────────────────────────────────────────

    def _touched(self, contact: Contact, active: bool) -> None:
        self._news.put(Touched(contact, active))

    def _decoder_crashed(self, what: str) -> None:
        log.warning("decoder: %s", what)
        self._house.trace("decoder", why=what)

    def _from_camera(self, news: News) -> None:
        """In the camera thread, which waits here while the loop is behind."""
        while isinstance(news, Seen) and not self._room_for_frames.acquire(timeout=1.0):
            if self._is_ending.is_set():
                return
        self._news.put(news)


def run(settings: Settings, config: Path) -> int:
    """Start the gate and stay until told to stop. ``config``: the file that the settings came from."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it warns with raw bytes from the network
    os.umask(0o077)
    code = Daemon(settings, config).run()
    if code == CAMERA_FROZE:  # all is closed, but libcamera may hang once more as the interpreter ends
        logging.shutdown()
        os._exit(code)
    return code
