"""The gate test's steps for what the gate senses: each contact at rest and moved, and one walk past the sensor."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from kiosk.edges import Contact, Pulsed
from kiosk.trial import walk
from kiosk.trial.bench import Contacts
from kiosk.trial.findings import Outcome
from kiosk.trial.guide import Guide
from kiosk.trial.outputs import RELAYS
from kiosk.trial.tech import Answer
from kiosk.trial.walk import Edge

QUIET_S = 2.0  # a passage is over when its contact has been at rest for so long


def contact(guide: Guide, which: Contact) -> None:
    """Its rest, then moved once by hand and let go."""
    guide.begin(which)
    if not _is_at_rest(guide, which):
        return

    def move() -> list[Edge]:
        with guide.bench.contacts() as contacts:
            guide.say(which)
            return _edges(guide, contacts, which, quiet_s=0)

    if _until_sensed(guide, which, move):
        _record_sensed(guide, which)


def passage(guide: Guide) -> None:
    """Open, have somebody walk through, and read from the sensor's edges which settings fit."""
    which = Contact.PASSAGE
    guide.begin(which)
    if not _is_at_rest(guide, which):
        return
    wiring = guide.bench.wiring
    guide.bench.try_with(debounce_ms=walk.SHORTEST_DEBOUNCE_MS)
    opened_at = time.monotonic()

    def walk_through() -> list[Edge]:
        nonlocal opened_at
        with guide.bench.contacts() as contacts:
            _open(guide)
            opened_at = time.monotonic()
            guide.say("walk")
            edges = _edges(guide, contacts, which, quiet_s=QUIET_S)
        guide.bench.shut()
        return edges

    if edges := _until_sensed(guide, which, walk_through):
        _judge(guide, walk.read(edges, opened_at, wiring.debounce_ms, wiring.passage_within_s))


def _until_sensed(guide: Guide, which: Contact, move: Callable[[], list[Edge]]) -> list[Edge]:
    """The edges of a contact that was moved and came back; none when the tech gave it up, which is recorded."""
    while True:
        edges = move()
        if edges and not edges[-1].is_active:
            return edges
        match guide.ask("still_active" if edges else "nothing_seen", otherwise=Answer.NO):
            case Answer.SKIP:
                guide.record(which, Outcome.SKIPPED)
                return []
            case Answer.NO:
                guide.record(which, Outcome.FAILED, "input_stuck" if edges else "input_silent")
                return []


def _is_at_rest(guide: Guide, which: Contact) -> bool:
    """True when the contact can be tried; one whose rest is the other way round is turned, and that is proposed."""
    before = guide.bench.wiring.normally_closed
    while _is_active(guide, which):
        answer = guide.ask("active_at_rest")
        is_turned = guide.bench.wiring.normally_closed != before
        if answer is Answer.YES and not is_turned:
            _turn(guide, which)
        elif answer is not Answer.AGAIN:
            if is_turned:  # active whichever way: that is no rest
                guide.bench.try_with(normally_closed=before)
            guide.record_answer(which, Answer.SKIP if answer is Answer.SKIP else Answer.NO, "not_at_rest")
            return False
    if guide.bench.wiring.normally_closed != before:
        guide.findings.propose("normally_closed", guide.bench.wiring.normally_closed)
        guide.record(which, Outcome.PROPOSED)
    return True


def _is_active(guide: Guide, which: Contact) -> bool:
    guide.say("touch_nothing")
    with guide.bench.contacts() as contacts:
        return contacts.is_active_at_rest(which)


def _turn(guide: Guide, which: Contact) -> None:
    closed = guide.bench.wiring.normally_closed
    turned = tuple(name for name in closed if name != which) if which in closed else (*closed, which.value)
    guide.say("taken_as_rest", value=json.dumps(turned))
    guide.bench.try_with(normally_closed=turned)


def _record_sensed(guide: Guide, which: Contact) -> None:
    """It was sensed, which needs nobody to look; with a setting turned round for it, if one was."""
    if not any(each.part == which and each.outcome is Outcome.PROPOSED for each in guide.findings.found):
        guide.findings.record(which, Outcome.WORKED)


def _open(guide: Guide) -> None:
    """One opening for the walk; a gate of lamps has none to give."""
    bench = guide.bench
    relay = next((name for name in RELAYS if getattr(bench.wiring, name) is not None), None)
    if relay is not None and bench.wiring.profile == "turnstile" and bench.open(relay) is not Pulsed.GIVEN:
        guide.say("not_given")


def _edges(guide: Guide, contacts: Contacts, which: Contact, quiet_s: float) -> list[Edge]:
    """Edges as they come, each told; ends when the contact has been back at rest for so long, or time is over."""
    began = time.monotonic()
    end = began + guide.press_within_s
    edges: list[Edge] = []
    guide.say("waiting", within_s=guide.press_within_s)
    while True:
        is_over = bool(edges) and not edges[-1].is_active
        edge = contacts.next(which, min(end, time.monotonic() + quiet_s) if is_over else end)
        if edge is None:
            return edges
        if edge.is_active or edges:  # a return to rest is the end of what was before
            edges.append(edge)
        guide.say("edge_active" if edge.is_active else "edge_rest", after_s=edge.at - began)


def _judge(guide: Guide, seen: walk.Walk) -> None:
    guide.say("walked", after_s=seen.after_s, contact_ms=seen.contact_ms)
    if seen.times > 1:
        guide.say("bounced", times=seen.times, bounce_ms=seen.bounce_ms)
    if not seen.is_countable:
        guide.record(Contact.PASSAGE, Outcome.FAILED, "not_countable")
        return
    proposals = {"debounce_ms": seen.debounce_ms, "passage_within_s": seen.passage_within_s}
    for key, value in proposals.items():
        if value is not None:
            guide.findings.propose(key, value)
            guide.record(Contact.PASSAGE, Outcome.PROPOSED)
    _record_sensed(guide, Contact.PASSAGE)
