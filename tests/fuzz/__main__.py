"""`python -m tests.fuzz`: an hour of mutated frames for the gate's reader. Exit 0 only when it got over them all."""

from __future__ import annotations

import argparse
import random
import sys

from tests.fuzz.run import run


def main() -> int:
    """0: nothing found; 1: something was, and its seed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(10**6), help="the same frames again"
    )
    given = parser.parse_args()
    print(f"fuzz: seed {given.seed}", flush=True)
    report = run(given.seed, 60 * given.minutes)
    print(report)
    for finding in report.findings:
        print(f"fuzz: {finding}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
