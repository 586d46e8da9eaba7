"""The running gate: threads, watchdog, start and stop. The only room that knows all the others.

The main loop takes news from one queue, lets ``enrolment`` or ``passage`` decide, and is alone in touching gate and
screen. The camera thread and the server thread only put news into the queue.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import threading
import time
import uuid
from types import FrameType

from kiosk.credentials import Credentials, CredentialStore
from kiosk.edges import State
from kiosk.enrolment import Enrolment
from kiosk.eyes import Eyes
from kiosk.gate import open_gate
from kiosk.journal import Journal
from kiosk.news import Answered, CameraFailed, Died, GateNews, News, PairingEnded, Seen, Stop
from kiosk.notify import notify
from kiosk.pairing import Paired
from kiosk.passage import Passage
from kiosk.screen.console import Console
from kiosk.server_thread import ServerThread
from kiosk.settings import Settings
from kiosk.signs import LampsAndScreen
from kiosk.trace import Trace
from kiosk.verdict import Fault, unknown

TICK_S = 0.02  # the loop turns at least this often: lamps change and queued pulses start this late at most
ALIVE_EVERY_S = 2.0  # WatchdogSec is 10
FRAMES_WITHIN_S = 8.0  # without frames for longer, systemd is no longer told that all is well
FRAMES_WAITING = 2  # more are not looked at: newest frame wins, also when the disk is slow

log = logging.getLogger("portillon-kiosk")


class Daemon:
    """One gate, from start to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._room_for_frames = threading.Semaphore(FRAMES_WAITING)
        self._trace = Trace(settings.trace.file)
        self._store = CredentialStore(settings.state_dir)
        self._journal = Journal(settings.state_dir)
        self._gate = open_gate(settings.gate, self._trace, settings.trace.file, self._gate_news)
        console = Console(settings.screen.languages, settings.screen.tty)
        self._signs = LampsAndScreen(self._gate, console, looks_only=settings.server.action == "check")
        self._server = ServerThread(settings.server, self._store, self._journal, self._news.put)
        self._enrolment = Enrolment(self._server.pair, self._server.resume, self._signs, self._trace)
        self._passage: Passage | None = None
        self._last_frame = time.monotonic()
        self._camera_failed = False
        self._stopping = False

    def run(self) -> int:
        """Work until SIGTERM or SIGINT; the exit code. Every way out leaves the gate shut and dark."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked_to_stop)
        eyes: Eyes | None = None
        try:
            self._report_damage()
            eyes = Eyes(self._settings.camera, self._from_camera, self._decoder_crashed)
            self._enrolment.begin()
            notify("READY=1")
            return self._turn()
        finally:
            self._gate.off()
            notify("STOPPING=1")
            self._trace("state", state=State.STOPPING)
            if eyes is not None:
                eyes.close()
            self._server.close()
            self._gate.close()
            self._journal.close()
            self._trace.close()

    def _turn(self) -> int:
        """The main loop; 0 when asked to stop, 1 when a thread died, so that systemd starts the gate again."""
        alive_at = time.monotonic()
        while True:
            try:
                news = self._news.get(timeout=TICK_S)
            except queue.Empty:
                news = None
            if self._stopping:  # whatever else was waiting in the queue: nothing is opened after SIGTERM
                return 0
            if isinstance(news, Died):
                log.critical("the %s thread died (%s): the gate ends, to be started again", news.thread, news.why)
                self._trace("fault", thread=news.thread, why=news.why)
                return 1
            now = time.monotonic()
            if news is not None:
                self._take(news, now)
            self._tick(now)
            if now >= alive_at and now - self._last_frame < FRAMES_WITHIN_S:
                notify("WATCHDOG=1")
                alive_at = now + ALIVE_EVERY_S

    def _take(self, news: News, now: float) -> None:
        match news:
            case Seen():
                self._room_for_frames.release()
                self._seen(news, now)
            case Answered():
                if self._passage is not None:
                    self._passage.answered(news.scan_id, news.verdict, now)
            case PairingEnded():
                self._pairing_ended(news, now)
            case CameraFailed():
                self._camera_trouble(news)
            case GateNews():
                log.error("gate: %s", news.what)
                self._trace("fault", fault=Fault.GATE, why=news.what)

    def _seen(self, news: Seen, now: float) -> None:
        self._last_frame = now
        if self._camera_failed:
            self._camera_failed = False
            self._signs.show(State.READY if self._passage else State.UNPAIRED)
        if self._passage is None:
            self._enrolment.seen(news.codes, now)
        else:
            self._passage.seen(news.codes, now, read_ms=round((now - news.taken_at) * 1000, 1))

    def _tick(self, now: float) -> None:
        if self._passage is None:
            self._enrolment.tick(now)
            return
        self._passage.tick(now)
        if self._passage.is_idle():
            self._journal.compact_if_large()

    def _pairing_ended(self, news: PairingEnded, now: float) -> None:
        if isinstance(news.outcome, Paired):
            self._enrolment.paired(news.outcome)
            self._open_for_guests(news.outcome.credentials)
        else:
            self._enrolment.ended(news.outcome, now)

    def _open_for_guests(self, credentials: Credentials) -> None:
        gate = self._settings.gate
        self._server.use(credentials)
        self._passage = Passage(
            asker=self._server,
            gate=self._gate,
            journal=self._journal,
            signs=self._signs,
            trace=self._trace,
            action=self._settings.server.action,
            rest_s=(gate.pulse_ms + gate.pulse_gap_ms) / 1000,
            new_scan_id=lambda: str(uuid.uuid4()),
        )
        log.info("paired with %s as %s", credentials.base_url, credentials.device_name)
        self._trace("state", state=State.READY)
        self._signs.show(State.READY)

    def _camera_trouble(self, news: CameraFailed) -> None:
        if not self._camera_failed:
            self._camera_failed = True
            log.error("camera: %s", news.why)
            self._trace("fault", fault=Fault.CAMERA, why=news.why)
        self._trace("state", state=State.FAULT)  # each time: a verdict that ran out has shown "ready" since
        self._signs.show(State.FAULT, unknown(Fault.CAMERA))

    def _decoder_crashed(self, what: str) -> None:
        log.warning("decoder: %s", what)
        self._trace("decoder", why=what)

    def _from_camera(self, news: News) -> None:
        """In the camera thread, which waits here while the loop is behind."""
        while isinstance(news, Seen) and not self._room_for_frames.acquire(timeout=1.0):
            if self._stopping:
                return
        self._news.put(news)

    def _gate_news(self, what: str) -> None:
        self._news.put(GateNews(what))

    def _report_damage(self) -> None:
        for path in (self._journal.set_aside, *self._store.damaged()):
            if path is not None:
                log.error("a damaged file was set aside, and nothing deleted: %s", path)
                self._trace("fault", fault=Fault.JOURNAL, why=f"damaged, set aside: {path.name}")

    def _asked_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._news.put(Stop())  # wakes the loop


def run(settings: Settings) -> int:
    """Start the gate and stay until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    os.umask(0o077)
    return Daemon(settings).run()
