"""Doctor's texts: whole in both languages, and a fix wherever something is wrong."""

from string import Formatter

import pytest

from kiosk.doctor.finding import Level
from kiosk.doctor.remedies import REMEDIES
from kiosk.doctor.words import TEXTS
from kiosk.verdict import Fault


def figures(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_in_both_languages_with_the_same_figures(key):
    text = TEXTS[key]
    for each in (text.found, text.fix):
        if each is not None:
            assert set(each) == {"fr", "en"}
            assert all(each.values())
            assert figures(each["fr"]) == figures(each["en"])


@pytest.mark.parametrize("key", TEXTS)
def test_what_is_wrong_has_a_fix_and_what_is_well_needs_none(key):
    assert (TEXTS[key].fix is None) == (TEXTS[key].level is Level.OK)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_a_remedy_in_both_languages(fault):
    assert set(REMEDIES[fault]) == {"fr", "en"}
    assert all(REMEDIES[fault].values())
