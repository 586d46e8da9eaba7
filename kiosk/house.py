"""All the rooms of the gate, put together: what becomes of each news, and of each moment. ``daemon`` turns it."""

from __future__ import annotations

import contextlib
import logging
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from kiosk.check_up import advice
from kiosk.clock import Clock
from kiosk.contacts import Contacts
from kiosk.credentials import Credentials, CredentialStore
from kiosk.doctor.finding import Finding
from kiosk.edges import State
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
    CheckedUp,
    GateNews,
    JoiningEnded,
    News,
    PairingEnded,
    Probed,
    Seen,
    ServerAt,
    TechAsked,
    TechTold,
    Touched,
)
from kiosk.passage import Passage
from kiosk.screen.console import Console
from kiosk.server_thread import ServerThread
from kiosk.setting_up import Parts, Reach, SettingUp
from kiosk.settings import Gate as Wiring
from kiosk.settings import Settings
from kiosk.shown import Shown
from kiosk.signs import LampsAndScreen
from kiosk.status import FILE_NAME as STATUS_FILE
from kiosk.tech.opening import Parts as TechParts
from kiosk.tech.opening import TechPage
from kiosk.trace import Trace
from kiosk.turns import STALL_S, Turns
from kiosk.unlocking import Unlocking
from kiosk.verdict import Fault

KEEP_CLOCK_S = 600.0  # a power cut puts the clock back by this much at the most

log = logging.getLogger("portillon-kiosk")


