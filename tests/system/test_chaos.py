"""The real gates and the real server through kills, cuts and a bad network, in short; `make chaos` is the long form."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests import needs
from tests.chaos import ambush
from tests.chaos.run import Plan, run
from tests.chaos.steps import Killed

SEED = "a short one"  # the plan is the same each time; how it falls out with the machine's own pace is not


def go_through(plan: Plan) -> list[Killed]:
    """Nothing must be found. Where something is, the evidence is kept, longer than pytest would."""
    folder = Path(tempfile.mkdtemp(prefix="portillon-chaos-"))
    report, killed = run(folder, plan, print)
    assert report.findings == [], f"{report}\nEvidence: {folder}"
    shutil.rmtree(folder)
    return killed


def test_through_every_fault_nobody_gets_in_twice_and_no_paid_guest_is_lost() -> None:
    go_through(Plan(presentations=50, gates=4, seed=SEED))


def test_killed_at_each_sync_of_its_journal_a_gate_lets_the_guest_in_once_or_sends_him_to_staff() -> None:
    if not ambush.is_possible():
        needs.missing("strace is not installed here, or may not trace")
    killed = go_through(Plan(presentations=0, gates=1, seed=SEED, shares=(0.0, 1.0), calls=("fdatasync",)))
    assert {each.on_disk for each in killed} >= {"attempt", "asked", "opening", "opened", "passed"}
    assert any(each.where.startswith("server") for each in killed)
