"""Whose turn it is: admissions wait here for their pulse, one a person; what the passage sensor saw is settled. Pure.

Every opening is journaled before its pulse. With a sensor the next turn begins when somebody went through, or when
nobody did for long enough; without one, when the gate has rested. Times are monotonic seconds, given by the caller.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.attempt import Entry, Giving, Step
from kiosk.edges import Gate, Journal, Note, Pulsed, Trace
from kiosk.shown import Shown
from kiosk.verdict import ADMITTED, Fault, Outcome, Reason, Verdict

# After the gate has been shut for want of a passage, one that began in time may still come to its end.
LATE_S = 1.0
# A second passage so soon after a counted one came in on the same admission.
TAILGATE_S = 3.0
# A gate that stood still for so long (a card that stalls) knows no more who stands there: whose turn it was is opened
# for at the next presentation, or when they ask to be let out again.
STALL_S = 2.0
# A line that took the card so long, as long as a gate waits for a server: the pulse that follows it would be for
# whoever stands there by now.
SLOW_LINE_S = 5.0
# So many openings in a row that nobody used are a dead sensor: giving them back would let everybody in twice.
UNUSED_IN_A_ROW = 5
_ASK_STAFF = Verdict(Outcome.REFUSED, Reason.ASK_STAFF, Fault.GATE)


@dataclass(frozen=True, slots=True)
class Failed:
    """A turn that came and could not be given; it waits for the guest's next try."""

    scan_id: str
    fault: Fault


@dataclass(slots=True)
class _Open:
    """An opening whose passage is awaited; ``scan_id`` is None for somebody who goes out."""

    scan_id: str | None
    opened_at: float
    shut_at: float
    is_shut: bool = False
    is_doubtful: bool = False
    tells: Callable[[bool], None] = lambda _went_through: None  # a test's end