class House:
    """The rooms of one gate. What they hear later they put into the queue; only the main loop calls in here."""

    def __init__(
        self, settings: Settings, config: Path | None, put: Callable[[News], None], restart: Callable[[], None]
    ) -> None:
        """``config``: the file that the settings came from. ``restart``: ends the gate, for systemd to start again."""
        self._settings = settings
        folder = settings.state_dir
        self.trace = Trace(settings.trace.file)
        self._clock = Clock(folder)
        self._store = CredentialStore(folder)
        self._journal = Journal(folder, self._clock.now)
        self.gate = open_gate(settings.gate, self.trace, settings.trace.file, lambda what: put(GateNews(what)))
        port = settings.screen.guest_port
        self._guest_screen = None if port is None else GuestScreen(settings.screen, port)
        self._console = Console(settings.screen.languages, settings.screen.tty)
        screens = (self._console,) if self._guest_screen is None else (self._guest_screen, self._console)
        signs = LampsAndScreen(self.gate, screens, looks_only=settings.server.action == "check")
        self._shown = Shown(signs, self.trace, State.UNPAIRED)
        self.faults = Faults(self._journal.note, folder / STATUS_FILE, self.trace, self._clock)
        self._server = ServerThread(settings.server, self._store, self._journal, put, self._clock.is_good)
        tell_server = self._server.heartbeat.tell
        self._health = Health(self.faults, self._journal, self.gate, self._shown, tell_server)
        self.turns = self._new_turns(settings.gate)
        joiner = Joiner(lambda outcome: put(JoiningEnded(outcome)))
        reach = Reach(self._server.pair, self._server.resume, joiner.join)
        parts = Parts(self.turns, self._journal, self._shown, self.trace, settings.server.action == "scan")
        self.setting_up = SettingUp(reach, parts, Unlocking(settings.unlock_file, folder), HandedUrl(folder))
        self._contacts = Contacts(self.gate, self.turns, self._journal, self._shown, self.trace, self._unlock)
        self._passage: Passage | None = None
        self.tech = TechPage(settings, config, self._tech_parts(signs, restart), put)
        self._keep_clock_at = time.monotonic()
        self._ticked_at, self._stood_still_until = float("inf"), float("-inf")

    def close_by(self, closing: contextlib.ExitStack) -> None:
        """Have all rooms closed by it, what others still write into last."""
        for each in (self.trace, self.faults, self._journal, self.gate, self._server, self.tech):
            closing.callback(each.close)
        closing.callback(self._clock.keep)
        if self._guest_screen is not None:
            closing.callback(self._guest_screen.close)

    def take(self, news: News, now: float) -> None:
        """One of the news, at this moment."""
        self._notice_a_standstill(now)
        match news:
            case Seen():
                self._seen(news, now)
            case Answered() | Probed() | ServerAt():
                self._of_the_server(news, now)
            case Touched():
                self._health.touched(news.contact, news.active)
                self.tech.touched(news.contact, news.active)
                self._contacts.changed(news.contact, news.active, now)
            case PairingEnded() | JoiningEnded():
                self._is_set_up(news, now)
            case CameraFailed():
                self._health.camera_failed(news.why)
            case CheckedUp():
                self._checked_up(news.findings)
            case TechAsked():
                self.tech.asked(news, now)
            case TechTold():
                self.tech.told(news, now)
            case GateNews():
                log.error("gate: %s", news.what)
                self.trace("fault", fault=Fault.GATE, why=news.what)

    def _notice_a_standstill(self, now: float) -> None:
        if now - self._ticked_at > STALL_S:
            self._stood_still_until = now

    def _of_the_server(self, news: Answered | Probed | ServerAt, now: float) -> None:
        if isinstance(news, Probed):
            self._health.server_found(news.fault)
        elif isinstance(news, ServerAt):
            self.trace("server", at=news.base_url, found=news.is_found)
            self.faults.tell(server_found_at=news.base_url if news.is_found else None)
        else:
            self._health.answered(news.verdict)
            if self._passage is not None:
                self._passage.answered(news.scan_id, news.verdict, now)

    def _checked_up(self, findings: tuple[Finding, ...]) -> None:
        self._console.advise(advice(findings))
        self._server.heartbeat.report(findings)

    def _seen(self, news: Seen, now: float) -> None:
        self._health.frame_came(now, news.figures)
        if self._contacts.is_emergency or self.tech.is_trying_out:
            return
        # Who was there before a standstill, in frames that waited it out, may have gone: by now another stands there.
        codes = self.setting_up.seen(news.codes if news.taken_at >= self._stood_still_until else (), now)
        if self._passage is not None and not self.setting_up.is_trying_out:
            self._passage.seen(codes, now, read_ms=round((now - news.taken_at) * 1000, 1))

    def tick(self, now: float) -> None:
        """Time has passed: called 50 times a second, and after whatever was taken."""
        self._notice_a_standstill(now)
        self._ticked_at = now
        self._contacts.tick(now)
        self._know_the_server()
        failed = self.turns.tick(now)
        self.setting_up.tick(now, self._contacts.is_emergency)
        self.tech.tick(now, self._contacts.is_emergency)
        if self._passage is not None:
            if failed is not None:
                self._passage.put_off(failed, now)
            self._passage.tick(now)
            if self._passage.is_idle() and self.turns.is_idle():
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
            self.gate,
            self._journal,
            self._shown,
            self.trace,
            rest_s=(wiring.pulse_ms + wiring.pulse_gap_ms) / 1000,
            passage_s=None if wiring.passage is None else wiring.passage_within_s,
            has_exit=wiring.exit_relay is not None,
            seconds_since=lambda moment: time.monotonic() - moment,
            sensor_doubted=self._health.sensor_doubted,
        )

    def _is_set_up(self, news: PairingEnded | JoiningEnded, now: float) -> None:
        if isinstance(news, JoiningEnded):
            self.faults.tell(wifi=news.outcome)
            self.setting_up.joined(news.outcome, now)
        elif (credentials := self.setting_up.pairing_ended(news.outcome, now)) is not None:
            self._open_for_guests(credentials)

    def _know_the_server(self) -> None:
        self.turns.giving = "annul" if self._server.takes_back else "grace"

    def _open_for_guests(self, credentials: Credentials) -> None:
        self._server.use(credentials)
        self._know_the_server()
        self._passage = Passage(
            asker=self._server,
            journal=self._journal,
            turns=self.turns,
            shown=self._shown,
            trace=self._told,
            action=self._settings.server.action,
            device=credentials.device_uuid,
            answer_within_s=self._settings.server.answer_within_s,
            new_scan_id=lambda: str(uuid.uuid4()),
        )
        self.setting_up.guests = self._passage
        log.info("paired with %s as %s", credentials.base_url, credentials.device_name)
        server = credentials.base_url + credentials.prefix
        self.faults.tell(server=server, server_found_at=None, device=credentials.device_name)
        self._shown.idle_as(State.READY)

    def _told(self, event: str, **fields: object) -> None:
        """What passage has to tell goes to the trace, and presentations to the status too."""
        self.trace(event, **fields)
        self._health.heard(event, fields)
        self.tech.heard(event, fields, time.monotonic())

    def _tech_parts(self, signs: LampsAndScreen, restart: Callable[[], None]) -> TechParts:
        return TechParts(
            turns=self.turns,
            shown=self._shown,
            trace=self.trace,
            journal=self._journal,
            is_idle=self._is_idle,
            faults=lambda: [str(standing.fault) for standing in self.faults.standing],
            restart=restart if "NOTIFY_SOCKET" in os.environ else None,  # systemd starts it again
            invite=signs.invite,
            clock=self.faults.now,
        )

    def _is_idle(self, now: float) -> bool:
        """Nobody is in front of the gate, and nothing moves or will by itself."""
        is_alone = self._passage is None or self._passage.is_idle()
        return is_alone and self.turns.is_idle() and self.turns.is_free(now) and not self.setting_up.is_trying_out

    def _unlock(self, now: float) -> None:
        """The unlock input."""
        self.setting_up.unlock(now)
        self.tech.unlocked(now)

    def report_damage(self) -> None:
        """Say which files were found damaged and set aside."""
        for path in (self._journal.set_aside, *self._store.damaged()):
            if path is not None:
                log.error("a damaged file was set aside, and nothing deleted: %s", path)
                self.trace("fault", fault=Fault.JOURNAL, why=f"damaged, set aside: {path.name}")
