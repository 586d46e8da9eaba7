"""What lamps and buzzer say: everything differs from everything else, for eyes that see no red and for ears alone."""

import itertools
import re
import subprocess
import sys

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from kiosk.gate.lines import Line
from kiosk.gate.signals import PATTERNS, SHOW_GREEN, Player, Signal
from kiosk.trace import Trace

PINS = {"red": 23, "amber": 24, "buzzer": 25}


@pytest.fixture
def player(trace):
    factory = MockFactory(pin_class=MockPWMPin)
    lines = {name: Line(name, pin, True, factory, Trace(trace.file)) for name, pin in PINS.items()}
    it = Player(lines, print)
    yield it
    it.close()


def _as(signal, *outputs):
    """What these outputs do over time, for this signal."""
    pattern = PATTERNS[signal]
    steps = [(on & set(outputs), seconds) for on, seconds in pattern.steps]
    return steps if any(on for on, _ in steps) else [], pattern.again


def test_every_signal_has_a_pattern():
    assert set(PATTERNS) == set(Signal)


def test_no_two_signals_look_alike():
    looks = {signal: (_as(signal, "red", "amber"), signal in SHOW_GREEN) for signal in Signal}
    assert [(a, b) for a, b in itertools.combinations(Signal, 2) if looks[a] == looks[b]] == []


def test_no_two_signals_sound_alike():
    heard = [signal for signal in Signal if _as(signal, "buzzer")[0]]
    alike = [(a, b) for a, b in itertools.combinations(heard, 2) if _as(a, "buzzer") == _as(b, "buzzer")]
    assert alike == []
    assert set(heard) == {Signal.ADMITTED, Signal.REFUSED, Signal.WAIT, Signal.EMERGENCY, Signal.ALARM}


def test_no_pattern_holds_what_lets_people_in():
    assert not {"relay", "green"} & {line for pattern in PATTERNS.values() for on, _ in pattern.steps for line in on}


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


def test_a_lamp_that_can_not_be_moved_is_told_once_and_stops_no_other(chip):
    code = f"""
import time
from kiosk.gate.lines import Line
from kiosk.gate.pins import open_factory
from kiosk.gate.signals import Player, Signal
from kiosk.trace import Trace
factory = open_factory("lgpio")
lines = {{name: Line(name, pin, True, factory, Trace(None)) for name, pin in {PINS}.items()}}
player = Player(lines, lambda what: print(what, flush=True))
open({str(chip.folder / "broken-23")!r}, "w").close()
player.play(Signal.REFUSED)
while lines["buzzer"].is_on():
    time.sleep(0.01)
player.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=chip.environment, check=True, timeout=60, capture_output=True, text=True
    )
    assert re.fullmatch("red can't be moved: bad (write|read)\n", done.stdout)
    assert chip.levels(PINS["buzzer"]).count(1) >= 1
