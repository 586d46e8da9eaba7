"""The tech page, seen from the main loop: opened, told how the gate is, asked what a tech pressed, closed.

The page lives in a process of its own; nothing here waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.codes import Code
from kiosk.edges import Contact, Note, Trace
from kiosk.journal import Journal
from kiosk.news import TechAsked, TechTold
from kiosk.settings import INPUTS, Settings
from kiosk.shown import Shown
from kiosk.tech.asking import Asking
from kiosk.tech.channel import Closed, Done, Entered, Failed, Gate, Gray, Message, Pressed, Ready, Saved, Start
from kiosk.tech.door import LASTS_S, Over, new_code
from kiosk.tech.helper import Helper
from kiosk.tech.invitation import Invitation
from kiosk.tech.lines import Lines
from kiosk.tech.presentations import Presentations
from kiosk.tech.presses import NOBODY_SERVED, Hands, Presses
from kiosk.turns import STALL_S, Turns

TELL_EVERY_S = 0.25
_ROOM_FOR_LINES = 64 * 1024  # bytes of a message, which has 160 KiB; a character can take twelve
_SAVES_APART_S = 1.0  # or it is one line: nothing that the page says keeps the journal busy
_OVERDUE_S = 10.0  # the page closes itself; a process that does not is ended

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What of the gate it works on. ``is_idle`` and ``restart``: see ``Hands``. ``invite``: on the gate's screens."""

    turns: Turns
    shown: Shown
    trace: Trace
    journal: Journal
    is_idle: Callable[[float], bool]
    faults: Callable[[], list[str]]
    restart: Callable[[], None] | None
    invite: Callable[[Invitation | None], None]
    clock: Callable[[], str]  # the gate's, as text


