"""`python -m tests.chaos`: gates and server through every fault, and a judge. Exit 0 only when nothing was found."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import Plan, run


def main() -> int:
    """0: nothing found; 1: something was, and where the evidence is."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--presentations", type=int, default=2000)
    parser.add_argument("--gates", type=int, default=6)
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**6)), help="the same plan again")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="of mayhem, at the most")
    given = parser.parse_args()
    print(f"chaos: seed {given.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="portillon-chaos-"))
    plan = Plan(
        presentations=given.presentations,
        gates=given.gates,
        seed=given.seed,
        shares=(0.0, 0.6, 1.0),
        calls=("pwrite64", "fdatasync"),
        minutes=given.minutes,
    )
    report, _ = run(folder, plan, lambda text: print(text, file=sys.stderr))
    print(report)
    if report.findings:
        again = f"--presentations {given.presentations} --gates {given.gates} --seed {given.seed}"
        print(f"chaos: {len(report.findings)} finding(s). Evidence: {folder}. Again: python -m tests.chaos {again}")
        return 1
    shutil.rmtree(folder)
    print("chaos: nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
