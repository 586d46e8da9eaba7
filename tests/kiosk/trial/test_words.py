"""Everything the gate test says is there in French and in English."""

import string

import pytest

from kiosk.trial.words import WORDS, told


@pytest.mark.parametrize("key", WORDS)
def test_every_text_is_there_in_both_languages_with_the_same_values(key):
    assert WORDS[key].keys() == {"fr", "en"}
    fields = [{name for _, name, _, _ in string.Formatter().parse(text)} for text in WORDS[key].values()]
    assert fields[0] == fields[1]


def test_values_are_filled_in():
    assert told("pulsed", "fr", pulse_ms=300) == "Une impulsion de 300 ms."
