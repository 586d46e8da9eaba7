"""The running gate: threads, start and stop. The only room that knows all the others.

The main loop takes news from one queue, lets ``enrolment``, ``passage``, ``turns`` and ``contacts`` decide, and is
alone in touching gate and screen. The threads only put news into the queue.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import queue
import threading
import time
import uuid
from pathlib import Path

from kiosk.check_up import CheckUp, advice
from kiosk.clock import Clock
from kiosk.contacts import Contacts
from kiosk.credentials import Credentials, CredentialStore
from kiosk.doctor.finding import Finding
from kiosk.edges import Contact, State
from kiosk.eyes import Eyes
from kiosk.faults import Faults
from kiosk.first_boot.handed import HandedUrl
from kiosk.first_boot.joining import Joiner
from kiosk.gate import open_gate
from kiosk.guest import GuestScreen
from kiosk.health import Health
from kiosk.journal import Journal
from kiosk.news import (
    Answered,
    CameraFailed,
    CameraFroze,
    CheckedUp,
    Died,
    GateNews,
    JoiningEnded,
    News,
    PairingEnded,
    Probed,
    Seen,
    ServerAt,
    Stop,
    TechAsked,
    TechTold,
    Touched,
)
from kiosk.notify import notify
from kiosk.passage import Passage
from kiosk.screen.console import Console
from kiosk.server_thread import ServerThread
from kiosk.setting_up import Parts, Reach, SettingUp
from kiosk.settings import Gate as Wiring
from kiosk.settings import Settings
from kiosk.shown import Shown
from kiosk.signs import LampsAndScreen
from kiosk.status import FILE_NAME as STATUS_FILE
from kiosk.stopping import StopSignals
from kiosk.tech.opening import Parts as TechParts
from kiosk.tech.opening import TechPage
from kiosk.trace import Trace
from kiosk.turns import Turns
from kiosk.unlocking import Unlocking
from kiosk.verdict import Fault

TICK_S = 0.02  # the loop turns at least this often: lamps change and queued pulses start this late at most
TICK_AT_LEAST_EVERY = 20  # news
FRAMES_WAITING = 2  # more are not looked at: newest frame wins, also when the disk is slow
KEEP_CLOCK_S = 600.0  # a power cut puts the clock back by this much at the most
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
        folder = settings.state_dir
        self._trace = Trace(settings.trace.file)
        self._clock = Clock(folder)
        self._store = CredentialStore(folder)
        self._journal = Journal(folder, self._clock.now)
        self._gate = open_gate(settings.gate, self._trace, settings.trace.file, self._gate_news)
        port = settings.screen.guest_port
        self._guest_screen = None if port is None else GuestScreen(settings.screen, port)
        self._console = Console(settings.screen.languages, settings.screen.tty)
        screens = (self._console,) if self._guest_screen is None else (self._guest_screen, self._console)
        signs = LampsAndScreen(self._gate, screens, looks_only=settings.server.action == "check")
        self._shown = Shown(signs, self._trace, State.UNPAIRED)
        self._faults = Faults(self._journal.note, folder / STATUS_FILE, self._trace, self._clock)
        self._server = ServerThread(settings.server, self._store, self._journal, self._news.put, self._clock.is_good)
        tell_server = self._server.heartbeat.tell
        self._health = Health(self._faults, self._journal, self._gate, self._shown, tell_server)
        self._turns = self._new_turns(settings.gate)
        joiner = Joiner(lambda outcome: self._news.put(JoiningEnded(outcome)))
        reach = Reach(self._server.pair, self._server.resume, joiner.join)
        parts = Parts(self._turns, self._journal, self._shown, self._trace, settings.server.action == "scan")
        unlocking = Unlocking(settings.unlock_file, folder)
        self._setting_up = SettingUp(reach, parts, unlocking, HandedUrl(folder))
        self._contacts = Contacts(self._gate, self._turns, self._journal, self._shown, self._trace, self._unlock)
        self._passage: Passage | None = None
        self._tech = TechPage(settings, config, self._tech_parts(signs), self._news.put)
        self._keep_clock_at = time.monotonic()
        self._is_ending = threading.Event()

    def run(self) -> int:
        """Work until SIGTERM or SIGINT; the exit code. Every way out leaves the gate shut and dark."""
        signals = StopSignals(self._gate.drop, self.stop)
        with contextlib.ExitStack() as closing:
            closing.callback(signals.close)
            for each in (self._trace, self._faults, self._journal, self._gate, self._server):
                closing.callback(each.close)
            closing.callback(self._tech.close)
            closing.callback(self._clock.keep)
            if self._guest_screen is not None:
                closing.callback(self._guest_screen.close)
            closing.callback(self._trace, "state", state=State.STOPPING)
            closing.callback(notify, "STOPPING=1")
            self._report_damage()
            inputs = self._gate.open_inputs(self._touched, lambda why: self._news.put(Died("inputs", why)))
            closing.callback(inputs.close)
            self._turns.was_blind = inputs.was_blind
            eyes = Eyes(self._settings.camera, self._from_camera, self._decoder_crashed, self._tech.look)
            closing.callback(eyes.close)
            closing.callback(self._is_ending.set)
            closing.callback(self._gate.off)  # before anything that may take a moment
            if self._config is not None:
                looking = CheckUp(
                    self._config, self._settings.state_dir, lambda found: self._news.put(CheckedUp(found))
                )
                closing.callback(looking.close)
            self._setting_up.begin()
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
                self._faults.tell(state=State.STOPPING)  # so that doctor knows that it was stopped, and did not die
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
                self._tick(now)
        raise AssertionError("the turns never end")

    def _next(self, seconds: float) -> News | None:
        try:
            return self._news.get(timeout=seconds)
        except queue.Empty:
            return None

    def _end(self, code: int, why: str, **fields: str) -> int:
        log.critical("%s: the gate ends, to be started again", why)
        if code == CAMERA_FROZE:
            self._faults.stand(Fault.CAMERA, why)  # journaled, traced, and told by doctor of a gate that ended
        else:
            self._trace("fault", why=why, **fields)
        return code

    def _take(self, news: News, now: float) -> None:
        match news:
            case Seen():
                self._room_for_frames.release()
                self._seen(news, now)
            case Answered() | Probed() | ServerAt():
                self._of_the_server(news, now)
            case Touched():
                self._health.touched(news.contact, news.active)
                self._tech.touched(news.contact, news.active)
                self._contacts.changed(news.contact, news.active, now)
            case PairingEnded() | JoiningEnded():
                self._is_set_up(news, now)
            case CameraFailed():
                self._health.camera_failed(news.why)
            case CheckedUp():
                self._checked_up(news.findings)
            case TechAsked():
                self._tech.asked(news, now)
            case TechTold():
                self._tech.told(news, now)
            case GateNews():
                log.error("gate: %s", news.what)
                self._trace("fault", fault=Fault.GATE, why=news.what)

    def _of_the_server(self, news: Answered | Probed | ServerAt, now: float) -> None:
        if isinstance(news, Probed):
            self._health.server_found(news.fault)
        elif isinstance(news, ServerAt):
            self._trace("server", at=news.base_url, found=news.is_found)
            self._faults.tell(server_found_at=news.base_url if news.is_found else None)
        else:
            self._health.answered(news.verdict)
            if self._passage is not None:
                self._passage.answered(news.scan_id, news.verdict, now)

    def _checked_up(self, findings: tuple[Finding, ...]) -> None:
        self._console.advise(advice(findings))
        self._server.heartbeat.report(findings)

    def _seen(self, news: Seen, now: float) -> None:
        self._health.frame_came(now, news.figures)
        if self._contacts.is_emergency or self._tech.is_trying_out:
            return
        codes = self._setting_up.seen(news.codes, now)
        if self._passage is not None and not self._setting_up.is_trying_out:
            self._passage.seen(codes, now, read_ms=round((now - news.taken_at) * 1000, 1))

    def _tick(self, now: float) -> None:
        self._contacts.tick(now)
        self._turns.giving = "annul" if self._server.takes_back else "grace"
        failed = self._turns.tick(now)
        self._setting_up.tick(now, self._contacts.is_emergency)
        self._tech.tick(now, self._contacts.is_emergency)
        if self._passage is not None:
            if failed is not None:
                self._passage.put_off(failed, now)
            self._passage.tick(now)
            if self._passage.is_idle() and self._turns.is_idle():
                self._journal.compact_if_large()
        self._shown.tick(now)
        if self._guest_screen is not None:
            self._health.screen(self._guest_screen.turned(now))
        is_serving = self._passage is not None and not self._contacts.is_emergency
        self._health.tick(now, self._server.busy_since, is_serving)
        if now >= self._keep_clock_at:
            self._keep_clock_at = now + KEEP_CLOCK_S
            self._clock.keep()

    def _new_turns(self, wiring: Wiring) -> Turns:
        return Turns(
            self._gate,
            self._journal,
            self._shown,
            self._trace,
            rest_s=(wiring.pulse_ms + wiring.pulse_gap_ms) / 1000,
            passage_s=None if wiring.passage is None else wiring.passage_within_s,
            has_exit=wiring.exit_relay is not None,
            sensor_doubted=self._health.sensor_doubted,
        )

    def _is_set_up(self, news: PairingEnded | JoiningEnded, now: float) -> None:
        if isinstance(news, JoiningEnded):
            self._faults.tell(wifi=news.outcome)
            self._setting_up.joined(news.outcome, now)
        elif (credentials := self._setting_up.pairing_ended(news.outcome, now)) is not None:
            self._open_for_guests(credentials)

    def _open_for_guests(self, credentials: Credentials) -> None:
        self._server.use(credentials)
        self._passage = Passage(
            asker=self._server,
            journal=self._journal,
            turns=self._turns,
            shown=self._shown,
            trace=self._told,
            action=self._settings.server.action,
            device=credentials.device_uuid,
            answer_within_s=self._settings.server.answer_within_s,
            new_scan_id=lambda: str(uuid.uuid4()),
        )
        self._setting_up.guests = self._passage
        log.info("paired with %s as %s", credentials.base_url, credentials.device_name)
        server = credentials.base_url + credentials.prefix
        self._faults.tell(server=server, server_found_at=None, device=credentials.device_name)
        self._shown.idle_as(State.READY)

    def _told(self, event: str, **fields: object) -> None:
        """What passage has to tell goes to the trace, and presentations to the status too."""
        self._trace(event, **fields)
        self._health.heard(event, fields)
        self._tech.heard(event, fields, time.monotonic())

    # ── the tech page ────────────────────────────────────────────────────────────────────────────────────

    def _tech_parts(self, signs: LampsAndScreen) -> TechParts:
        return TechParts(
            turns=self._turns,
            shown=self._shown,
            trace=self._trace,
            journal=self._journal,
            is_idle=self._is_idle,
            faults=lambda: [str(standing.fault) for standing in self._faults.standing],
            restart=self.stop if "NOTIFY_SOCKET" in os.environ else None,  # systemd starts it again
            invite=signs.invite,
            clock=self._faults.now,
        )

    def _is_idle(self, now: float) -> bool:
        """Nobody is in front of the gate, and nothing moves or will by itself."""
        is_alone = self._passage is None or self._passage.is_idle()
        return is_alone and self._turns.is_idle() and self._turns.is_free(now) and not self._setting_up.is_trying_out

    def _unlock(self, now: float) -> None:
        """The unlock input."""
        self._setting_up.unlock(now)
        self._tech.unlocked(now)

    # ── what threads call ────────────────────────────────────────────────────────────────────────────────

    def _touched(self, contact: Contact, active: bool) -> None:
        self._news.put(Touched(contact, active))

    def _decoder_crashed(self, what: str) -> None:
        log.warning("decoder: %s", what)
        self._trace("decoder", why=what)

    def _from_camera(self, news: News) -> None:
        """In the camera thread, which waits here while the loop is behind."""
        while isinstance(news, Seen) and not self._room_for_frames.acquire(timeout=1.0):
            if self._is_ending.is_set():
                return
        self._news.put(news)

    def _gate_news(self, what: str) -> None:
        self._news.put(GateNews(what))

    def _report_damage(self) -> None:
        for path in (self._journal.set_aside, *self._store.damaged()):
            if path is not None:
                log.error("a damaged file was set aside, and nothing deleted: %s", path)
                self._trace("fault", fault=Fault.JOURNAL, why=f"damaged, set aside: {path.name}")


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
