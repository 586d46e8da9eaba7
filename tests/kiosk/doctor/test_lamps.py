"""The field guide's tables of lamps: what the gate really plays, and in both guides word by word."""

from pathlib import Path

import pytest

from kiosk.__main__ import main
from kiosk.doctor import lamps
from kiosk.doctor.lamps import MEANINGS
from kiosk.gate.signals import PATTERNS, SHOW_GREEN, Signal
from kiosk.verdict import Fault

DOCS = Path(__file__).parents[3] / "docs"
GUIDES = {"en": DOCS / "field-guide.md", "fr": DOCS / "fr" / "guide-terrain.md"}


def row_of(signal, language="en"):
    return lamps.by_pattern(language).splitlines()[2 + list(Signal).index(signal)]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("table", [lamps.by_pattern, lamps.by_fault])
def test_the_field_guide_holds_the_table_as_the_code_makes_it(table, language):
    told = table(language)
    assert told in GUIDES[language].read_text("utf-8"), f"paste this into {GUIDES[language].name}:\n{told}"


def test_every_pattern_that_can_be_played_has_a_row_with_its_meaning_and_no_two_look_alike():
    assert set(MEANINGS) == set(PATTERNS) == set(Signal)
    for language in ("en", "fr"):
        rows = [line.split(" | ") for line in lamps.by_pattern(language).splitlines()[2:]]
        assert len({row[0] for row in rows}) == len(Signal)
        assert all(len(row) == 3 and all(row) for row in rows)


@pytest.mark.parametrize("signal", Signal)
def test_a_row_names_the_lamps_that_are_lit_and_no_other(signal):
    seen = row_of(signal).split(" | ")[0]
    lit = frozenset().union(*(on for on, _ in PATTERNS[signal].steps))
    assert {lamp for lamp in ("red", "amber") if lamp in seen} == lit - {"buzzer"}
    assert ("tone" in seen) == ("buzzer" in lit)
    assert ("green" in seen) == (signal in SHOW_GREEN)
    assert ("again" in seen) == PATTERNS[signal].again


def test_steps_that_repeat_are_counted():
    assert row_of(Signal.WAIT).startswith("| 3 × (amber + tone 0.08 s, dark 0.08 s), amber (stays) |")
    assert row_of(Signal.WAIT, "fr").startswith("| 3 × (orange + son 0,08 s, éteint 0,08 s), orange (reste) |")


def test_every_fault_has_a_row():
    names = [line.split("`")[1] for line in lamps.by_fault("en").splitlines()[2:]]
    assert names == list(map(str, Fault))


def test_the_command_prints_all_four_tables_and_needs_no_settings(capsys):
    assert main(["doctor", "--lamps"]) == 0
    printed = capsys.readouterr().out
    tables = [table(language) for language in ("fr", "en") for table in (lamps.by_pattern, lamps.by_fault)]
    assert printed == "\n".join(tables)
