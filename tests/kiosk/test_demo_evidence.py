"""The demo's own judge: a trace that is wrong in any one way is told from a good one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.demo.evidence import Expected, Line, Seen, is_settled, look, mistakes, whole_run

ENTERS = Expected("admitted", lamp="green", pulses=1, ticket="u")
REFUSED = Expected("refused", "already_scanned", lamp="red", ticket="u")


def verdict(t: float, outcome: str, why: str | None = None, scan_id: str = "s") -> Line:
    kind = "fault" if outcome == "unknown" else "reason"
    return {"t": t, "event": "verdict", "scan_id": scan_id, "ticket": "u", "verdict": outcome, kind: why}


def pin(t: float, name: str, value: int) -> Line:
    return {"t": t, "event": "pin", "pin": name, "value": value}


def admission(t: float) -> list[Line]:
    """A guest let in at ``t``: what was read and asked, the verdict, the pulse, the lamp."""
    return [
        {"t": t - 0.02, "event": "presentation", "ticket": "u", "read_ms": 18.0},
        {"t": t - 0.01, "event": "answered", "scan_id": "s", "ask_ms": 9.5},
        verdict(t, "admitted"),
        pin(t + 0.002, "relay", 1),
        {"t": t + 0.002, "event": "opened", "scan_id": "s"},
        pin(t + 0.003, "green", 1),
        pin(t + 0.302, "relay", 0),
    ]


def refusal(t: float) -> list[Line]:
    return [verdict(t, "refused", "already_scanned"), pin(t + 0.001, "red", 1)]


def test_a_good_admission_has_no_mistakes_and_its_times_are_split() -> None:
    seen = look(admission(10), since=9)
    assert mistakes(ENTERS, seen) == []
    assert is_settled(ENTERS, seen)
    assert (seen.read_ms, seen.ask_ms) == (18.0, 9.5)
    assert seen.act_ms == pytest.approx(2.0)
    assert seen.pulses == (pytest.approx(300.0),)


def test_a_good_refusal_has_no_mistakes() -> None:
    assert mistakes(REFUSED, look(refusal(10), since=9)) == []


def test_a_scene_waits_for_the_end_of_its_pulse() -> None:
    assert not is_settled(ENTERS, look(admission(10)[:-1], since=9))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "another verdict"),
        (refusal(10), "another verdict"),
        (admission(10)[:3], "0 pulse(s) instead of 1"),
        ([*admission(10), pin(11, "relay", 1), pin(11.3, "relay", 0)], "2 pulse(s) instead of 1"),
        (admission(10)[:-1], "a pulse that did not end"),
        ([*admission(10)[:-1], pin(12.5, "relay", 0)], "a pulse of 2498 ms instead of 300"),
        ([*admission(10)[:-1], pin(10.05, "relay", 0)], "a pulse of 48 ms instead of 300"),
        ([*admission(10), pin(10.01, "red", 1)], "lamps lit: green, red"),
        ([line for line in admission(10) if line.get("pin") != "green"], "lamps lit: none"),
        ([*admission(10), verdict(10.2, "refused", "already_scanned")], "another verdict"),
        ([*admission(10)[:2], verdict(10, "admitted") | {"ticket": "other"}], "ticket other instead of u"),
    ],
)
def test_each_thing_that_is_wrong_with_an_admission_is_named(lines: list[Line], words: str) -> None:
    assert words in mistakes(ENTERS, look(lines, since=9))


def test_a_pulse_without_an_admission_is_a_mistake_of_its_scene_and_of_the_run() -> None:
    lines = [*refusal(10), pin(10.1, "relay", 1), pin(10.4, "relay", 0)]
    assert mistakes(REFUSED, look(lines, since=9)) == ["1 pulse(s) instead of 0"]
    assert "pulse 1 had no admission before it" in whole_run(lines)


def test_another_scan_id_after_unknown_is_a_mistake() -> None:
    before = look([verdict(5, "unknown", "no_network", "first")], since=4)
    goes_on = replace(ENTERS, goes_on=True)
    assert mistakes(goes_on, look(admission(10), since=9), before) == [
        "another scan id than the presentation it goes on with"
    ]
    same = [line | {"scan_id": "first"} if "scan_id" in line else line for line in admission(10)]
    assert mistakes(goes_on, look(same, since=9), before) == []


def test_a_lamp_that_was_on_and_stays_on_counts_and_one_that_goes_off_does_not() -> None:
    lines = [pin(1, "red", 1), pin(2, "amber", 1), verdict(10, "refused", "already_scanned"), pin(10.001, "amber", 0)]
    assert look(lines, since=9).lamps == {"red"}


def test_a_blinking_lamp_counts_while_it_is_dark() -> None:
    lines = [verdict(10, "unknown", "no_network"), pin(10.1, "amber", 1), pin(10.6, "amber", 0)]
    assert look(lines, since=9).lamps == {"amber"}


def test_a_pairing_is_told_from_its_states() -> None:
    lines: list[Line] = [{"t": 10, "event": "state", "state": "pairing"}, {"t": 11, "event": "state", "state": "ready"}]
    assert mistakes(Expected("ready"), look(lines, since=9)) == []
    assert mistakes(Expected("ready"), look(lines[:1], since=9)) == ["another verdict"]


def test_a_whole_run_is_good_when_each_pulse_follows_its_own_admission() -> None:
    assert whole_run([*admission(10), *refusal(14), *admission(20)]) == []


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([*admission(10), *admission(20)[:3]], "1 pulse(s) for 2 admission(s)"),
        ([*admission(10), pin(15, "relay", 1), pin(15.3, "relay", 0)], "2 pulse(s) for 1 admission(s)"),
        ([*admission(10), pin(15, "relay", 1), pin(15.3, "relay", 0)], "pulse 2 had no admission before it"),
        (admission(10)[:-1], "the relay is still on"),
        ([*admission(10)[:-1], pin(13, "relay", 0)], "a pulse of 2998 ms instead of 300"),
    ],
)
def test_each_thing_that_is_wrong_with_a_run_is_named(lines: list[Line], words: str) -> None:
    assert words in whole_run(lines)


def test_what_was_seen_can_be_read_by_a_person() -> None:
    assert str(REFUSED) == "refused (already_scanned), 0 pulse(s), red lamp"
    assert str(look(admission(10), since=9)) == "admitted, 1 pulse(s), green lamp"
    assert isinstance(look([], since=0), Seen)
    assert str(look([], since=0)) == "nothing, 0 pulse(s), no lamp"
