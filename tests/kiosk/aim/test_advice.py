"""One thing to do, for what is wrong with a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kiosk.aim.advice import Advice, advise, best
from kiosk.aim.gauge import Measure, Seen, measure
from kiosk.aim.words import WORDS

LOOKS = {
    "good": {},
    "closer": {"share": 0.2},
    "farther": {"share": 0.95},
    "blurred": {"blur": 3.0},
    "moving": {"smear": 8.0},
    "dark": {"screen": 0.02, "light": 0.05},
}


@pytest.mark.parametrize("wanted", LOOKS)
def test_the_advice_fits_how_the_ticket_is_held(frame: Callable[..., Any], wanted: str) -> None:
    assert advise(measure(frame(**LOOKS[wanted])), 0.2).key == wanted


def test_how_much_closer_follows_from_the_distance_that_is_set(frame: Callable[..., Any]) -> None:
    """2.5 pixels a module where 3.5 are wanted: at 20 cm, 20 - 20 x 2.5 / 3.5 = 6 closer."""
    assert advise(measure(frame(share=0.2)), 0.2) == Advice("closer", 6)
    assert advise(measure(frame(share=0.2)), 0.4).cm == pytest.approx(11, abs=1)


def measured(**changed: Any) -> Measure:
    seen = {"corners": ((0, 0),) * 4, "is_read": True, "module_px": 6.0, "blur": 0.15, "smear": 1.0, "share": 0.5}
    rest = {"white": 200, "black": 30, "mean": 100, "burnt": 0.0}
    for key, value in changed.items():
        (seen if key in seen else rest)[key] = value
    return Measure(Seen(**seen), **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, "good"),
        ({"is_read": False}, "unread"),
        ({"burnt": 0.5}, "bright"),
        ({"white": 60}, "dark"),
        ({"black": 140}, "veiled"),
        ({"white": 100, "black": 60}, "veiled"),
        ({"blur": 0.4}, "blurred"),
        ({"blur": 0.4, "smear": 2.0}, "moving"),
        ({"smear": 2.0}, "good"),
        ({"blur": 0.4, "module_px": 2.0}, "closer"),
        ({"white": 60, "module_px": 2.0}, "dark"),
    ],
)
def test_what_makes_the_rest_worse_comes_first(changed: dict[str, Any], wanted: str) -> None:
    assert advise(measured(**changed), 0.2).key == wanted


def test_an_empty_frame_asks_for_a_ticket_or_for_light() -> None:
    assert advise(measure(np.full((480, 640), 127, np.uint8)), 0.2).key == "nothing"
    assert advise(measure(np.full((480, 640), 10, np.uint8)), 0.2).key == "dark"


def test_of_the_frames_of_a_bracket_the_read_one_counts_then_the_one_of_most_contrast() -> None:
    nothing = measure(np.full((480, 640), 127, np.uint8))
    unread, read, clear = measured(is_read=False), measured(white=120), measured(white=220)
    assert best([unread, nothing, read]) is read
    assert best([read, clear, unread]) is clear
    assert best([nothing, unread]) is unread


@pytest.mark.parametrize("key", WORDS)
def test_every_word_is_there_in_both_languages_with_the_same_values(key: str) -> None:
    def values(text: str) -> set[str]:
        return {part.partition("}")[0] for part in text.split("{")[1:]}

    assert WORDS[key].keys() == {"fr", "en"}
    assert values(WORDS[key]["fr"]) == values(WORDS[key]["en"])


def test_an_advice_is_said_in_the_language_asked_for() -> None:
    assert Advice("closer", 3).in_words("en") == "3 cm closer"
    assert Advice("closer", 3).in_words("fr") == "Plus près de 3 cm"
