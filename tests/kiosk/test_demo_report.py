"""What a person reads of the demo: good scenes in one line, failed ones with what was expected and seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.demo.evidence import Expected, look
from kiosk.demo.render import Look
from kiosk.demo.report import Report
from kiosk.demo.scenes import Scene

SCENE = Scene("a ticket", "front", "code", Look(), Expected("refused", "cancelled", lamp="red"))
REFUSED = look(
    [
        {"t": 10, "event": "verdict", "ticket": None, "scan_id": "s", "verdict": "refused", "reason": "cancelled"},
        {"t": 10.001, "event": "pin", "pin": "red", "value": 1},
    ],
    since=9,
)


def test_a_good_scene_is_one_line_and_counts_as_passed(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    report.scene(SCENE, REFUSED, [], "nothing of this is shown")
    report.end()
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.split() == ["1", "✓", "front", "a", "ticket", "●", "REFUSED", "cancelled", "·", "·", "1.0"]
    assert last == "demo: 1 passed, 0 failed"
    assert report.failed == 0


def test_a_failed_scene_says_what_was_expected_and_what_was_seen(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    report.scene(SCENE, look([], since=9), ["another verdict"], "the kiosk's last words")
    report.end()
    shown = capsys.readouterr().out
    assert "✗" in shown
    assert "expected: refused (cancelled), 0 pulse(s), red lamp" in shown
    assert "seen:     nothing, 0 pulse(s), no lamp" in shown
    assert "the kiosk's last words" in shown
    assert shown.splitlines()[-1] == "demo: 0 passed, 1 failed"
    assert report.failed == 1


def test_scenes_that_could_not_be_played_count_as_failed(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    report.trouble("the ticket server does not listen", 14)
    report.end()
    assert capsys.readouterr().out.splitlines()[-1] == "demo: 0 passed, 14 failed"


def test_the_picture_holds_every_line_and_no_address_of_a_font(tmp_path: Path) -> None:
    report = Report()
    report.scene(SCENE, REFUSED, [], "")
    report.end()
    report.save_picture(tmp_path / "demo.svg")
    picture = (tmp_path / "demo.svg").read_text()
    assert "1&#160;passed" in picture
    assert "@font-face" not in picture