class TechPage:
    """For the main loop, but for ``look``. Without a port in the settings it does nothing, and nothing listens."""

    def __init__(
        self, chosen: Settings, config: Path | None, parts: Parts, put: Callable[[TechAsked | TechTold], None]
    ) -> None:
        """``config``: the file that the settings came from; without it there is no page. ``put``: into the news."""
        self._chosen = chosen
        self._config = config if chosen.tech.port is not None else None
        self._parts = parts
        self._put = put
        hands = Hands(
            turns=parts.turns,
            shown=parts.shown,
            trace=parts.trace,
            opens=chosen.server.action == "scan",
            is_idle=parts.is_idle,
            restart=parts.restart,
            note=self._note,
        )
        self._presses = Presses(hands)
        self._active: set[Contact] = set()
        self._presentations = Presentations(parts.clock)
        self._lines = Lines()
        self._helper: Helper | None = None
        self._last: Helper | None = None  # the newest, also when it is over
        self._life = 0  # counts the openings: what an older one says is not heard
        self._code = ""
        self._answer: Callable[[dict[str, Any]], None] | None = None
        self._is_ready = self._is_entered = False
        self._ends_at = self._tell_at = float("-inf")
        self._told: dict[str, Any] = {}
        self._told_lines = 0
        self._saved_at = float("-inf")
        self._asking: Asking | None = None
        if self._config is not None:
            logging.getLogger().addHandler(self._lines)
            self._asking = Asking(chosen.state_dir, lambda word, answer: put(TechAsked(word, answer)))

    @property
    def is_trying_out(self) -> bool:
        """True while a lamp or the opening is tried: no ticket is read meanwhile."""
        return self._presses.is_under_way

    # ── opened and closed ────────────────────────────────────────────────────────────────────────────────

    def asked(self, news: TechAsked, now: float) -> None:
        """The command ``tech``: open, anew where it is open, or close."""
        if news.word == "close":
            was_open = self._helper is not None
            self._end(Over.ASKED)
            news.answer({"closed": was_open})
        else:
            self._open(now, news.answer)

    def unlocked(self, now: float) -> None:
        """Somebody used the key switch at the gate, so the screen there shows the code; whoever was in is out."""
        if self._config is not None:
            self._open(now, None)

    def told(self, news: TechTold, now: float) -> None:
        """The page's process has something to say."""
        if news.life != self._life or self._helper is None:
            return
        match news.message:
            case Ready(urls=urls, fingerprint=fingerprint) if not self._is_ready:
                self._is_ready = True
                self._invite(Invitation(tuple(urls), self._code, fingerprint))
            case Saved() if self._is_entered and now - self._saved_at >= _SAVES_APART_S:
                self._saved_at = now
                self._note("saved")
            case Entered() if not self._is_entered:
                self._is_entered = True
                self._parts.invite(None)
                self._note("entered")
            case Pressed():
                self._pressed(news.message, now)
            case Closed(why=why) if self._is_ready:
                self._is_over(why)
            case Closed(why=why) | Failed(why=why):
                self._could_not(why, now)

    def tick(self, now: float, is_emergency: bool) -> None:
        """Let time pass."""
        self._presses.tick(now, is_emergency)
        if self._helper is not None and now >= self._ends_at:
            self._end(Over.TIME)
        if self._is_entered and now >= self._tell_at:
            self._tell_at = now + TELL_EVERY_S
            self._tell()

    def close(self) -> None:
        """The gate stops; the page's process ends with it. Waits for two seconds at most."""
        helper = self._helper
        self._end(Over.GATE)
        if helper is not None:
            helper.join(2.0)
        if self._asking is not None:
            self._asking.close()
        logging.getLogger().removeHandler(self._lines)

    # ── what the gate tells ──────────────────────────────────────────────────────────────────────────────

    def touched(self, contact: Contact, active: bool) -> None:
        """An input became active, or let go."""
        (self._active.add if active else self._active.discard)(contact)

    def heard(self, event: str, fields: Mapping[str, object], now: float) -> None:
        """What the trace is told of presentations."""
        self._presentations.heard(event, fields, now)

    def look(self, gray: Gray, codes: Sequence[Code]) -> None:
        """In the camera thread: each frame, and what was read in it."""
        helper = self._helper
        if helper is not None:
            helper.show(gray, lambda: [type(code).__name__ for code in codes])

    # ── small things ─────────────────────────────────────────────────────────────────────────────────────

    def _open(self, now: float, answer: Callable[[dict[str, Any]], None] | None) -> None:
        self._end(Over.ASKED)
        chosen, config = self._chosen, self._config
        if chosen.tech.port is None or config is None:
            return
        self._life += 1
        life, self._code, self._answer = self._life, new_code(), answer
        wired = {name: getattr(chosen.gate, name) for name in INPUTS if getattr(chosen.gate, name) is not None}
        start = Start(
            port=chosen.tech.port,
            code=self._code,
            lasts_s=LASTS_S,
            config=config.absolute(),
            state_dir=chosen.state_dir.absolute(),
            languages=chosen.screen.languages,
            lens_distance_m=chosen.camera.lens_distance_m,
            inputs=wired,
        )
        self._ends_at = now + LASTS_S + _OVERDUE_S
        try:
            self._helper = self._last = Helper(start, lambda message: self._put(TechTold(life, message)), self._last)
        except (OSError, RuntimeError) as error:
            self._could_not(str(error), now)
            return
        self._note("opened")

    def _pressed(self, press: Pressed, now: float) -> None:
        """Nothing for whoever was told that the gate does not answer, or closed the page while the loop stood still."""
        if self._helper is not None and self._helper.has_ended:
            return
        is_in_time = now - press.at <= STALL_S
        result = self._presses.press(press.what, now) if is_in_time else "late"
        self._send(Done(number=press.number, result=result))

    def _invite(self, invitation: Invitation) -> None:
        if self._answer is None:
            self._parts.invite(invitation)
            return
        told = {"urls": invitation.urls, "code": invitation.code, "fingerprint": invitation.fingerprint}
        self._give_answer(told)

    def _give_answer(self, told: dict[str, Any]) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer(told)

    def _could_not(self, why: str, now: float) -> None:
        """There is no page: whoever asked is told, and whoever used the key switch looks at the screen."""
        if self._answer is None and self._parts.shown.now in NOBODY_SERVED:
            self._parts.shown.trouble("tech_page", now)
        self._give_answer({"refused": why})
        log.error("the tech page can't be opened: %s", why)
        self._is_over(Over.FAILED)

    def _end(self, why: Over) -> None:
        if self._helper is not None:
            self._helper.end(why)
            self._is_over(why)

    def _is_over(self, why: Over) -> None:
        self._give_answer({"refused": str(why)})
        self._helper = None
        self._life += 1
        self._is_ready = False
        self._code, self._is_entered, self._told, self._told_lines = "", False, {}, 0
        self._parts.invite(None)
        self._note(str(why))

    def _tell(self) -> None:
        """What is new; told again until the page has room for it."""
        told: dict[str, Any] = {
            "state": str(self._parts.shown.now or "starting"),
            "faults": self._parts.faults(),
            "active": sorted(map(str, self._active)),
        }
        if self._told.get("changes") != self._presentations.changes:
            told["presentations"] = self._presentations.latest()
        news = {name: value for name, value in told.items() if self._told.get(name) != value}
        upto, lines = self._lines.since(self._told_lines, _ROOM_FOR_LINES)
        if (news or lines) and self._send(Gate(**news, logged=lines)):
            self._told = {**self._told, **told, "changes": self._presentations.changes}
            self._told_lines = upto

    def _send(self, message: Message) -> bool:
        return self._helper is not None and self._helper.send(message)

    def _note(self, what: str) -> None:
        self._parts.trace("tech_page", what=what)
        log.info("tech page: %s", what)
        try:
            self._parts.journal.note(Note.TECH_PAGE, what=what)
        except OSError as error:  # it opens nothing; an opening has a line of its own, or isn't
            log.warning("the tech page's line is not in the journal: %s", error)
