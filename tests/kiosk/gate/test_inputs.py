"""Inputs: an edge is told once it is no bounce, whatever the contact's rest, and what is now is never lost."""

import select
import subprocess
import sys
import time

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from kiosk import settings
from kiosk.gate.inputs import Contact, Inputs
from kiosk.trace import Trace

PINS = {"passage": 5, "exit_request": 6, "emergency": 13, "unlock": 19, "tamper": 26}


class Bouncing(MockPWMPin):
    """A contact that closes for three readings again and again, and never for longer than a quarter of a second."""

    readings = closed_at = 0

    def _get_state(self):
        self.readings += 1
        if self.readings % 4 == 1:
            self.closed_at = time.monotonic()
        return self.readings % 4 == 0 or time.monotonic() - self.closed_at > 0.25


class Watched:
    """Inputs on mock pins of their own, what they told, and a finger for each contact."""

    def __init__(self, trace_file, pressed_in, pin_class=MockPWMPin, **wiring):
        self.factory = MockFactory(pin_class=pin_class)
        self.pressed_in = pressed_in
        self.told, self.deaths = [], []
        wired = settings.Gate(**{"pins": "mock", "relay": 17, **PINS, "mock_inputs": pressed_in, **wiring})
        tell = lambda contact, is_active: self.told.append((contact, is_active))  # noqa: E731
        self.inputs = Inputs(wired, self.factory, Trace(trace_file), tell, self.deaths.append)

    def press(self, contact):
        (self.pressed_in / contact).touch()

    def let_go(self, contact):
        (self.pressed_in / contact).unlink()


@pytest.fixture
def watch(trace, tmp_path):
    opened = []
    (tmp_path / "pressed").mkdir()

    def make(**wiring):
        opened.append(Watched(trace.file, tmp_path / "pressed", **wiring))
        return opened[-1]

    yield make
    for watched in opened:
        watched.inputs.close()
        assert watched.deaths == []


@pytest.fixture
def pressed(tmp_path):
    """Contacts that are pressed before the start."""
    (tmp_path / "pressed").mkdir(exist_ok=True)
    return lambda contact: (tmp_path / "pressed" / contact).touch()


@pytest.mark.parametrize("contact", Contact)
@pytest.mark.parametrize("rest", ["open", "closed"])
def test_a_press_and_its_end_are_told_once_each_whatever_the_contact_s_rest(watch, trace, eventually, contact, rest):
    gate = watch(normally_closed=(contact,) if rest == "closed" else ())
    gate.press(contact)
    eventually("the press", lambda: gate.told == [(contact, True)])
    assert gate.inputs.active(contact)
    gate.let_go(contact)
    eventually("its end", lambda: gate.told == [(contact, True), (contact, False)])
    assert not gate.inputs.active(contact)
    assert trace.values(contact) == [0, 1, 0]


def test_contacts_at_rest_tell_nothing(watch, trace, eventually):
    gate = watch(normally_closed=("passage", "emergency"))
    gate.press("unlock")  # when this is told, the others have been looked at as often
    eventually("something", lambda: gate.told)
    assert gate.told == [(Contact.UNLOCK, True)]


def test_a_bounce_is_no_edge(watch, trace, eventually):
    others = dict.fromkeys(PINS.keys() - {"exit_request"})
    gate = watch(pin_class=Bouncing, debounce_ms=500, mock_inputs=None, **others)
    pin = gate.factory.pin(PINS["exit_request"])
    eventually("it has bounced for longer than a contact must last", lambda: pin.readings > 200)
    assert gate.told == []
    assert trace.values("exit_request") == [0]


def test_an_edge_counts_when_every_reading_has_shown_it_for_the_whole_time(watch, trace, eventually):
    gate = watch(debounce_ms=500)
    began = time.monotonic()
    gate.press("emergency")
    eventually("the press", lambda: gate.told)
    assert trace.edges("emergency")[1][0] - began >= 0.5


def test_a_broken_wire_of_a_contact_that_is_closed_at_rest_is_active(watch, eventually):
    gate = watch(normally_closed=("emergency",), mock_inputs=None)  # nothing connected: only the pull-up
    eventually("it is told", lambda: gate.told == [(Contact.EMERGENCY, True)])


def test_what_is_active_at_the_start_is_told_once(watch, pressed, eventually):
    pressed("emergency")
    gate = watch()
    eventually("the emergency", lambda: gate.told)
    gate.press("unlock")
    eventually("the next", lambda: len(gate.told) == 2)
    assert gate.told[0] == (Contact.EMERGENCY, True)


def test_a_passage_sensor_that_is_active_at_the_start_has_seen_nobody_come(watch, pressed, trace, eventually):
    pressed("passage")
    gate = watch()
    gate.press("unlock")
    eventually("another", lambda: gate.told)
    assert gate.told == [(Contact.UNLOCK, True)]
    assert gate.inputs.active(Contact.PASSAGE)
    gate.let_go("passage")
    eventually("its end", lambda: gate.told[1:] == [(Contact.PASSAGE, False)])
    gate.press("passage")
    eventually("the first passage", lambda: gate.told[2:] == [(Contact.PASSAGE, True)])


def test_an_input_that_is_not_wired_is_never_active(watch):
    gate = watch(tamper=None)
    assert not gate.inputs.active(Contact.TAMPER)


def test_closed_inputs_tell_nothing_more_and_can_be_closed_again(watch):
    gate = watch()
    gate.inputs.close()
    gate.inputs.close()
    gate.press("passage")
    assert gate.told == []


def test_a_gate_without_inputs_needs_none(watch):
    watch(**dict.fromkeys(PINS)).inputs.close()


REAL_PINS = f"""
import sys
from pathlib import Path
from kiosk import settings
from kiosk.gate import open_gate
from kiosk.trace import Trace
wiring = settings.Gate(pins="lgpio", relay=17, normally_closed=["passage"], mock_inputs=Path(sys.argv[1]), **{PINS})
gate = open_gate(wiring, Trace(None), None, print)
tell = lambda contact, is_active: print(contact, is_active, flush=True)
inputs = gate.open_inputs(tell, lambda why: print("died of", why, flush=True))
print("watching", flush=True)
sys.stdin.read()
inputs.close()
gate.close()
"""


@pytest.fixture
def process(chip, tmp_path):
    """Outputs and inputs on one chip; its answers are read with ``hear``."""
    (tmp_path / "emergency").touch()  # a finger for mock pins: it moves no real one
    (chip.folder / f"pressed-{PINS['passage']}").touch()  # closed at rest
    command = [sys.executable, "-c", REAL_PINS, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    it = subprocess.Popen(command, **pipes, env=chip.environment)

    def hear():
        assert select.select([it.stdout], [], [], 60)[0]
        return it.stdout.readline().strip()

    it.hear = hear
    assert hear() == "watching"
    yield it
    it.communicate("", timeout=60)


def test_on_the_chip_s_own_lines_edges_are_told_under_the_pull_up(process, chip):
    (chip.folder / f"pressed-{PINS['emergency']}").touch()
    assert process.hear() == "emergency True"
    (chip.folder / f"pressed-{PINS['emergency']}").unlink()
    assert process.hear() == "emergency False"
    (chip.folder / f"pressed-{PINS['passage']}").unlink()
    assert process.hear() == "passage True"


def test_a_line_that_can_not_be_read_is_told_as_the_end_of_all_inputs(process, chip):
    (chip.folder / f"broken-{PINS['tamper']}").touch()
    assert process.hear() == "died of error: bad read"