@dataclass
class Turns:
    """``rest_s``: shortest time from one pulse to the next. ``passage_s``: None without a passage sensor.

    ``has_exit``: the way out has a relay of its own, which the sensor does not watch.
    """

    gate: Gate
    journal: Journal
    shown: Shown
    trace: Trace
    rest_s: float
    passage_s: float | None = None
    has_exit: bool = False
    giving: Giving = "grace"  # how an unused admission is given back: what the server offers
    was_blind: Callable[[float, float], bool] = lambda _since, _now: False  # whether the sensor was overslept
    seconds_since: Callable[[float], float] = lambda _moment: 0.0  # a line in the journal may take a bad card long
    sensor_doubted: Callable[[bool], None] = lambda _doubted: None
    _queue: deque[str] = field(default_factory=deque, init=False)  # scan ids that were admitted
    _greetings: dict[str, Verdict] = field(default_factory=dict, init=False)  # by scan id, until it is opened for
    _free_at: float = field(default=float("-inf"), init=False)
    _exit_free_at: float = field(default=float("-inf"), init=False)
    _exit_waits: bool = field(default=False, init=False)
    _open: _Open | None = field(default=None, init=False)
    _passed_at: float = field(default=float("-inf"), init=False)
    _unused: int = field(default=0, init=False)
    _ticked_at: float = field(default=float("inf"), init=False)
    _is_called_off: bool = field(default=False, init=False)

    def is_free(self, now: float) -> bool:
        """True when an admission need not wait for another's turn."""
        return self._is_called_off or (not self._queue and self._is_at_rest(now))

    def is_idle(self) -> bool:
        """True when nobody waits for the gate or is expected to go through it."""
        return not self._queue and not self._exit_waits and self._open is None

    def waits(self, scan_id: str) -> bool:
        """True when this admission's turn comes by itself."""
        return scan_id in self._queue

    def wait(self, scan_id: str) -> None:
        """Open for this admission when its turn comes."""
        self._queue.append(scan_id)

    def greet(self, scan_id: str, verdict: Verdict) -> None:
        """What to show when it is opened for this admission; kept no longer than somebody waits."""
        self._greetings[scan_id] = verdict

    def is_open_for(self, scan_id: str) -> bool:
        """True while the sensor waits for this guest to go through."""
        return self._open is not None and self._open.scan_id == scan_id and not self._open.is_shut

    def announce(self, scan_id: str, answers: tuple[Entry, ...] = ()) -> Failed | None:
        """Journal that this admission is opened for, in the same write with its answer where that is new."""
        if self._is_called_off or not self.gate.is_ready():
            return Failed(scan_id, Fault.GATE if self._write(*answers) else Fault.JOURNAL)
        if not self._write(*answers, Entry(Step.OPENING, scan_id)):
            return Failed(scan_id, Fault.JOURNAL)
        return None

    def pulse(self, scan_id: str, now: float) -> Failed | None:
        """Give the pulse that was announced, unless that took so long that the guest may have gone."""
        if self.seconds_since(now) > SLOW_LINE_S:
            self._write(Entry(Step.NOT_OPENED, scan_id))
            return Failed(scan_id, Fault.JOURNAL)
        self._free_at = now + self.rest_s
        pulsed = self.gate.pulse(scan_id)
        if pulsed is Pulsed.NOT_GIVEN and self._write(Entry(Step.NOT_OPENED, scan_id)):
            return Failed(scan_id, Fault.GATE)
        self._expect(scan_id, now)
        if pulsed is not Pulsed.GIVEN:
            self.trace("fault", fault=Fault.GATE, scan_id=scan_id)  # stays "opening": whether it opened is unknown
            self.shown.verdict(_ASK_STAFF, now)
            return None
        self.trace("opened", scan_id=scan_id)
        self.shown.verdict(self._greetings.pop(scan_id, ADMITTED), now)
        self._write(Entry(Step.OPENED, scan_id, watched=self.passage_s is not None or None))
        return None

    def tick(self, now: float) -> Failed | None:
        """Let time pass: settle an opening nobody used, then open for the next."""
        if now - self._ticked_at > STALL_S:
            self._queue.clear()
            self._exit_waits = False  # who still wants out presses again
            if self._open is not None:
                self._open.is_doubtful = True  # the sensor may have been overslept with the rest
        self._ticked_at = now
        if not self._queue:
            self._greetings.clear()
        self._watch(now)
        if self._exit_waits and (now >= self._exit_free_at if self.has_exit else self._is_at_rest(now)):
            self._let_out(now)
        if self._queue and self._is_at_rest(now):
            scan_id = self._queue.popleft()
            return self.announce(scan_id) or self.pulse(scan_id, now)
        return None

    def passed(self, now: float) -> None:
        """The sensor saw somebody go through."""
        opening, self._open = self._open, None
        if opening is not None:
            self._went_through(opening, now)
        elif now - self._passed_at < TAILGATE_S:
            self._object(Note.TAILGATING, now)
        else:
            self._object(Note.FORCED, now)

    def exit_requested(self) -> None:
        """Somebody wants out. Asked again before it was opened, it is opened once."""
        self._exit_waits = True

    def try_out(self, now: float, tells: Callable[[bool], None], cause: str) -> bool:
        """A tech's test: one pulse, with a line in the journal before it. False: the gate was not opened for sure.

        ``tells``: whether somebody went through, once it is known; an emergency makes it False. Never without a sensor.
        ``cause``: what the journal says the tech did it with.
        """
        may_be = not self._is_called_off and self.is_free(now) and self.gate.is_ready()
        if not may_be or not self._note(Note.TEST, cause=cause) or self.seconds_since(now) > STALL_S:
            return False
        self._free_at = now + self.rest_s
        pulsed = self.gate.pulse(Note.TEST)
        self.trace("tested", pulsed=pulsed)
        if pulsed is not Pulsed.NOT_GIVEN:
            self._expect(None, now, tells)
        return pulsed is Pulsed.GIVEN

    def call_off(self) -> None:
        """An emergency: no admission opens any more. Who was admitted is opened for at the next presentation."""
        self._is_called_off = True
        self._queue.clear()
        opening, self._open = self._open, None
        if opening is not None:
            opening.tells(False)  # a contact may be over before anybody looks: a test must not wait on for ever

    def go_on(self) -> None:
        """The emergency is over."""
        self._is_called_off = False

    def _is_at_rest(self, now: float) -> bool:
        return self._open is None and now >= self._free_at

    def _let_out(self, now: float) -> None:
        """One pulse for somebody who goes out; it has a line in the journal like every other."""
        self._exit_waits = False
        if not self.gate.is_ready() or not self._note(Note.EXIT_REQUEST):
            self.trace("fault", fault=Fault.GATE if not self.gate.is_ready() else Fault.JOURNAL, why="exit request")
            return
        if self.seconds_since(now) > SLOW_LINE_S:
            self.trace("fault", fault=Fault.JOURNAL, why="exit request: its line took too long")
            return
        pulsed = self.gate.pulse(Note.EXIT_REQUEST, exit=True)
        self.trace("let_out", pulsed=pulsed)
        if self.has_exit:
            self._exit_free_at = now + self.rest_s
        else:
            self._free_at = now + self.rest_s
            self._expect(None, now)

    def _expect(self, scan_id: str | None, now: float, tells: Callable[[bool], None] | None = None) -> None:
        if self.passage_s is not None:
            self._open = _Open(scan_id, now, now + self.passage_s)
            self._open.tells = tells or self._open.tells

    def _watch(self, now: float) -> None:
        opening = self._open
        if opening is None or now < opening.shut_at:
            return
        if not opening.is_shut:
            opening.is_shut = True
            self.gate.shut()
            self.shown.gone_through()
        if now >= opening.shut_at + LATE_S:
            self._open = None
            opening.tells(False)
            if opening.scan_id is not None:
                is_doubtful = opening.is_doubtful or self.was_blind(opening.opened_at, now)
                self._not_passed(opening.scan_id, now - opening.opened_at, is_doubtful)

    def _went_through(self, opening: _Open, now: float) -> None:
        self._passed_at = now
        self._free_at = max(self._free_at, now)
        self.gate.shut()
        self.shown.gone_through()
        self.trace("passed", scan_id=opening.scan_id)
        opening.tells(True)
        if opening.scan_id is not None:
            self._write(Entry(Step.PASSED, opening.scan_id))
        if self._unused >= UNUSED_IN_A_ROW:
            self.sensor_doubted(False)
        self._unused = 0

    def _not_passed(self, scan_id: str, waited_s: float, is_doubtful: bool) -> None:
        self._unused += 1
        giving = None if is_doubtful or self._unused >= UNUSED_IN_A_ROW else self.giving
        self.trace("not_passed", scan_id=scan_id, giving=giving)
        self._write(Entry(Step.NOT_PASSED, scan_id, giving=giving, waited_s=round(waited_s, 1)))
        if self._unused == UNUSED_IN_A_ROW:
            self.sensor_doubted(True)

    def _object(self, what: Note, now: float) -> None:
        self.trace("passage", what=what)
        self._note(what)
        self.shown.alarm(now)

    def _note(self, what: Note, **details: str) -> bool:
        try:
            self.journal.note(what, **details)
        except OSError as error:
            self.trace("fault", fault=Fault.JOURNAL, why=str(error))
            return False
        return True

    def _write(self, *entries: Entry) -> bool:
        if not entries:
            return True
        try:
            self.journal.write(*entries)
        except OSError as error:
            self.trace("fault", fault=Fault.JOURNAL, why=str(error))
            return False
        return True
