"""What a run has left behind: traces, journals, the server's audit log, the guests' own account."""

from __future__ import annotations

import itertools
import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from kiosk.journal import read_lines
from tests.chaos.guests import Visit
from tests.chaos.mayhem import ENDED, KILLED_GUARDIAN
from tests.chaos.venue import Gate, Line


@dataclass(frozen=True, slots=True)
class Pulse:
    """The relay on, monotonic seconds; ``until`` None: still on."""

    since: float
    until: float | None


@dataclass(frozen=True, slots=True)
class Opening:
    """A line of the journal that announces a pulse. ``at``: monotonic seconds. ``is_unused``: nobody went through."""

    at: float
    scan_id: str
    ticket: str
    is_unused: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """A line of the server's audit log. ``action``: scan or annul."""

    action: str
    gate: str
    scan_id: str | None
    ticket: str
    code: str


@dataclass(frozen=True, slots=True)
class GateEvidence:
    """One gate. ``blind``: when its guardian was killed, and nobody was left to write down the relay's end."""

    trace: Sequence[Line]
    openings: Sequence[Opening]
    blind: Sequence[float] = ()
    has_scan_ids: bool = True  # it tells them to the server
    crashes: int = 0  # times that it ended without being told to, or one of its threads did

    def pulses(self) -> list[Pulse]:
        """Every time the relay was on."""
        found: list[Pulse] = []
        edges = [(float(line["t"]), bool(line["value"])) for line in self.trace if line.get("pin") == "relay"]
        for t, is_on in edges:
            is_open = bool(found) and found[-1].until is None
            if is_on and not is_open:
                found.append(Pulse(t, None))
            elif not is_on and is_open:
                ends = min([t, *(moment for moment in self.blind if found[-1].since <= moment <= t)])
                found[-1] = Pulse(found[-1].since, ends)
        return found


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of a run. ``may_enter``: every ticket that was made for it and whether somebody with it must get in."""

    may_enter: Mapping[str, bool]
    visits: Sequence[Visit]
    gates: Mapping[str, GateEvidence]
    scans: Sequence[Scan] = field(default=())


def gather(may_enter: Mapping[str, bool], record: Path, gates: Sequence[Gate], database: Path, deeds: Path) -> Evidence:
    """Read it all from disk, when everything has ended."""
    told = [json.loads(line) for line in deeds.read_text().splitlines()] if deeds.exists() else []
    moments: dict[tuple[str, str], list[float]] = defaultdict(list)
    for deed in told:
        moments[deed["where"], deed["what"]].append(deed["t"])
    return Evidence(
        may_enter=may_enter,
        visits=[Visit(**(told | {"tickets": tuple(told["tickets"])})) for told in map(json.loads, record.open())],
        gates={
            gate.name: _of_gate(gate, moments[gate.name, KILLED_GUARDIAN], len(moments[gate.name, ENDED]))
            for gate in gates
        },
        scans=_scans(database),
    )


def _of_gate(gate: Gate, blind: Sequence[float], ends: int) -> GateEvidence:
    tickets: dict[str, str] = {}
    openings: list[Opening] = []
    to_monotonic = time.monotonic() - time.time()
    for line in read_lines(gate.state):
        if "ticket" in line:
            tickets[line["scan_id"]] = line["ticket"]
        if line.get("step") == "opening":
            at = datetime.fromisoformat(line["at"]).timestamp() + to_monotonic
            openings.append(Opening(at, line["scan_id"], tickets[line["scan_id"]]))
        elif line.get("step") == "not_passed":
            for last in [n for n, opening in enumerate(openings) if opening.scan_id == line["scan_id"]][-1:]:
                openings[last] = replace(openings[last], is_unused=True)
    return GateEvidence(gate.lines(), openings, blind, not gate.is_deployed, ends + _crashes(gate.program.log))


def _crashes(log: Path) -> int:
    """Tracebacks with a line of the product's own code in them."""
    _, *each = log.read_text(errors="replace").split("Traceback (most recent call last):\n")
    frames = ("".join(itertools.takewhile(lambda line: line.startswith("  "), text.splitlines(True))) for text in each)
    return sum("/kiosk/" in frame for frame in frames)


def _scans(database: Path) -> list[Scan]:
    query = """SELECT l.action, d.name, l.scan_id, l.ticket_uuid, l.code
        FROM scan_line l JOIN device d ON d.id = l.device_id ORDER BY l.id"""
    with closing(sqlite3.connect(database)) as connection:
        return [Scan(*row) for row in connection.execute(query)]
