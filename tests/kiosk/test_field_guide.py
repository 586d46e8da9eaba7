"""The gates of the field guide: drawn from settings that a gate takes, in both languages, and shown in the guide."""

from pathlib import Path

import pytest

from kiosk import settings
from kiosk.wiring import as_svg, draw_up

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = {"en": DOCS / "field-guide.md", "fr": DOCS / "fr" / "guide-terrain.md"}
GATES = sorted((DOCS / "gates").glob("*.toml"))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("file", GATES, ids=lambda file: file.stem)
def test_the_picture_of_a_gate_is_what_gate_sheet_draws_from_its_settings(file, language, tmp_path):
    gate = settings.load(file, environment={}).gate
    fresh = tmp_path / "fresh.svg"
    fresh.write_text(as_svg(draw_up(gate, f"docs/gates/{file.name}", language)), "utf-8")
    committed = file.with_suffix(f".{language}.svg")
    same = committed.exists() and committed.read_text("utf-8") == fresh.read_text("utf-8")
    assert same, f"look at it, then: cp {fresh} {committed}"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_guide_shows_each_gate_with_its_picture_and_its_settings(language):
    guide = GUIDES[language].read_text("utf-8")
    assert {file.stem for file in GATES} == {"tripod", "door-strike", "light"}
    for file in GATES:
        assert f"gates/{file.stem}.{language}.svg)" in guide
        assert f"gates/{file.name})" in guide


def test_each_gate_with_a_relay_also_sees_who_goes_through():
    for file in GATES:
        gate = settings.load(file, environment={}).gate
        assert (gate.relay is None) == (gate.passage is None), file.name
