"""What the gate logs is kept for the page, and costs whoever logs nothing."""

from __future__ import annotations

import logging

import pytest

from kiosk.tech.lines import Lines


def test_a_line_that_can_not_be_formatted_is_told_and_raises_into_nobody_who_logs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = Lines()
    logger = logging.Logger("a library", logging.INFO)  # below no other: pytest's own handlers fail at such a line
    logger.addHandler(lines)
    logger.info("%d tickets", "no number of")
    logger.info("%d tickets", 2)
    upto, kept = lines.since(0, 10_000)
    assert (upto, [line.partition(": ")[2] for line in kept]) == (1, ["2 tickets"])
    assert "no number of" in capsys.readouterr().err
