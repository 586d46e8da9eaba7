"""What is remembered of one attempt to enter, and the journal's words for its steps. Values only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from kiosk.verdict import Outcome, Verdict

Action = Literal["scan", "check"]


class Step(StrEnum):
    """The steps of an attempt, in the order they happen."""

    ATTEMPT = "attempt"  # scan id made; nothing sent yet
    ASKED = "asked"  # a request that may consume the ticket is about to be sent
    ANSWERED = "answered"  # the server's verdict is here; an unknown one leaves the attempt open
    OPENING = "opening"  # the pulse is about to be given
    OPENED = "opened"  # the guardian has confirmed it


_BEGUN = (Step.OPENING, Step.OPENED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    step: Step
    scan_id: str
    ticket: str | None = None  # uuid; with ATTEMPT
    action: Action | None = None  # with ATTEMPT
    code: str | None = None  # digest of the code's text; with ATTEMPT, which comes again when another code goes on
    verdict: Verdict | None = None  # with ANSWERED


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to enter, as far as its journal lines tell."""

    scan_id: str
    ticket: str
    action: Action
    code: str | None = None  # digest of the code that was held up last
    step: Step = Step.ATTEMPT
    asked: bool = False
    verdict: Verdict | None = None

    def after(self, entry: Entry) -> Attempt:
        """The attempt as it is with one more line. What is final stays: only an opening can follow it."""
        if not self.is_open and entry.step not in _BEGUN:
            return self
        verdict = entry.verdict if entry.step is Step.ANSWERED else self.verdict
        asked = self.asked or entry.step is Step.ASKED
        return replace(self, code=entry.code or self.code, step=entry.step, asked=asked, verdict=verdict)

    @property
    def is_open(self) -> bool:
        """True when no final answer came: the next presentation of this ticket goes on with the same scan id."""
        return self.step not in _BEGUN and (self.verdict is None or not self.verdict.is_final)

    @property
    def is_admitted(self) -> bool:
        """True when the server let this person in (a check consumes nothing, so it admits nobody).

        An opening proves it, where damage took the line with the answer.
        """
        answered = self.verdict is not None and self.verdict.outcome is Outcome.ADMITTED
        return self.action == "scan" and (answered or self.step in _BEGUN)

    @property
    def awaits_opening(self) -> bool:
        """Admitted, and the pulse was never begun: the guest's next presentation opens, without asking again."""
        return self.is_admitted and self.step is Step.ANSWERED

    @property
    def is_unsettled(self) -> bool:
        """True when something is still to come: an answer, or the opening."""
        return self.is_open or self.awaits_opening

    @property
    def is_interrupted(self) -> bool:
        """Died between opening and opened: whether the pulse went out can't be known. Counts as opened."""
        return self.step is Step.OPENING
