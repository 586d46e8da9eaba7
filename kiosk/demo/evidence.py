"""What the trace says happened, held against what should have. Pure: lines in, words out.

A line is one object of the trace file (design: trace). Its ``t`` is this machine's monotonic clock, which every
process shares, so a scene is the lines from one moment to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Line = dict[str, Any]
LAMPS = ("green", "red", "amber")
PULSE_MS = 300  # as the stage's settings ask; the default of the product
# A pulse is measured by other processes on a busy machine: never much shorter, never long enough for two people.
SHORTEST_MS, LONGEST_MS = PULSE_MS * 0.9, PULSE_MS + 500


@dataclass(frozen=True, slots=True)
class Expected:
    """``outcome``: a verdict's, or ``ready`` for a pairing. ``why``: its reason or fault."""

    outcome: str
    why: str | None = None
    lamp: str | None = None
    pulses: int = 0
    ticket: str | None = None
    goes_on: bool = False  # the same attempt, so the same scan id, as the scene before

    def __str__(self) -> str:
        lamp = f", {self.lamp} lamp" if self.lamp else ""
        return f"{_named(self.outcome, self.why)}, {self.pulses} pulse(s){lamp}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one scene left in the trace. Milliseconds; a pulse that has not ended has no length."""

    outcome: str | None
    why: str | None
    ticket: str | None
    scan_id: str | None
    changed: bool  # more than one kind of verdict in one scene
    lamps: frozenset[str]
    pulses: tuple[float | None, ...]
    read_ms: float | None
    ask_ms: float | None
    act_ms: float | None  # from the verdict to the first pin that shows it

    def __str__(self) -> str:
        lamps = f", {' and '.join(sorted(self.lamps))} lamp" if self.lamps else ", no lamp"
        changed = " after another verdict" if self.changed else ""
        return f"{_named(self.outcome or 'nothing', self.why)}{changed}, {len(self.pulses)} pulse(s){lamps}"


def look(lines: Iterable[Line], since: float) -> Seen:
    """What happened from ``since`` on. Earlier lines tell which lamps were on already."""
    ordered = sorted(lines, key=lambda line: float(line["t"]))
    scene = [line for line in ordered if line["t"] >= since]
    verdicts = [line for line in scene if line["event"] == "verdict"]
    states = [line for line in scene if line["event"] == "state"]
    last = (verdicts or states or [{"t": since}])[-1]
    outcome = last.get("verdict") or last.get("state")
    decided = float(last["t"])
    return Seen(
        outcome=outcome,
        why=last.get("reason") or last.get("fault"),
        ticket=last.get("ticket"),
        scan_id=last.get("scan_id"),
        changed=len({(v["verdict"], v.get("reason")) for v in verdicts}) > 1,
        lamps=_lit(ordered, decided),
        pulses=tuple(None if end is None else (end - start) * 1000 for start, end in pulses(scene)),
        read_ms=_first(scene, "read_ms"),
        ask_ms=_first(scene, "ask_ms"),
        act_ms=_until_shown(scene, decided, outcome) if verdicts else None,
    )


def pulses(lines: Iterable[Line]) -> list[tuple[float, float | None]]:
    """Start and end of every relay pulse, monotonic seconds; the end is None while the relay is on."""
    found: list[tuple[float, float | None]] = []
    for line in lines:
        if line["event"] != "pin" or line["pin"] != "relay":
            continue
        is_on = bool(found) and found[-1][1] is None
        if line["value"] and not is_on:
            found.append((float(line["t"]), None))
        elif not line["value"] and is_on:
            found[-1] = (found[-1][0], float(line["t"]))
    return found


def is_settled(expected: Expected, seen: Seen) -> bool:
    """True when there is nothing left to wait for."""
    closed = [length for length in seen.pulses if length is not None]
    shown = expected.lamp is None or expected.lamp in seen.lamps
    return seen.outcome == expected.outcome and shown and len(closed) == len(seen.pulses) >= expected.pulses


def mistakes(expected: Expected, seen: Seen, before: Seen | None = None) -> list[str]:
    """Everything in which this scene was not as expected; ``[]`` when it was."""
    found: list[str] = []
    if seen.changed or (seen.outcome, seen.why) != (expected.outcome, expected.why):
        found.append("another verdict")
    if len(seen.pulses) != expected.pulses:
        found.append(f"{len(seen.pulses)} pulse(s) instead of {expected.pulses}")
    found += [_bad_length(length) for length in seen.pulses if not _is_good(length)]
    if expected.lamp is not None and seen.lamps != {expected.lamp}:
        found.append(f"lamps lit: {', '.join(sorted(seen.lamps)) or 'none'}")
    if expected.ticket != seen.ticket:
        found.append(f"ticket {seen.ticket} instead of {expected.ticket}")
    if expected.goes_on and (before is None or before.scan_id is None or seen.scan_id != before.scan_id):
        found.append("another scan id than the presentation it goes on with")
    return found


def whole_run(lines: Sequence[Line]) -> list[str]:
    """What must hold for one gate from start to stop, whatever the scenes were; ``[]`` when it did."""
    ordered = sorted(lines, key=lambda line: float(line["t"]))
    admissions = [float(v["t"]) for v in ordered if v["event"] == "verdict" and v["verdict"] == "admitted"]
    given = pulses(ordered)
    found: list[str] = []
    if len(given) != len(admissions):
        found.append(f"{len(given)} pulse(s) for {len(admissions)} admission(s)")
    for number, (start, end) in enumerate(given):
        if sum(admitted <= start for admitted in admissions) <= number:
            found.append(f"pulse {number + 1} had no admission before it")
        if end is None:
            found.append("the relay is still on")
        elif not _is_good((end - start) * 1000):
            found.append(_bad_length((end - start) * 1000))
    return found


def _named(outcome: str, why: str | None) -> str:
    return f"{outcome} ({why})" if why else outcome


def _is_good(length: float | None) -> bool:
    return length is not None and SHORTEST_MS <= length <= LONGEST_MS


def _bad_length(length: float | None) -> str:
    return "a pulse that did not end" if length is None else f"a pulse of {length:.0f} ms instead of {PULSE_MS}"


def _first(scene: list[Line], key: str) -> float | None:
    return next((float(line[key]) for line in scene if line.get(key) is not None), None)


def _lit(ordered: list[Line], since: float) -> frozenset[str]:
    """Lamps switched on since then (a blinking one counts, also while it is dark), or on before and never off."""
    before: set[str] = set()
    risen: set[str] = set()
    fallen: set[str] = set()
    for line in ordered:
        if line["event"] != "pin" or line["pin"] not in LAMPS:
            continue
        if line["t"] >= since:
            (risen if line["value"] else fallen).add(line["pin"])
        elif line["value"]:
            before.add(line["pin"])
        else:
            before.discard(line["pin"])
    return frozenset(risen | (before - fallen))


def _until_shown(scene: list[Line], decided: float, outcome: str | None) -> float | None:
    """From the verdict to the relay's edge, or to the first lamp's; None where no pin had to change."""
    wanted = ("relay",) if outcome == "admitted" else LAMPS
    edges = [line for line in scene if line["event"] == "pin" and line["pin"] in wanted and line["value"]]
    return next(((float(edge["t"]) - decided) * 1000 for edge in edges if edge["t"] >= decided), None)
