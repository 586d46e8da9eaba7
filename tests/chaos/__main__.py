"""`python -m tests.chaos`: gates and server through every fault, and a judge. Exit 0 only when nothing was found."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import run


def main() -> int:
    """0: nothing found; 1: something was, and where the evidence is."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--presentations", type=int, default=2000)
    parser.add_argument("--gates", type=int, default=4)
    parser.add_argument("--seed", default=f"{random.SystemRandom().randrange(10**6)}")
    given = parser.parse_args()
    again = f"python -m tests.chaos --presentations {given.presentations} --gates {given.gates} --seed {given.seed}"
    print(f"chaos: seed {given.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="portillon-chaos-"))
    report = run(folder, given.presentations, given.gates, given.seed, lambda text: print(text, file=sys.stderr))
    print(report)
    if report.findings:
        print(f"chaos: {len(report.findings)} finding(s). Evidence: {folder}. The same plan again: {again}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
