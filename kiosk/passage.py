"""One presentation, from first read to its verdict. Pure: no I/O, no clock, no threads of its own.

Every time here is monotonic seconds, given by the caller. What it needs of the world it asks of the Protocols in
``edges``. What an attempt is, and what was already promised to whom, it reads in the journal
and nowhere else: a restart changes nothing that was decided. When the gate moves is decided by ``turns``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kiosk.attempt import Action, Attempt, Entry, Step
from kiosk.codes import Code, PairingCode, TicketCode, Unreadable
from kiosk.edges import Asker, Journal, Question, State, Trace
from kiosk.presentation import Presentation
from kiosk.shown import Shown
from kiosk.turns import Failed, Turns
from kiosk.verdict import ADMITTED, Fault, Outcome, Reason, Verdict, refused, unknown

_OF_THE_CODE = (Reason.MALFORMED_CODE, Reason.INVALID_SIGNATURE)  # says nothing about the ticket
ASK_AGAIN_S = 1.0  # between two questions while a code stays in view without an answer


@dataclass
class Passage:
    """Decides.

    ``device``: this gate's uuid at its server, by which it knows its own attempts after a new pairing.
    ``answer_within_s``: how long after a quick look an admission still opens for somebody who lowered the phone.
    """

    asker: Asker
    journal: Journal
    turns: Turns
    shown: Shown
    trace: Trace
    action: Action
    device: str
    answer_within_s: float
    new_scan_id: Callable[[], str]
    _present: dict[str, Presentation] = field(default_factory=dict, init=False)

    def seen(self, codes: Sequence[Code], now: float, read_ms: float | None = None) -> None:
        """One frame's codes, best first; ``[]`` for an empty street. ``read_ms``: from light to text.

        One frame begins one presentation at the most, and none beside another ticket that is held up: a sheet with
        four tickets on it is one person until each is shown alone.
        """
        self._forget_the_departed(now)
        tickets = [code for code in codes if isinstance(code, TicketCode)]
        newcomers = [ticket for ticket in tickets if not self._was_present(ticket.uuid, ticket, now)]
        if newcomers and not any(here.blocks_others(now) for here in self._present.values()):
            self._begin(newcomers[0], now, read_ms)
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
        """Let time pass: ask again where no answer came."""
        for here in list(self._present.values()):
            if here.ticket is not None and here.wants_another_try(now, ASK_AGAIN_S):
                self._go_on(here, here.ticket, now)
        self._forget_the_departed(now)

    def put_off(self, failed: Failed, now: float) -> None:
        """A turn that could not be given: tried again while the code is in view, else at the next presentation."""
        here = self._presented(failed.scan_id)
        if here is None:
            self.shown.verdict(unknown(failed.fault), now)
        else:
            self._decide(here, unknown(failed.fault), now)

    def is_idle(self) -> bool:
        """True when nobody is in front of the gate."""
        return not self._present

    def is_serving(self, now: float) -> bool:
        """True while somebody with a ticket is in front of the gate or reads what it said."""
        return any(p.ticket is not None and not p.is_over(now) for p in self._present.values())

    # ── a presentation begins ────────────────────────────────────────────────────────────────────────────

    def _was_present(self, key: str, code: Code, now: float) -> bool:
        """Note that this code is in view; True when its ticket is being served, by this code or another."""
        here = self._present.get(key)
        if here is not None and here.ticket in (None, code):
            here.see(now)
        return here is not None

    def _begin(self, ticket: TicketCode, now: float, read_ms: float | None) -> None:
        here = Presentation(ticket, now)
        self._present[ticket.uuid] = here
        self.trace("presentation", ticket=ticket.uuid, read_ms=read_ms)
        self._go_on(here, ticket, now)

    def _go_on(self, here: Presentation, ticket: TicketCode, now: float) -> None:
        """Ask, unless the journal knows the answer: on behalf of the attempt left open, or of a new one."""
        if not self.journal.is_usable():
            self._decide(here, unknown(Fault.JOURNAL), now)
            return
        owed = self._owed(ticket)
        if owed is not None and self._is_asked_for_anew(owed):
            if owed.device == self.device:
                self._ask_anew(here, owed, ticket, now)
                return
        elif owed is not None and self._is_given_unasked(owed) and owed.code == ticket.digest:  # it was believed
            self._give_what_is_owed(here, owed, now)
            return
        last = self.journal.last(ticket.uuid, self.action)
        if last is not None and last.code == ticket.digest and self.turns.is_open_for(last.scan_id):
            here.scan_id = last.scan_id
            self._decide(here, ADMITTED, now)
            return
        goes_on = last is not None and last.is_open
        here.scan_id = last.scan_id if last is not None and goes_on else self.new_scan_id()
        here.goes_on = goes_on
        here.is_of_another_pairing = last is not None and goes_on and last.asked and last.device != self.device
        told = goes_on and last is not None and last.code == ticket.digest
        if not told and not self._write(self._attempt(here.scan_id, ticket, last if goes_on else None)):
            self._decide(here, unknown(Fault.JOURNAL), now)
            return
        here.asked_at = now
        if here.verdict is None:
            self.shown.state(State.ASKING)
        unanswered = last is not None and goes_on and last.asked
        before = self.journal.was_admitted(ticket.uuid)
        self.asker.ask(Question(here.scan_id, ticket, self.action, unanswered, before))

    def _attempt(self, scan_id: str, ticket: TicketCode, before: Attempt | None) -> Entry:
        device = self.device if before is None else before.device
        return Entry(Step.ATTEMPT, scan_id, ticket.uuid, self.action, ticket.digest, device)

    def _owed(self, ticket: TicketCode) -> Attempt | None:
        return self.journal.owed(ticket.uuid) if self.action == "scan" else None

    def _is_asked_for_anew(self, owed: Attempt) -> bool:
        """True where the server may have let its holder out, and another in, since it answered.

        A server that takes admissions back gives a scan id its answer only while that admission is in force.
        """
        return self.turns.giving == "annul" and not self.turns.waits(owed.scan_id)

    def _is_given_unasked(self, owed: Attempt) -> bool:
        """False also for what an earlier pairing admitted: its ticket may be nothing to the server of now."""
        return owed.device == self.device and not self._is_asked_for_anew(owed)

    def _ask_anew(self, here: Presentation, owed: Attempt, ticket: TicketCode, now: float) -> None:
        here.scan_id, here.goes_on, here.asked_at = owed.scan_id, True, now
        if here.verdict is None:
            self.shown.state(State.ASKING)
        self.asker.ask(Question(owed.scan_id, ticket, self.action, True, True))

    def _give_what_is_owed(self, here: Presentation, owed: Attempt, now: float) -> None:
        """The admission that was answered and never begun to open, or never used: now, unless its turn comes anyway."""
        here.scan_id = owed.scan_id
        if self.turns.waits(owed.scan_id):
            self._decide(here, ADMITTED, now, shown=False)
        else:
            self._admit(here, owed.scan_id, now, answer=None)

    def _rubbish(self, codes: Sequence[Code], now: float, read_ms: float | None) -> None:
        """Neither ticket nor pairing code: said once, and never over the head of somebody with a ticket.

        A tech's card is rubbish too: a gate that admits guests joins no network and is tested by no piece of paper.
        """
        for code in codes:
            if isinstance(code, TicketCode | PairingCode):
                continue  # (a paired kiosk ignores pairing codes)
            key, why = (code.digest, code.why) if isinstance(code, Unreadable) else (type(code).__name__, "card")
            if self._was_present(key, code, now) or self.is_serving(now):
                continue
            here = self._present[key] = Presentation(None, now)
            self.trace("presentation", ticket=None, read_ms=read_ms, why=why)
            self._decide(here, refused(Reason.NOT_A_TICKET), now)

    # ── an answer ────────────────────────────────────────────────────────────────────────────────────────

    def _settle(self, scan_id: str, here: Presentation, verdict: Verdict, now: float) -> None:
        if verdict.outcome is Outcome.ADMITTED and self.action == "scan":
            self.turns.greet(scan_id, verdict)
            self._admit(here, scan_id, now, answer=Entry(Step.ANSWERED, scan_id, verdict=verdict.nameless))
            return
        if here.goes_on and verdict.reason in _OF_THE_CODE:
            self._decide(here, verdict, now)  # the attempt stays open: a forged copy ends no guest's
            return
        owed = None if here.ticket is None else self._owed(here.ticket)
        gives = owed is not None and verdict.reason is Reason.ALREADY_SCANNED and self._is_given_unasked(owed)
        told = verdict if gives else self._told_to_the_guest(here, verdict)
        is_news = told.is_final or here.verdict != told  # (hours without a server are one line, not thousands)
        if is_news and not self._write(Entry(Step.ANSWERED, scan_id, verdict=told.nameless)):
            told = unknown(Fault.JOURNAL)
        if owed is not None and owed.scan_id == scan_id and verdict.reason is Reason.ANNULLED:
            self._write(Entry(Step.ANNULLED, scan_id, given_back=True))  # not in force any more: nothing is owed
            self._decide(here, told, now)
        elif owed is not None and gives:
            self._give_what_is_owed(here, owed, now)  # another code of the ticket, and genuine: the server looked
        else:
            self._decide(here, told, now)

    def _told_to_the_guest(self, here: Presentation, verdict: Verdict) -> Verdict:
        """Ask staff, where "already scanned" proves nothing: an opening here was cut short, or my own question lost."""
        if verdict.reason is not Reason.ALREADY_SCANNED or here.ticket is None:
            return verdict
        is_owed = self._owed(here.ticket) is not None  # to the device that this gate was before
        proves_nothing = here.is_of_another_pairing or is_owed or self.journal.is_doubtful(here.ticket.uuid)
        return refused(Reason.ASK_STAFF) if proves_nothing else verdict

    def _admit(self, here: Presentation, scan_id: str, now: float, answer: Entry | None) -> None:
        """Journal the answer where it is new; then open at once, in turn, or at the guest's next presentation."""
        answers = () if answer is None else (answer,)
        if not here.in_view(now) and (here.verdict is not None or here.has_given_up(now, self.answer_within_s)):
            self._write(*answers)  # told to wait, or left without a word, and gone: journaled, never pulsed
        elif self.turns.is_free(now):
            self._open(here, scan_id, answers, now)
        elif not self._write(*answers):
            self._decide(here, unknown(Fault.JOURNAL), now)
        else:
            self.turns.wait(scan_id)
            self._decide(here, ADMITTED, now, shown=False)

    def _open(self, here: Presentation, scan_id: str, answers: tuple[Entry, ...], now: float) -> None:
        failed = self.turns.announce(scan_id, answers)
        if failed is None:
            self._decide(here, ADMITTED, now, shown=False)
            failed = self.turns.pulse(scan_id, now)
        if failed is not None:
            self._decide(here, unknown(failed.fault), now)

    def _decide(self, here: Presentation, verdict: Verdict, now: float, shown: bool = True) -> None:
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
            self.shown.verdict(verdict, now)

    # ── small things ─────────────────────────────────────────────────────────────────────────────────────

    def _presented(self, scan_id: str) -> Presentation | None:
        return next((p for p in self._present.values() if p.scan_id == scan_id), None)

    def _write(self, *entries: Entry) -> bool:
        try:
            self.journal.write(*entries)
        except OSError as error:
            self.trace("fault", fault=Fault.JOURNAL, why=str(error))
            return False
        return True

    def _forget_the_departed(self, now: float) -> None:
        self._present = {key: p for key, p in self._present.items() if not p.is_over(now)}
