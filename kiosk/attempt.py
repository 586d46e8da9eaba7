"""What is remembered of one attempt to enter, and the journal's words for its steps. Values only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from kiosk.verdict import Fault, Outcome, Reason, Verdict

Action = Literal["scan", "check"]
# How an admission that nobody used is given back: by the server, or by opening once more at this gate.
Giving = Literal["annul", "grace"]


class Step(StrEnum):
    """The steps of an attempt, in the order they happen."""

    ATTEMPT = "attempt"  # scan id made; nothing sent yet
    ASKED = "asked"  # a request that may consume the ticket is about to be sent
    ANSWERED = "answered"  # the server's verdict is here; an unknown one leaves the attempt open
    OPENING = "opening"  # the pulse is about to be given
    NOT_OPENED = "not_opened"  # it surely was not given after all
    OPENED = "opened"  # the guardian has confirmed it
    PASSED = "passed"  # the sensor saw somebody go through
    NOT_PASSED = "not_passed"  # and nobody, for long enough
    ANNULLED = "annulled"  # the server has answered the giving back, one way or the other


_ASKING = (Step.ATTEMPT, Step.ASKED, Step.ANSWERED)
_NOT_BEGUN = (*_ASKING, Step.NOT_OPENED)
_FOLLOWS = {
    Step.NOT_OPENED: (Step.OPENING,),
    Step.PASSED: (Step.OPENING, Step.OPENED),
    Step.NOT_PASSED: (Step.OPENING, Step.OPENED),
    Step.ANNULLED: (Step.NOT_PASSED, Step.ANSWERED, Step.NOT_OPENED),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    step: Step
    scan_id: str
    ticket: str | None = None  # uuid; with ATTEMPT
    action: Action | None = None  # with ATTEMPT
    code: str | None = None  # digest of the code's text; with ATTEMPT, which comes again when another code goes on
    device: str | None = None  # uuid of this gate at its server; with ATTEMPT
    verdict: Verdict | None = None  # with ANSWERED
    watched: bool | None = None  # with OPENED: a passage sensor is to tell whether somebody went through
    giving: Giving | None = None  # with NOT_PASSED: how it is given back; None: not at all
    waited_s: float | None = None  # with NOT_PASSED: seconds since the pulse, by the monotonic clock
    given_back: bool | None = None  # with ANNULLED: what the server said
    at: datetime | None = None  # this gate's clock; put there by the journal


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to enter, as far as its journal lines tell."""

    scan_id: str
    ticket: str
    action: Action
    code: str | None = None  # digest of the code that was held up last
    device: str | None = None
    step: Step = Step.ATTEMPT
    asked: bool = False
    verdict: Verdict | None = None
    openings: int = 0  # begun, and not known to have failed
    watched: bool = False
    giving: Giving | None = None
    given_back: bool = False
    waited_s: float | None = None
    unused_at: datetime | None = None  # when it was settled that nobody had gone through
    step_at: datetime | None = None  # when the last line was written

    def after(self, entry: Entry) -> Attempt:
        """The attempt as it is with one more line. What is final stays; a line that can't follow changes nothing."""
        if entry.step in _ASKING and not self.is_open:
            return self
        if entry.step in _FOLLOWS and self.step not in _FOLLOWS[entry.step]:
            return self
        grace_failed = entry.step is Step.NOT_OPENED and self.openings > 1  # it still has its grace
        return replace(
            self,
            code=entry.code or self.code,
            device=entry.device or self.device,
            step=Step.NOT_PASSED if grace_failed else entry.step,
            asked=self.asked or entry.step is Step.ASKED,
            verdict=entry.verdict if entry.step is Step.ANSWERED else self.verdict,
            openings=self.openings + {Step.OPENING: 1, Step.NOT_OPENED: -1}.get(entry.step, 0),
            watched=self.watched or entry.watched is True,
            giving=entry.giving if entry.step is Step.NOT_PASSED else self.giving,
            given_back=self.given_back or entry.given_back is True,
            waited_s=entry.waited_s if entry.step is Step.NOT_PASSED else self.waited_s,
            unused_at=entry.at if entry.step is Step.NOT_PASSED else self.unused_at,
            step_at=entry.at,
        )

    @property
    def is_open(self) -> bool:
        """True when no final answer came: the next presentation of this ticket goes on with the same scan id.

        Not with one that the server knows as another ticket's: it would be told so for ever.
        """
        if self.step not in _ASKING:
            return False
        return self.verdict is None or not (self.verdict.is_final or self.verdict.fault is Fault.SCAN_ID_REUSED)

    @property
    def is_admitted(self) -> bool:
        """True when the server let this person in (a check consumes nothing, so it admits nobody).

        An opening proves it, where damage took the line with the answer. One that was given back admitted nobody.
        """
        answered = self.verdict is not None and self.verdict.outcome is Outcome.ADMITTED
        return self.action == "scan" and (answered or self.step not in _NOT_BEGUN) and not self.given_back

    @property
    def awaits_opening(self) -> bool:
        """Admitted, and the pulse was never begun: the guest's next presentation opens; see ``Passage``."""
        return self.is_admitted and self.step in _NOT_BEGUN

    @property
    def is_to_annul(self) -> bool:
        """Nobody went through, and the server does not know yet."""
        return self.step is Step.NOT_PASSED and self.giving == "annul"

    @property
    def has_grace(self) -> bool:
        """Nobody went through, and this gate opens for it once more, while the time for that lasts."""
        return self.step is Step.NOT_PASSED and self.giving == "grace" and self.openings == 1

    @property
    def is_unsettled(self) -> bool:
        """True when something is still to come: an answer, the opening, the giving back."""
        return self.is_open or self.awaits_opening or self.is_to_annul or self.has_grace

    @property
    def is_interrupted(self) -> bool:
        """Died between opening and opened: whether the pulse went out can't be known. Counts as opened."""
        return self.step is Step.OPENING

    @property
    def is_in_doubt(self) -> bool:
        """Used at the server, and perhaps nobody is in on it: the server's word alone would call it "used".

        The sensor has not told yet or is doubted itself, the server did not take back what nobody used, or the guest
        was sent to the staff before.
        """
        was_sent = self.verdict is not None and self.verdict.reason is Reason.ASK_STAFF
        was_kept = self.step is Step.ANNULLED and not self.given_back
        is_doubted = self.step is Step.NOT_PASSED and self.giving is None
        return was_sent or was_kept or is_doubted or (self.step is Step.OPENED and self.watched)

    @property
    def is_opened(self) -> bool:
        """True from the moment the pulse was known to be out."""
        return self.step not in (*_NOT_BEGUN, Step.OPENING)

    def retold(self) -> list[Entry]:
        """The fewest lines that make this attempt again."""
        lines = [Entry(Step.ATTEMPT, self.scan_id, self.ticket, self.action, self.code, self.device, at=self.step_at)]
        if self.asked:
            lines.append(Entry(Step.ASKED, self.scan_id, at=self.step_at))
        if self.verdict is not None:
            lines.append(Entry(Step.ANSWERED, self.scan_id, verdict=self.verdict, at=self.step_at))
        lines += [Entry(Step.OPENING, self.scan_id, at=self.step_at)] * self.openings
        if self.step in (Step.NOT_PASSED, Step.ANNULLED):
            lines.append(
                Entry(Step.NOT_PASSED, self.scan_id, giving=self.giving, waited_s=self.waited_s, at=self.unused_at)
            )
        if self.step is Step.ANNULLED:
            lines.append(Entry(Step.ANNULLED, self.scan_id, given_back=self.given_back, at=self.step_at))
        if self.step is Step.OPENED:
            lines.append(Entry(self.step, self.scan_id, watched=self.watched or None, at=self.step_at))
        if self.step is Step.PASSED:
            lines.append(Entry(self.step, self.scan_id, at=self.step_at))
        return lines
