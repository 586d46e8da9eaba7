"""The judge can fail: every rule is broken by hand once, and each break is found under its own name."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.chaos.evidence import Evidence, GateEvidence, Opening, Scan
from tests.chaos.guests import Kind, Visit
from tests.chaos.judge import LONGEST_S, RULES, judge
from tests.chaos.venue import Line


def relay(since: float, until: float | None) -> list[Line]:
    edges: list[Line] = [{"t": since, "event": "pin", "pin": "relay", "value": 1}]
    return edges if until is None else [*edges, {"t": until, "event": "pin", "pin": "relay", "value": 0}]


def verdict(t: float, scan_id: str, ticket: str, outcome: str, reason: str | None = None) -> Line:
    return {"t": t, "event": "verdict", "scan_id": scan_id, "ticket": ticket, "verdict": outcome, "reason": reason}


def visit(gate: str, ticket: str, since: float, until: float, outcome: str = "admitted") -> Visit:
    went_in = ticket if outcome == "admitted" else None
    return Visit(gate, Kind.HONEST, (ticket,), since, until, outcome, None, ticket, went_in, went_in)


# Ann comes in at the first gate, her copy is refused at the second; Bob's first answer is lost, then he comes in.
FIRST = GateEvidence(
    trace=(
        verdict(10.0, "a1", "ann", "admitted"),
        *relay(10.1, 10.2),
        verdict(20.0, "b1", "bob", "unknown"),
        verdict(25.0, "b1", "bob", "admitted"),
        *relay(25.1, 25.2),
    ),
    openings=(Opening(10.05, "a1", "ann"), Opening(25.05, "b1", "bob")),
)
SECOND = GateEvidence(trace=(verdict(15.0, "a2", "ann", "refused", "already_scanned"),), openings=())
GOOD = Evidence(
    may_enter={"ann": True, "bob": True, "eve": False},
    visits=(
        visit("first", "ann", 9.5, 10.3),
        visit("second", "ann", 14.5, 15.3, "refused"),
        visit("first", "bob", 19.5, 22.0, "unknown"),
        visit("first", "bob", 24.5, 25.3),
    ),
    gates={"first": FIRST, "second": SECOND},
    scans=(
        Scan("scan", "first", "a1", "ann", "ok"),
        Scan("scan", "second", "a2", "ann", "already_scanned"),
        Scan("scan", "first", "b1", "bob", "ok"),
    ),
)


def at_first(trace: Sequence[Line] = (), openings: Sequence[Opening] = (), crashes: int = 0) -> Evidence:
    """The good run, with more at its first gate."""
    more = replace(FIRST, trace=(*FIRST.trace, *trace), openings=(*FIRST.openings, *openings), crashes=crashes)
    return replace(GOOD, gates={**GOOD.gates, "first": more})


def rules(evidence: Evidence) -> set[str]:
    return {finding.rule for finding in judge(evidence).findings}


def test_a_good_run_has_no_findings_and_is_counted() -> None:
    report = judge(GOOD)
    assert report.findings == []
    assert {what: report.counts[what] for what in ("presentations", "pulses", "admissions at the server")} == {
        "presentations": 4,
        "pulses": 2,
        "admissions at the server": 2,
    }


def test_two_pulses_for_one_ticket_at_one_gate_are_a_double_admission() -> None:
    again = at_first(relay(30.1, 30.2), [Opening(30.0, "a3", "ann")])
    assert "double admissions" in rules(again)


def test_two_pulses_for_one_ticket_at_two_gates_are_a_double_admission() -> None:
    second = replace(SECOND, trace=(*SECOND.trace, *relay(40.1, 40.2)), openings=(Opening(40.0, "a2", "ann"),))
    assert "double admissions" in rules(replace(GOOD, gates={"first": FIRST, "second": second}))


def test_a_paid_guest_who_was_never_let_in_is_lost() -> None:
    lost = replace(GOOD, visits=(*GOOD.visits, visit("first", "dan", 30, 33, "unknown")))
    assert rules(replace(lost, may_enter={**GOOD.may_enter, "dan": True})) == {"paid guests lost"}


def test_a_guest_sent_to_staff_after_a_crash_is_counted_and_not_lost() -> None:
    told = at_first([verdict(30.0, "d1", "dan", "refused", "ask_staff")], [Opening(28.0, "d0", "dan")])
    report = judge(replace(told, visits=(*GOOD.visits, visit("first", "dan", 29, 31, "refused"))))
    assert report.findings == []
    assert report.counts["sent to staff"] == 1


def test_a_guest_sent_to_staff_where_nothing_crashed_is_found() -> None:
    told = at_first([verdict(30.0, "d1", "dan", "refused", "ask_staff")])
    assert rules(told) == {"sent to staff without a crash"}


def test_a_pulse_for_a_cancelled_ticket_is_found() -> None:
    assert "let in without a right" in rules(at_first(relay(30.1, 30.2), [Opening(30.0, "e1", "eve")]))


@pytest.mark.parametrize("opening", [[], [Opening(20.0, "c1", "ann")]])
def test_a_pulse_that_no_fresh_line_of_the_journal_announced_is_found(opening: list[Opening]) -> None:
    assert "openings without a journaled cause" in rules(at_first(relay(30.1, 30.2), opening))


def test_one_line_of_the_journal_is_the_cause_of_one_pulse_only() -> None:
    assert rules(at_first(relay(25.4, 25.5))) == {"openings without a journaled cause"}


def test_a_pulse_in_front_of_nobody_is_found() -> None:
    alone = replace(GOOD, visits=GOOD.visits[:-1])
    assert rules(alone) == {"openings for nobody", "paid guests lost"}


def test_an_opening_that_nobody_used_may_be_followed_by_another() -> None:
    first = replace(FIRST, openings=(replace(FIRST.openings[0], is_unused=True), FIRST.openings[1]))
    turned_back = replace(GOOD.visits[0], went_in=None)
    second = replace(
        SECOND,
        trace=(verdict(40.0, "a3", "ann", "admitted"), *relay(40.1, 40.2)),
        openings=(Opening(40.05, "a3", "ann"),),
    )
    scans = (*GOOD.scans, Scan("annul", "first", "a1", "ann", "ok"), Scan("scan", "second", "a3", "ann", "ok"))
    visits = (turned_back, *GOOD.visits[2:], visit("second", "ann", 39.5, 40.3))
    assert judge(replace(GOOD, gates={"first": first, "second": second}, scans=scans, visits=visits)).findings == []


def test_an_opening_given_back_though_somebody_went_in_is_found() -> None:
    first = replace(FIRST, openings=(replace(FIRST.openings[0], is_unused=True), FIRST.openings[1]))
    assert rules(replace(GOOD, gates={**GOOD.gates, "first": first})) == {"given back though somebody went in"}


def test_two_people_who_went_in_on_one_ticket_are_a_double_admission_whatever_the_gates_say() -> None:
    assert rules(replace(GOOD, visits=(*GOOD.visits, visit("first", "bob", 24.6, 25.3)))) == {"double admissions"}


@pytest.mark.parametrize("until", [30.1 + LONGEST_S + 0.1, None])
def test_a_pulse_that_is_too_long_or_does_not_end_is_found(until: float | None) -> None:
    assert "pulses beyond their bound" in rules(at_first(relay(30.1, until), [Opening(30.0, "x", "cid")]))


def test_the_end_of_a_pulse_that_a_killed_guardian_could_not_write_down_is_its_death() -> None:
    gate = GateEvidence(trace=relay(30.0, 39.0), openings=(), blind=(30.05,))
    assert [pulse.until for pulse in gate.pulses()] == [30.05]


def test_a_verdict_that_changes_is_found() -> None:
    assert "verdicts that changed" in rules(at_first([verdict(30.0, "a1", "ann", "refused", "already_scanned")]))


@pytest.mark.parametrize("said", [("admitted", None), ("refused", "already_scanned")])
def test_a_verdict_that_the_server_never_gave_is_found(said: tuple[str, str | None]) -> None:
    assert rules(at_first([verdict(30.0, "c1", "cid", *said)])) == {"verdicts that the server never gave"}


@pytest.mark.parametrize("said", [("admitted", None), ("refused", "already_scanned")])
def test_without_scan_ids_a_verdict_that_the_server_never_gave_is_found_by_its_ticket(
    said: tuple[str, str | None],
) -> None:
    third = GateEvidence(trace=[verdict(30.0, "c1", "cid", *said)], openings=(), has_scan_ids=False)
    alone = replace(GOOD, gates={**GOOD.gates, "third": third})
    assert rules(alone) == {"verdicts that the server never gave"}
    assert rules(replace(alone, scans=(*GOOD.scans, Scan("scan", "third", None, "cid", "ok")))) == set()


def test_a_ticket_that_the_server_gave_twice_is_found() -> None:
    assert rules(replace(GOOD, scans=(*GOOD.scans, Scan("scan", "second", "x", "bob", "ok")))) == {
        "tickets used twice at the server"
    }


def test_a_gate_that_crashed_is_found() -> None:
    assert rules(at_first(crashes=1)) == {"gates that crashed by themselves"}


def test_every_rule_stands_in_the_report_with_its_count() -> None:
    lines = str(judge(at_first(crashes=1))).splitlines()
    for rule in RULES:
        assert any(line.split(maxsplit=1) == ["1" if "crashed" in rule else "0", rule] for line in lines)
