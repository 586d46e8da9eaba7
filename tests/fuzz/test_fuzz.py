"""Half a minute of the fuzz. What it finds names the seed, so that it can be had again."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.run import run

SECONDS = 30


def test_the_reader_gets_over_mutated_frames_and_sees_no_ticket_that_is_not_there() -> None:
    report = run(random.SystemRandom().randrange(10**6), SECONDS)
    print(report)
    if report.findings:
        pytest.fail("\n".join(report.findings))
    assert report.frames > 0
