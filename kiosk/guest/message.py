"""What the gate shows → what the guest page is told: one kind, words in each language, and when it ends. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kiosk.edges import State
from kiosk.guest.words import STEPS
from kiosk.screen.words import Language, Words, fault_words, say
from kiosk.shown import ALARM_S, SHOWN_S
from kiosk.verdict import Outcome, Reason, Verdict

GRACE_S = 0.5  # the gate ends what it shows by itself; a page that is not told so ends it this much later


class Kind(StrEnum):
    """What a page looks like: a field, a shape and a colour of its own for each."""

    IDLE = "idle"
    READING = "reading"
    ADMITTED = "admitted"
    REFUSED = "refused"
    WAIT = "wait"
    STAFF = "staff"
    UNPAIRED = "unpaired"
    SETUP = "setup"
    FAULT = "fault"
    EMERGENCY = "emergency"
    ALARM = "alarm"
    STOPPING = "stopping"


_KINDS = {
    State.UNPAIRED: Kind.UNPAIRED,
    State.PAIRING: Kind.SETUP,
    State.READY: Kind.IDLE,
    State.UNLOCKED: Kind.UNPAIRED,
    State.ASKING: Kind.READING,
    State.ADMITTED: Kind.ADMITTED,
    State.REFUSED: Kind.REFUSED,
    State.UNKNOWN: Kind.WAIT,
    State.FAULT: Kind.FAULT,
    State.EMERGENCY: Kind.EMERGENCY,
    State.ALARM: Kind.ALARM,
    State.STOPPING: Kind.STOPPING,
    State.JOINING: Kind.SETUP,
    State.TEST_RED: Kind.SETUP,
    State.TEST_AMBER: Kind.SETUP,
    State.TEST_OPEN: Kind.SETUP,
    State.TEST_PASSED: Kind.SETUP,
    State.TEST_NOT_PASSED: Kind.FAULT,
    State.TEST_DONE: Kind.SETUP,
    State.TEST_FAILED: Kind.FAULT,
}
_ENDS_S = {State(outcome): seconds + GRACE_S for outcome, seconds in SHOWN_S.items()} | {State.ALARM: ALARM_S + GRACE_S}
_SHAPES = " ✓✗→"  # the page draws them
BrandWords = Mapping[tuple[Kind, Language], Words]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to say, for every language of the settings. Nothing in it names a guest who is not to be greeted so."""

    kind: Kind
    said: tuple[tuple[Language, Words], ...]
    note: str | None = None  # the server's words for this guest, in whatever language
    code: str | None = None  # the fault, for a tech
    tech: tuple[tuple[Language, str], ...] = ()
    has_steps: bool = False
    ends_s: float | None = None  # after which no page may show it any more

    def as_seen(self, age_s: float) -> dict[str, Any]:
        """What a page is told of it, ``age_s`` seconds after it was put."""
        return {
            "kind": self.kind,
            "said": [{"language": name, "title": each.title, "hint": each.hint} for name, each in self.said],
            "note": self.note,
            "code": self.code,
            "tech": [{"language": name, "text": text} for name, text in self.tech],
            "steps": _steps([name for name, _ in self.said]) if self.has_steps else [],
            "ends_ms": None if self.ends_s is None else max(0, round(1000 * (self.ends_s - age_s))),
        }


def message(
    state: State,
    verdict: Verdict | None,
    trouble: str | None,
    languages: Sequence[Language],
    branded: BrandWords,
    greets_by_name: bool = False,
) -> Message:
    """What a page shows for this; a fault's own words go to the tech, below those for the guest."""
    kind = _kind(state, verdict)
    fault = None if verdict is None else verdict.fault
    note = None if verdict is None else verdict.guest_message
    # A guest is told what to do; what is broken is the tech's business.
    plain = None if fault is not None else verdict
    has_steps = state is State.UNPAIRED and trouble is None
    is_brief = has_steps or note is not None  # the steps, or the server's own words, say it better
    said = [(name, _words(say(state, plain, trouble, name), is_brief, branded.get((kind, name)))) for name in languages]
    name = verdict.first_name if verdict is not None and greets_by_name else None
    return Message(
        kind=kind,
        said=tuple((each, words if name is None else _greeting(words, name)) for each, words in said),
        note=note,
        code=None if fault is None else str(fault),
        tech=() if fault is None else tuple((name, fault_words(fault, name)) for name in languages),
        has_steps=has_steps,
        ends_s=_ENDS_S.get(state),
    )


def _kind(state: State, verdict: Verdict | None) -> Kind:
    """Amber for "ask the staff", which refuses nobody, as the lamps have it."""
    if verdict is not None and verdict.outcome is Outcome.REFUSED and verdict.reason is Reason.ASK_STAFF:
        return Kind.STAFF
    return _KINDS[state]


def _words(own: Words, is_brief: bool, branded: Words | None) -> Words:
    if branded is not None:
        return branded
    return Words(own.title.rstrip(_SHAPES), "" if is_brief else own.hint)


def _greeting(words: Words, name: str) -> Words:
    return Words(f"{words.title}, {name}", words.hint)


def _steps(languages: Sequence[Language]) -> list[dict[str, Any]]:
    return [
        {"picture": picture, "said": [{"language": name, "text": texts[name]} for name in languages]}
        for picture, texts in STEPS.items()
    ]
