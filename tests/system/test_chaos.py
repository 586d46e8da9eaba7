"""The real gates and the real server through kills, cuts and a bad network, in short; `make chaos` is the long form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import ambush
from tests.chaos.run import Plan, run

SEED = "a short one"  # the plan is the same each time; how it falls out with the machine's own pace is not


def test_through_every_fault_nobody_gets_in_twice_and_no_paid_guest_is_lost(tmp_path: Path) -> None:
    report, _ = run(tmp_path, Plan(presentations=80, gates=4, seed=SEED), print)
    assert report.findings == [], report
    assert report.counts["pulses"] > 0


@pytest.mark.skipif(not ambush.is_possible(), reason="strace is not installed here, or may not trace")
def test_killed_at_each_sync_of_its_journal_a_gate_lets_the_guest_in_once_or_sends_him_to_staff(tmp_path: Path) -> None:
    plan = Plan(presentations=0, gates=1, seed=SEED, shares=(0.0, 1.0), calls=("fdatasync",))
    report, killed = run(tmp_path, plan, print)
    assert report.findings == [], report
    assert {each.on_disk for each in killed} >= {"attempt", "asked", "opening", "opened"}
    assert any(each.where.startswith("server") for each in killed)
