"""The judge: holds what a run has left behind against the rules. Pure: evidence in, findings out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.chaos.evidence import Evidence, GateEvidence, Opening, Pulse

# The pulse is 100 ms; the guardian's last resorts come 0.25 and 0.5 s after its deadline, each line of the trace is
# written by a process that may have waited for its turn; from 3 s on some barriers close on a person (facts: Gates).
LONGEST_S = 2.0
_CLOCKS_S = 0.02  # the journal counts milliseconds of the wall clock
_FROM_JOURNAL_TO_RELAY_S = 5.0  # a pulse that comes later was announced for somebody else
_LEAVES_S = 1.0  # on a loaded machine the guest's thread may look later than the relay clicked

_NOT_KEPT = ("ask_staff", "invalid_signature")  # the gate's own word; and a forger's answer is kept for no scan id


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be. ``rule`` is one of RULES."""

    rule: str
    text: str


# What must be zero, in the words of the report.
RULES = (
    "double admissions",
    "paid guests lost",
    "let in without a right",
    "openings without a journaled cause",
    "openings for nobody",
    "given back though somebody went in",
    "pulses beyond their bound",
    "verdicts that changed",
    "verdicts that the server never gave",
    "sent to staff without a crash",
    "tickets used twice at the server",
    "gates that crashed by themselves",
)


@dataclass
class Report:
    """``counts`` is what happened, ``findings`` what must not have."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, rule: str, text: str) -> None:
        """One more finding."""
        self.findings.append(Finding(rule, text))

    def __str__(self) -> str:
        found = Counter(finding.rule for finding in self.findings)
        rows = [f"{count:7d}  {what}" for what, count in self.counts.items()]
        rows += [f"{found[rule]:7d}  {rule}" for rule in RULES]
        return "\n".join([*rows, *(f"  {finding.rule}: {finding.text}" for finding in self.findings)])


@dataclass(frozen=True, slots=True)
class _Entry:
    """A pulse with its cause."""

    gate: str
    pulse: Pulse
    opening: Opening


def judge(evidence: Evidence) -> Report:
    """Every rule over the whole run."""
    report = Report()
    entries: list[_Entry] = []
    for name, gate in evidence.gates.items():
        entries += _openings(report, name, gate)
        _verdicts(report, name, gate, evidence)
        if gate.crashes:
            report.add("gates that crashed by themselves", f"{name}: {gate.crashes} traceback(s) in its log")
    _tickets(report, evidence, entries)
    _for_nobody(report, evidence, entries)
    _server(report, evidence)
    report.counts = _counts(evidence, entries) + Counter({"sent to staff": len(_sent_to_staff(evidence))})
    return report


def _openings(report: Report, name: str, gate: GateEvidence) -> Iterator[_Entry]:
    """Each pulse with the journal line that announced it: one line, one pulse."""
    unused = sorted(gate.openings, key=lambda opening: opening.at)
    for pulse in gate.pulses():
        where = f"{name} at {pulse.since:.3f}"
        before = [o for o in unused if 0 <= pulse.since - o.at + _CLOCKS_S <= _FROM_JOURNAL_TO_RELAY_S]
        if before:
            unused = [o for o in unused if o.at > before[-1].at]
            yield _Entry(name, pulse, before[-1])
        else:
            report.add("openings without a journaled cause", where)
        if pulse.until is None:
            report.add("pulses beyond their bound", f"{where}: the relay is still on")
        elif pulse.until - pulse.since > LONGEST_S:
            report.add("pulses beyond their bound", f"{where}: {pulse.until - pulse.since:.3f} s")


def _verdicts(report: Report, name: str, gate: GateEvidence, evidence: Evidence) -> None:
    """Final verdicts stay, and are the server's own."""
    final: dict[str, set[str]] = defaultdict(set)
    scans = [scan for scan in evidence.scans if scan.action == "scan"]
    told = {(scan.gate, scan.scan_id, scan.code) for scan in scans}
    told |= {(scan.gate, scan.ticket, scan.code) for scan in scans if scan.scan_id is None}
    used = {scan.ticket for scan in scans if scan.code == "ok"}
    for line in gate.trace:
        if line["event"] != "verdict" or line["verdict"] == "unknown" or line["scan_id"] is None:
            continue
        said = "ok" if line["verdict"] == "admitted" else line["reason"]
        final[line["scan_id"]].add(said)
        if said in _NOT_KEPT:
            continue
        if gate.has_scan_ids:
            is_true = (name, line["scan_id"], said) in told
        elif said == "ok":
            is_true = (name, line["ticket"], said) in told
        else:  # told by check_ticket/, which leaves no line
            is_true = said != "already_scanned" or line["ticket"] in used
        if not is_true:
            report.add("verdicts that the server never gave", f"{name}: {said} for {line['ticket']}")
    for scan_id, words in final.items():
        if len(words - {"invalid_signature"}) > 1:  # a forged copy held up during a guest's attempt
            report.add("verdicts that changed", f"{name}: {scan_id} was {' and '.join(sorted(words))}")


