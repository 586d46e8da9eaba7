"""What every step of the gate test has at hand: the bench, the tech, the findings and the words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.screen.words import Language
from kiosk.trial.bench import Bench
from kiosk.trial.findings import Findings, Outcome
from kiosk.trial.tech import Answer, Tech
from kiosk.trial.words import told
from kiosk.wiring import header
from kiosk.wiring.words import TERMINALS


@dataclass(frozen=True, slots=True)
class Guide:
    """Leads one tech along one bench."""

    bench: Bench
    tech: Tech
    findings: Findings
    language: Language
    press_within_s: float  # how long a contact is waited for

    def say(self, key: str, **values: object) -> None:
        """Tell these words."""
        self.tech.say(told(key, self.language, **values))

    def ask(self, key: str, otherwise: Answer = Answer.YES) -> Answer:
        """Ask these words."""
        return self.tech.ask(told(key, self.language), otherwise)

    def try_out(self, act: Callable[[], None], question: str) -> Answer:
        """Do it and ask, as often as the tech wants to see it again: yes, no or skip."""
        while True:
            act()
            if (answer := self.ask(question)) is not Answer.AGAIN:
                return answer

    def begin(self, part: str) -> None:
        """Name the part whose turn it is, with its pin."""
        bcm = getattr(self.bench.wiring, part)
        self.say("step", title=TERMINALS[part][self.language].title, bcm=bcm, pin=header.position(bcm))

    def record(self, part: str, outcome: Outcome, why: str | None = None) -> None:
        """This came of this part; ``why`` is a key of the words."""
        if outcome is Outcome.WORKED and not self.tech.looks:
            outcome = Outcome.UNSEEN
        self.findings.record(part, outcome, "" if why is None else told(why, self.language))

    def record_answer(self, part: str, answer: Answer, why: str) -> None:
        """What a yes, no or skip means for this part; ``why``: what a no points to."""
        match answer:
            case Answer.YES:
                self.record(part, Outcome.WORKED)
            case Answer.SKIP:
                self.record(part, Outcome.SKIPPED)
            case _:
                self.record(part, Outcome.FAILED, why)
