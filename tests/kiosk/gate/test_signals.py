"""What lamps and buzzer say: everything differs from everything else, for eyes that see no red and for ears alone."""

import itertools

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from kiosk.gate.lines import Line
from kiosk.gate.signals import PATTERNS, Player, Signal
from kiosk.trace import Trace

PINS = {"red": 23, "amber": 24, "buzzer": 25}


@pytest.fixture
def player(trace):
    factory = MockFactory(pin_class=MockPWMPin)
    lines = {name: Line(name, pin, True, factory, Trace(trace.file)) for name, pin in PINS.items()}
    it = Player(lines, print)
    yield it
    it.close()


def _as(lamp, signal):
    """What this output does over time, for this signal."""
    pattern = PATTERNS[signal]
    return [(lamp in on, seconds) for on, seconds in pattern.steps], pattern.again


def test_every_signal_has_a_pattern_and_no_two_are_alike():
    assert set(PATTERNS) == set(Signal)
    assert all(one != other for one, other in itertools.combinations(PATTERNS.values(), 2))


def test_no_pattern_holds_what_lets_people_in():
    assert not {"relay", "green"} & {line for pattern in PATTERNS.values() for on, _ in pattern.steps for line in on}


def test_the_three_answers_sound_different():
    answers = [Signal.ADMITTED, Signal.REFUSED, Signal.WAIT]
    assert all(_as("buzzer", one) != _as("buzzer", other) for one, other in itertools.combinations(answers, 2))


def test_a_refusal_shows_red_and_nothing_else_shows_red_steadily():
    assert all("red" in on for on, _ in PATTERNS[Signal.REFUSED].steps)
    steady = [s for s, pattern in PATTERNS.items() if all("red" in on for on, _ in pattern.steps)]
    assert steady == [Signal.REFUSED]


def test_a_refusal_has_two_tones_longer_than_the_one_of_an_admission():
    def tones(signal):
        return [seconds for on, seconds in PATTERNS[signal].steps if "buzzer" in on]

    [welcome] = tones(Signal.ADMITTED)
    assert len(tones(Signal.REFUSED)) == 2
    assert min(tones(Signal.REFUSED)) > 2 * welcome


def test_the_first_step_is_out_when_play_returns(player, trace):
    player.play(Signal.REFUSED)
    assert (trace.values("red")[-1], trace.values("buzzer")[-1]) == (1, 1)


def test_a_pattern_played_once_ends_with_its_last_step_and_a_silent_buzzer(player, trace):
    player.play(Signal.REFUSED)
    trace.wait_for("buzzer", 0, 1, 0, 1, 0)
    assert trace.values("red") == [0, 1]


def test_a_blinking_pattern_goes_on(player, trace, eventually):
    player.play(Signal.FAULT)
    eventually("three turns", lambda: trace.values("amber").count(1) >= 3 and trace.values("red").count(1) >= 3)


def test_the_same_refusal_again_sounds_again(player, trace):
    player.play(Signal.REFUSED)
    trace.wait_for("buzzer", 0, 1, 0, 1, 0)
    player.play(Signal.REFUSED)
    trace.wait_for("buzzer", 0, 1, 0, 1, 0, 1, 0, 1, 0)


def test_other_news_ends_a_pattern_at_once(player, trace):
    player.play(Signal.REFUSED)
    player.play(Signal.DARK)
    assert [trace.values(name)[-1] for name in PINS] == [0, 0, 0]


def test_a_closed_player_is_dark_and_can_be_closed_again(player, trace):
    player.play(Signal.UNPAIRED)
    player.close()
    player.close()
    assert [trace.values(name)[-1] for name in PINS] == [0, 0, 0]
