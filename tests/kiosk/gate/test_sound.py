"""A passive buzzer on gpiozero's own mock PWM pins: pitches, volume, and the hours in which it is silent."""

import itertools
import subprocess
import sys
from datetime import datetime, time, timedelta

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from kiosk import settings
from kiosk.gate.signals import PATTERNS, PITCHES, Player, Signal, heard
from kiosk.gate.sound import Tone, is_quiet, is_within
from kiosk.trace import Trace

BUZZER = 25


@pytest.fixture
def pins():
    return MockFactory(pin_class=MockPWMPin)


@pytest.fixture
def make_tone(pins, trace):
    made = []

    def make(volume=1.0, active_high=True):
        made.append(Tone("buzzer", BUZZER, active_high, volume, pins, Trace(trace.file)))
        return made[-1]

    yield make
    for tone in made:
        tone.close()


def sounding(signal):
    return [step.hertz for step in heard(signal, False) if "buzzer" in step.on]


def test_every_tone_of_every_pattern_has_a_pitch_and_no_other_pitch_is_there():
    tones = {signal: sum("buzzer" in on for on, _ in pattern.steps) for signal, pattern in PATTERNS.items()}
    assert {signal: len(pitches) for signal, pitches in PITCHES.items()} == {s: n for s, n in tones.items() if n}
    assert all(hertz > 0 for signal in Signal for hertz in sounding(signal))


def test_pitches_of_two_signals_are_a_fourth_apart_or_more():
    for one, other in itertools.combinations(PITCHES, 2):
        apart = min(max(a, b) / min(a, b) for a in PITCHES[one] for b in PITCHES[other])
        assert apart >= 1.33, (one, other)


def test_a_refusal_is_low_and_falls_and_an_admission_is_high():
    first, second = sounding(Signal.REFUSED)
    assert second < first < sounding(Signal.ADMITTED)[0] / 2


def test_quiet_hours_take_the_tones_and_leave_the_lamps():
    for signal in set(Signal) - {Signal.EMERGENCY}:
        steps = heard(signal, True)
        assert not any("buzzer" in step.on for step in steps)
        assert [step.on for step in steps] == [on - {"buzzer"} for on, _ in PATTERNS[signal].steps]


def test_an_emergency_sounds_in_quiet_hours_too():
    assert heard(Signal.EMERGENCY, True) == heard(Signal.EMERGENCY, False)
    assert sounding(Signal.EMERGENCY)


def test_a_tone_drives_its_pin_at_the_pitch_for_half_of_the_time_at_most(make_tone, pins):
    tone = make_tone()
    tone.set(True, 2093)
    assert (pins.pin(BUZZER).frequency, pins.pin(BUZZER).state) == (2093, 0.5)
    tone.set(False)
    assert pins.pin(BUZZER).state == 0


def test_volume_is_the_share_of_a_period(make_tone, pins):
    make_tone(volume=0.2).set(True, 1047)
    assert pins.pin(BUZZER).state == pytest.approx(0.1)


def test_with_an_active_low_driver_silence_is_a_high_pin(make_tone, pins):
    tone = make_tone(active_high=False)
    assert pins.pin(BUZZER).state == 1
    tone.set(True, 1047)
    assert pins.pin(BUZZER).state == 0.5
    tone.set(False)
    assert pins.pin(BUZZER).state == 1


def test_the_trace_tells_each_pitch_and_each_silence_once(make_tone, trace):
    tone = make_tone()
    for hertz in (523, 523, 392):
        tone.set(True, hertz)
    tone.set(False)
    tone.set(False)
    assert trace.values("buzzer") == [0, 1, 1, 0]


def test_a_closed_tone_leaves_its_pin_silent(pins, trace):
    tone = Tone("buzzer", BUZZER, True, 1.0, pins, Trace(trace.file))
    tone.set(True, 2093)
    tone.close()
    assert pins.pin(BUZZER).frequency is None
    assert trace.values("buzzer")[-1] == 0


def test_a_gate_with_a_passive_buzzer_plays_a_refusal_in_two_pitches(open_here, trace, eventually):
    gate = open_here(buzzer_kind="passive")
    gate.show(Signal.REFUSED)
    assert Device.pin_factory.pin(BUZZER).frequency == 523
    eventually("the second tone", lambda: Device.pin_factory.pin(BUZZER).frequency == 392)
    trace.wait_for("buzzer", 0, 1, 0, 1, 0)


def test_a_gate_in_its_quiet_hours_shows_red_and_is_silent(open_here, trace):
    now = datetime.now().astimezone()
    hours = {"quiet_from": f"{now - timedelta(hours=1):%H:%M}", "quiet_to": f"{now + timedelta(hours=1):%H:%M}"}
    gate = open_here(**hours)
    gate.show(Signal.REFUSED)
    assert (trace.values("red"), trace.values("buzzer")) == ([0, 1], [0])
    gate.show(Signal.EMERGENCY)
    assert trace.values("buzzer") == [0, 1]


def test_quiet_hours_that_begin_while_an_alarm_sounds_silence_what_is_said_next(pins, trace):
    quiet = [False]
    player = Player({"buzzer": Tone("buzzer", BUZZER, True, 1.0, pins, Trace(trace.file))}, print, lambda: quiet[0])
    player.play(Signal.ADMITTED)
    trace.wait_for("buzzer", 0, 1, 0)
    quiet[0] = True
    player.play(Signal.ADMITTED)
    player.close()
    assert trace.values("buzzer") == [0, 1, 0]


@pytest.mark.parametrize(
    ("now", "quiet"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("07:59", True), ("08:00", False)],
)
def test_quiet_hours_go_over_midnight(now, quiet):
    assert is_within(time.fromisoformat(now), time(22), time(8)) is quiet


def test_quiet_hours_of_one_day_end_on_it():
    assert [is_within(time(hour), time(13), time(15)) for hour in (12, 13, 14, 15)] == [False, True, True, False]


def test_without_quiet_hours_it_is_never_quiet():
    assert not is_quiet(settings.Gate(pins="mock"))


def test_on_the_pis_own_pins_a_tone_is_pwm_at_its_pitch_and_ends_off(chip):
    code = f"""
from kiosk.gate.pins import open_factory
from kiosk.gate.sound import Tone
from kiosk.trace import Trace
tone = Tone("buzzer", {BUZZER}, True, 1.0, open_factory("lgpio"), Trace(None))
tone.set(True, 2093)
tone.set(False)
tone.close()
"""
    subprocess.run([sys.executable, "-c", code], env=chip.environment, check=True, timeout=60)
    waves = [level for call, level in chip.calls(BUZZER) if call == "pwm"]
    assert "2093/50" in waves
    assert waves[-2:] == ["2093/0", "0/0"]
