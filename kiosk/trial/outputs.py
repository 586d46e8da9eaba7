"""The gate test's steps for what the gate drives: everything at rest, relays, ready contact, lamps, buzzer."""

from __future__ import annotations

import math

from kiosk.edges import Pulsed
from kiosk.gate import Signal
from kiosk.trial.findings import Outcome
from kiosk.trial.guide import Guide
from kiosk.trial.tech import Answer
from kiosk.trial.words import told

RELAYS = ("relay", "exit_relay")
# 100 ms is the shortest that turnstiles take, 200 to 500 ms usual (facts: Gates).
LENGTHS_MS = (100, 200, 300, 500, 1000)
_SPARE = 1.5  # the shortest pulse that worked once is no pulse that works always
_SIGNALS = {"red": Signal.REFUSED, "amber": Signal.BUSY, "buzzer": Signal.WAIT}


def rest(guide: Guide) -> None:
    """Everything is off: if something is on all the same, the drivers may be active low."""
    answer = guide.try_out(lambda: guide.say("rest"), "is_at_rest")
    if answer is not Answer.NO:
        guide.record_answer("rest", answer, "rest_neither")
        return
    before = guide.bench.wiring.active_high
    guide.say("turning", value=str(not before).lower())
    guide.bench.try_with(active_high=not before)
    if guide.try_out(lambda: guide.say("rest"), "is_at_rest") is Answer.YES:
        guide.findings.propose("active_high", not before)
        guide.record("rest", Outcome.PROPOSED)
    else:
        guide.bench.try_with(active_high=before)
        guide.record("rest", Outcome.FAILED, "rest_neither")


def relay(guide: Guide, name: str) -> None:
    """One opening; where the turnstile does not react, other lengths of pulse."""
    if guide.bench.wiring.profile == "light":
        guide.record(name, Outcome.SKIPPED, "left_out")
        return
    guide.begin(name)
    answer = _open(guide, name)
    if answer is not Answer.NO:
        _record(guide, name, answer)
    elif guide.ask("clicked") is not Answer.YES:
        guide.record(name, Outcome.FAILED, "no_click")
    elif guide.bench.wiring.mode == "level" or not _other_lengths(guide, name):
        guide.record(name, Outcome.FAILED, "no_unlock")


def ready(guide: Guide) -> None:
    """The contact that is closed for as long as the gate works."""
    guide.begin("ready")

    def close() -> None:
        guide.bench.set_ready(True)
        guide.say("ready")

    answer = guide.try_out(close, "is_ready")
    guide.bench.set_ready(False)
    guide.record_answer("ready", answer, "output_failed")


def lamp(guide: Guide, name: str) -> None:
    """A lamp or the buzzer, as guests will see and hear it."""
    guide.begin(name)

    def play() -> None:
        if name == "green":
            guide.bench.light_green()
        else:
            guide.bench.show(_SIGNALS[name])
        guide.say(name)

    answer = guide.try_out(play, f"is_{name}")
    guide.bench.show(Signal.DARK)
    guide.record_answer(name, answer, "output_failed")


def _open(guide: Guide, name: str) -> Answer | None:
    """Open and ask, as often as wanted; None when the opening was not given."""
    while True:
        if guide.bench.open(name) is not Pulsed.GIVEN:
            guide.say("not_given")
            return None
        wiring = guide.bench.wiring
        guide.say("held" if wiring.mode == "level" else "pulsed", **wiring.model_dump())
        answer = guide.ask("unlocked")
        guide.bench.shut()
        if answer is not Answer.AGAIN:
            return answer


def _record(guide: Guide, name: str, answer: Answer | None) -> None:
    if answer is None:
        guide.findings.record(name, Outcome.FAILED, told("not_given", guide.language))
    else:
        guide.record_answer(name, answer, "no_unlock")


def _other_lengths(guide: Guide, name: str) -> bool:
    """True when one of the other lengths worked; it is proposed then, with something to spare, and kept."""
    before = guide.bench.wiring.pulse_ms
    guide.say("other_lengths")
    for length in LENGTHS_MS:
        if length == before:
            continue
        guide.bench.try_with(pulse_ms=length)
        match _open(guide, name):
            case Answer.YES:
                proposed = math.ceil(length * _SPARE / 50) * 50
                guide.findings.propose("pulse_ms", proposed)
                guide.bench.try_with(pulse_ms=proposed)
                guide.record(name, Outcome.PROPOSED)
                return True
            case Answer.SKIP | None:
                break
    guide.bench.try_with(pulse_ms=before)
    return False