def _tickets(report: Report, evidence: Evidence, entries: list[_Entry]) -> None:
    """At most one person a ticket; one, if somebody with a right has ever shown it: by pulses, and by who went in."""
    by_ticket: dict[str, list[_Entry]] = defaultdict(list)
    for entry in entries:
        by_ticket[entry.opening.ticket].append(entry)
    for ticket, found in by_ticket.items():
        where = ", ".join(f"{entry.gate} at {entry.pulse.since:.3f}" for entry in found)
        used = sum(not entry.opening.is_unused for entry in found)
        people = sum(visit.went_in == ticket for visit in evidence.visits)
        if max(used, people) > 1:
            report.add("double admissions", f"{ticket}: {used} pulse(s) used, {people} went in: {where}")
        if not evidence.may_enter.get(ticket, False):
            report.add("let in without a right", f"{ticket}: {where}")
    staff = _sent_to_staff(evidence)
    shown = {v.tickets[0] for v in evidence.visits if len(v.tickets) == 1 and v.kind not in ("forged", "cancelled")}
    inside = {visit.went_in for visit in evidence.visits}
    for ticket in sorted(shown - inside - staff):
        if evidence.may_enter.get(ticket, False):
            report.add("paid guests lost", f"{ticket}: {len(by_ticket[ticket])} pulse(s), and nobody there went in")
    opening = {o.ticket for gate in evidence.gates.values() for o in gate.openings}
    for ticket in sorted(staff - opening):
        report.add("sent to staff without a crash", f"{ticket}: no opening was ever begun for it")


def _for_nobody(report: Report, evidence: Evidence, entries: list[_Entry]) -> None:
    """Somebody with that very ticket stood at the gate, or had just turned round; and who went in is never undone."""
    visits = defaultdict(list)
    for visit in evidence.visits:
        for ticket in visit.tickets:
            visits[visit.gate, ticket].append(visit)
    for entry in entries:
        at, opening = entry.pulse.since, entry.opening
        there = [v for v in visits[entry.gate, opening.ticket] if v.since <= at <= v.until + _LEAVES_S]
        where = f"{opening.ticket}: {entry.gate} at {at:.3f}"
        if not there and not opening.is_unused:
            report.add("openings for nobody", where)
        if opening.is_unused and any(visit.went_in == opening.ticket for visit in there):
            report.add("given back though somebody went in", where)


def _server(report: Report, evidence: Evidence) -> None:
    used: Counter[str] = Counter()
    for scan in evidence.scans:
        if scan.code == "ok":
            used[scan.ticket] += {"scan": 1, "annul": -1}.get(scan.action, 0)
            if used[scan.ticket] > 1:
                report.add("tickets used twice at the server", scan.ticket)


def _sent_to_staff(evidence: Evidence) -> set[str]:
    lines = (line for gate in evidence.gates.values() for line in gate.trace)
    return {line["ticket"] for line in lines if line["event"] == "verdict" and line["reason"] == "ask_staff"}


def _counts(evidence: Evidence, entries: list[_Entry]) -> Counter[str]:
    said = Counter(visit.verdict or "nothing said" for visit in evidence.visits)
    counts = Counter({"presentations": len(evidence.visits)})
    counts.update({f"… {verdict}": count for verdict, count in sorted(said.items())})
    counts["tickets shown"] = len({ticket for visit in evidence.visits for ticket in visit.tickets})
    at_server = Counter(scan.action for scan in evidence.scans if scan.code == "ok")
    counts["admissions at the server"], counts["given back there"] = at_server["scan"], at_server["annul"]
    counts["pulses"] = len(entries)
    return counts
