"""One presentation, from first read to passage. Pure: no I/O, no clock, no threads of its own.

Every time here is monotonic seconds, given by the caller. What it needs of the world it asks of the Protocols in
``edges``. What an attempt is, and what was already promised to whom, it reads in the journal
and nowhere else: a restart changes nothing that was decided.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kiosk.attempt import Action, Attempt, Entry, Step
from kiosk.codes import Code, TicketCode, Unreadable
from kiosk.edges import Asker, Gate, Journal, Question, Signs, State, Trace
from kiosk.verdict import ADMITTED, Fault, Outcome, Reason, Verdict, refused, unknown

# "Suppress a repeat until the code has been out of view >= 0.5 s and >= 2.5 s have passed" (facts: Gates).
OUT_OF_VIEW_S = 0.5
REPEAT_AFTER_S = 2.5
# How long a verdict is shown: green until passage or 5 s, red at least 3 s (facts: Gates).
SHOWN_S = {Outcome.ADMITTED: 5.0, Outcome.REFUSED: 3.0, Outcome.UNKNOWN: 3.0}
_OF_THE_CODE = (Reason.MALFORMED_CODE, Reason.INVALID_SIGNATURE)  # says nothing about the ticket
ASK_AGAIN_S = 1.0  # between two questions while a code stays in view without an answer


@dataclass(slots=True)
class _Presentation:
    """A code in front of the camera. ``ticket`` is None for what is no ticket at all."""

    ticket: TicketCode | None
    last_seen: float
    decided_at: float
    scan_id: str | None = None
    goes_on: bool = False  # with an attempt that was open before, perhaps another code's
    asked_at: float | None = None  # a question is under way
    verdict: Verdict | None = None
    has_left: bool = False  # was out of view for long enough, and may have come back since

    def see(self, now: float) -> None:
        self.has_left = self.has_left or not self.in_view(now)
        self.last_seen = now

    def in_view(self, now: float) -> bool:
        return now - self.last_seen < OUT_OF_VIEW_S

    def is_over(self, now: float) -> bool:
        """True when the same code is news again; one that came back early is so while it is still held up."""
        left = self.has_left or not self.in_view(now)
        return self.asked_at is None and left and now - self.decided_at >= REPEAT_AFTER_S


@dataclass
class Passage:
    """Decides. ``rest_s`` is the shortest time from one pulse to the next: its length and the gap after it."""

    asker: Asker
    gate: Gate
    journal: Journal
    signs: Signs
    trace: Trace
    action: Action
    rest_s: float
    new_scan_id: Callable[[], str]
    _present: dict[str, _Presentation] = field(default_factory=dict, init=False)
    _beside: dict[str, float] = field(default_factory=dict, init=False)  # ticket uuid → last seen, never begun
    _queue: deque[str] = field(default_factory=deque, init=False)  # scan ids admitted and waiting for their pulse
    _gate_free_at: float = field(default=float("-inf"), init=False)
    _shown_until: float | None = field(default=None, init=False)

    def seen(self, codes: Sequence[Code], now: float, read_ms: float | None = None) -> None:
        """One frame's codes, best first; ``[]`` for an empty street. ``read_ms``: from light to text.

        One frame begins one presentation at the most, and none beside a ticket that is being served: a sheet with four
        tickets on it is one person until each is shown alone.
        """
        self._forget_the_departed(now)
        tickets = [code for code in codes if isinstance(code, TicketCode)]
        newcomers = [code for code in tickets if not self._was_in_view(code.uuid, now)]
        if tickets and len(newcomers) == len(tickets):
            self._begin(newcomers.pop(0), now, read_ms)
        self._beside.update((code.uuid, now) for code in newcomers)
        if not tickets:
            self._rubbish(codes, now, read_ms)

    def answered(self, scan_id: str, verdict: Verdict, now: float) -> None:
        """The scan client's answer to a question of mine; one that answers no question under way changes nothing."""
        here = self._presented(scan_id)
        if here is None or here.asked_at is None:
            self.trace("answered_again", scan_id=scan_id)
            return
        self.trace("answered", scan_id=scan_id, ask_ms=round((now - here.asked_at) * 1000, 1))
        here.asked_at = None
        self._settle(scan_id, here, verdict, now)

    def tick(self, now: float) -> None:
        """Let time pass: open for the next in the queue, ask again, return to ready."""
        self._open_next(now)
        for here in list(self._present.values()):
            if here.ticket is not None and self._wants_another_try(here, now):
                self._go_on(here, here.ticket, now)
        if self._shown_until is not None and now >= self._shown_until:
            self._show(State.READY)
        self._forget_the_departed(now)

    def is_idle(self) -> bool:
        """True when nobody is in front of the gate or waiting for it."""
        return not self._present and not self._queue

    # ── a presentation begins ────────────────────────────────────────────────────────────────────────────

    def _was_in_view(self, key: str, now: float) -> bool:
        """Note that this code is in view; True when it was so before, served or beside another."""
        here = self._present.get(key)
        if here is not None:
            here.see(now)
        elif key in self._beside:
            self._beside[key] = now
        return here is not None or key in self._beside

    def _begin(self, ticket: TicketCode, now: float, read_ms: float | None) -> None:
        here = _Presentation(ticket, last_seen=now, decided_at=now)
        self._present[ticket.uuid] = here
        self.trace("presentation", ticket=ticket.uuid, read_ms=read_ms)
        self._go_on(here, ticket, now)

    def _go_on(self, here: _Presentation, ticket: TicketCode, now: float) -> None:
        """Ask, unless the journal knows the answer: on behalf of the attempt left open, or of a new one."""
        last = self.journal.last(ticket.uuid)
        waiting = self._waiting(ticket)
        if waiting is not None and waiting.code == ticket.digest:  # the very code that the server believed
            self._give_what_waits(here, waiting, now)
            return
        unanswered = False
        if last is not None and last.is_open and last.action == self.action:
            here.scan_id, here.goes_on, unanswered = last.scan_id, True, last.asked
        else:
            here.scan_id, here.goes_on = self.new_scan_id(), False
        told = here.goes_on and last is not None and last.code == ticket.digest
        if not told and not self._write(Entry(Step.ATTEMPT, here.scan_id, ticket.uuid, self.action, ticket.digest)):
            self._decide(here, unknown(Fault.JOURNAL), now)
            return
        here.asked_at = now
        if here.verdict is None:
            self._show(State.ASKING)
        before = self.journal.was_admitted(ticket.uuid)
        self.asker.ask(Question(here.scan_id, ticket, self.action, unanswered, before))

    def _waiting(self, ticket: TicketCode) -> Attempt | None:
        return self.journal.awaiting(ticket.uuid) if self.action == "scan" else None

    def _give_what_waits(self, here: _Presentation, waiting: Attempt, now: float) -> None:
        """The admission that was answered and never begun to open: now, unless its turn comes anyway."""
        here.scan_id = waiting.scan_id
        if waiting.scan_id in self._queue:
            self._decide(here, ADMITTED, now, shown=False)
        else:
            self._admit(here, waiting.scan_id, now, answer=None)

    def _rubbish(self, codes: Sequence[Code], now: float, read_ms: float | None) -> None:
        """Neither ticket nor pairing code: said once, and never over the head of somebody with a ticket."""
        for code in codes:
            if not isinstance(code, Unreadable) or self._was_in_view(code.digest, now) or self._is_serving(now):
                continue  # (a paired kiosk ignores pairing codes)
            here = self._present[code.digest] = _Presentation(None, last_seen=now, decided_at=now)
            self.trace("presentation", ticket=None, read_ms=read_ms, why=code.why)
            self._decide(here, refused(Reason.NOT_A_TICKET), now)

    def _wants_another_try(self, here: _Presentation, now: float) -> bool:
        """Without an answer, go on while the code is in view."""
        return (
            here.verdict is not None
            and not here.verdict.is_final
            and here.asked_at is None
            and here.in_view(now)
            and now - here.decided_at >= ASK_AGAIN_S
        )

    # ── an answer ────────────────────────────────────────────────────────────────────────────────────────

    def _settle(self, scan_id: str, here: _Presentation, verdict: Verdict, now: float) -> None:
        entry = Entry(Step.ANSWERED, scan_id, verdict=verdict)
        if verdict.outcome is Outcome.ADMITTED and self.action == "scan":
            self._admit(here, scan_id, now, answer=entry)
            return
        if here.goes_on and verdict.reason in _OF_THE_CODE:
            self._decide(here, verdict, now)  # the attempt stays open: a forged copy ends no guest's
            return
        if (verdict.is_final or here.verdict != verdict) and not self._write(entry):
            verdict = unknown(Fault.JOURNAL)  # (hours without a server are one line, not thousands)
        waiting = None if here.ticket is None else self._waiting(here.ticket)
        if waiting is not None and verdict.reason is Reason.ALREADY_SCANNED:
            self._give_what_waits(here, waiting, now)  # another code of the ticket, and genuine: the server looked
        else:
            self._decide(here, self._told_to_the_guest(here, verdict), now)

    def _told_to_the_guest(self, here: _Presentation, verdict: Verdict) -> Verdict:
        """Ask staff, where "already scanned" follows an opening that was cut short here: it proves nothing."""
        used = verdict.reason is Reason.ALREADY_SCANNED and here.ticket is not None
        if used and here.ticket is not None and self.journal.was_interrupted(here.ticket.uuid):
            return refused(Reason.ASK_STAFF)
        return verdict

    def _admit(self, here: _Presentation, scan_id: str, now: float, answer: Entry | None) -> None:
        """Journal the answer where it is new; then open at once, in turn, or at the guest's next presentation."""
        answers = () if answer is None else (answer,)
        if here.verdict is not None and not here.in_view(now):
            self._write(*answers)  # told to wait, and gone since: journaled, never pulsed
            return
        ready = self.gate.is_ready()
        at_once = ready and not self._queue and now >= self._gate_free_at
        lines = (*answers, Entry(Step.OPENING, scan_id)) if at_once else answers
        if not self._write(*lines):
            self._decide(here, unknown(Fault.JOURNAL), now)
        elif not ready:
            self._decide(here, unknown(Fault.GATE), now)
        elif at_once:
            self._decide(here, ADMITTED, now, shown=False)
            self._pulse(scan_id, now)
        else:
            self._queue.append(scan_id)
            self._decide(here, ADMITTED, now, shown=False)

    def _decide(self, here: _Presentation, verdict: Verdict, now: float, shown: bool = True) -> None:
        """The presentation's verdict, for now or for good; traced when it is news."""
        here.decided_at = now
        if verdict != here.verdict:
            here.verdict = verdict
            ticket = None if here.ticket is None else here.ticket.uuid
            self.trace(
                "verdict",
                scan_id=here.scan_id,
                ticket=ticket,
                verdict=verdict.outcome,
                reason=verdict.reason,
                fault=verdict.fault,
            )
        if shown:
            self._show_verdict(verdict, now)

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────

    def _open_next(self, now: float) -> None:
        """One pulse a person: the next in the queue, once the gate has rested."""
        if not self._queue or now < self._gate_free_at:
            return
        scan_id = self._queue.popleft()
        if not self.gate.is_ready():
            self._put_off(scan_id, Fault.GATE, now)
        elif not self._write(Entry(Step.OPENING, scan_id)):
            self._put_off(scan_id, Fault.JOURNAL, now)
        else:
            self._pulse(scan_id, now)

    def _put_off(self, scan_id: str, fault: Fault, now: float) -> None:
        """Tried again while the code is in view; else at the guest's next presentation."""
        here = self._presented(scan_id)
        if here is None:
            self._show_verdict(unknown(fault), now)
        else:
            self._decide(here, unknown(fault), now)

    def _pulse(self, scan_id: str, now: float) -> None:
        """Give the pulse that the journal's last line announced."""
        self._gate_free_at = now + self.rest_s
        if not self.gate.pulse(scan_id):
            self.trace("fault", fault=Fault.GATE, scan_id=scan_id)  # stays "opening": whether it opened is unknown
            self._show_verdict(Verdict(Outcome.REFUSED, Reason.ASK_STAFF, Fault.GATE), now)
            return
        self.trace("opened", scan_id=scan_id)
        self._show_verdict(ADMITTED, now)
        self._write(Entry(Step.OPENED, scan_id))

    # ── small things ─────────────────────────────────────────────────────────────────────────────────────

    def _presented(self, scan_id: str) -> _Presentation | None:
        return next((p for p in self._present.values() if p.scan_id == scan_id), None)

    def _write(self, *entries: Entry) -> bool:
        try:
            self.journal.write(*entries)
        except OSError as error:
            self.trace("fault", fault=Fault.JOURNAL, why=str(error))
            return False
        return True

    def _show_verdict(self, verdict: Verdict, now: float) -> None:
        self._show(State(verdict.outcome), verdict)
        self._shown_until = now + SHOWN_S[verdict.outcome]

    def _show(self, state: State, verdict: Verdict | None = None) -> None:
        self._shown_until = None
        self.trace("state", state=state)
        self.signs.show(state, verdict)

    def _is_serving(self, now: float) -> bool:
        """True while somebody with a ticket is in front of the gate or reads what it said."""
        return any(p.ticket is not None and not p.is_over(now) for p in self._present.values())

    def _forget_the_departed(self, now: float) -> None:
        self._present = {key: p for key, p in self._present.items() if not p.is_over(now)}
        self._beside = {key: at for key, at in self._beside.items() if now - at < OUT_OF_VIEW_S}
