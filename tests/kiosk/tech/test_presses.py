"""What the page's buttons do to a gate, and when they do nothing. On a real journal; the test card's world."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import pytest

from kiosk.edges import Contact, Pulsed, State
from kiosk.first_boot.trying_out import LAMP_S, RESULT_S
from kiosk.tech.channel import Press
from kiosk.tech.presses import Hands, Presses
from kiosk.turns import STALL_S
from kiosk.verdict import ADMITTED, Fault, unknown
from tests.kiosk.decision.test_presentations import A, B
from tests.kiosk.first_boot.test_setting_up import CARD, Site

BUTTONS: list[Press] = list(get_args(Press))


class Bench(Site):
    """A paired gate with a tech at a phone."""

    def start(self) -> None:
        super().start()
        self.restarts = 0
        self.noted: list[str] = []
        hands = Hands(
            turns=self.turns,
            shown=self.display,
            trace=self.trace,
            opens=self.opens,
            is_idle=self.is_idle,
            restart=self.restart,
            note=self.noted.append,
        )
        self.presses = Presses(hands)
        self.paired()
        self.display.idle_as(State.READY)

    def is_idle(self, now: float) -> bool:
        """As the daemon has it."""
        is_free = self.turns.is_idle() and self.turns.is_free(now)
        return self.passage.is_idle() and is_free and not self.setting_up.is_trying_out

    def restart(self) -> None:
        self.restarts += 1

    def see(self, *seen) -> None:
        if not self.presses.is_under_way:
            super().see(*seen)

    def tick(self) -> None:
        super().tick()
        self.presses.tick(self.now, self.contacts.is_emergency)

    def press(self, what: Press) -> str:
        return self.presses.press(what, self.now)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_one_press_opens_once_and_the_journal_says_with_what_before_the_pulse(bench: Bench) -> None:
    assert bench.press("open") == "begun"
    assert [(what, notes) for what, _, notes in bench.order if what == "pulse"] == [("pulse", ["test"])]
    assert [line["cause"] for line in bench.lines() if line.get("note") == "test"] == ["tech page"]
    bench.wait(1)
    bench.go_through()
    bench.wait(RESULT_S + 1)
    assert bench.states()[-3:] == [State.TEST_OPEN, State.TEST_PASSED, State.READY]
    assert bench.pulses() == ["test"]


@pytest.mark.parametrize(("what", "state"), [("red", State.TEST_RED), ("amber", State.TEST_AMBER)])
def test_a_lamp_is_shown_for_a_while_and_nothing_moves(bench: Bench, what: Press, state: State) -> None:
    assert bench.press(what) == "begun"
    bench.wait(LAMP_S + 0.5)
    assert bench.states()[-2:] == [state, State.READY]
    assert bench.pulses() == []


@pytest.mark.parametrize("what", BUTTONS)
def test_while_a_guest_is_asked_for_nothing_is_done(bench: Bench, what: Press) -> None:
    bench.see(A)
    assert bench.press(what) == "busy"
    assert (bench.pulses(), bench.restarts, bench.noted) == ([], 0, [])
    bench.answer(ADMITTED)
    assert bench.pulses() == ["scan-1"], "the guest is served as if nobody had pressed"


@pytest.mark.parametrize("what", BUTTONS)
def test_while_a_guest_goes_through_nothing_is_done(bench: Bench, what: Press) -> None:
    bench.present(A, ADMITTED)
    assert bench.press(what) == "busy"
    assert (bench.pulses(), bench.restarts) == (["scan-1"], 0)


@pytest.mark.parametrize("what", BUTTONS)
def test_while_a_guest_waits_for_an_answer_nothing_is_done(bench: Bench, what: Press) -> None:
    bench.see(A)
    bench.answer(unknown(Fault.NO_NETWORK))
    bench.wait(0.3, A)
    assert (bench.press(what), bench.pulses(), bench.restarts) == ("busy", [], 0)


@pytest.mark.parametrize("what", BUTTONS)
def test_while_somebody_s_turn_is_due_nothing_is_done(bench: Bench, what: Press) -> None:
    bench.see(A)
    bench.answer(ADMITTED)
    bench.wait(3)
    bench.see(B)
    bench.answer(ADMITTED)  # waits until A went through
    assert (bench.press(what), bench.pulses()) == ("busy", ["scan-1"])


@pytest.mark.parametrize("what", BUTTONS)
def test_in_an_emergency_nothing_is_done(bench: Bench, what: Press) -> None:
    bench.touch(Contact.EMERGENCY)
    assert (bench.press(what), bench.pulses(), bench.restarts) == ("busy", [], 0), "before the loop has turned"
    bench.wait(1)
    assert (bench.press(what), bench.pulses(), bench.restarts) == ("emergency", [], 0)


def test_an_emergency_ends_what_is_tried(bench: Bench) -> None:
    bench.press("red")
    bench.touch(Contact.EMERGENCY)
    bench.wait(1)
    bench.touch(Contact.EMERGENCY, active=False)
    bench.wait(10)
    assert (bench.pulses(), bench.presses.is_under_way, bench.states()[-1]) == ([], False, State.READY)


@pytest.mark.parametrize("what", BUTTONS)
def test_two_presses_at_once_are_one(bench: Bench, what: Press) -> None:
    assert bench.press("open") == "begun"
    assert bench.press(what) == "busy"
    assert (bench.pulses(), bench.restarts) == (["test"], 0)


def test_after_an_opening_the_gate_rests_before_the_next(tmp_path: Path) -> None:
    bench = Bench(tmp_path, passage_s=None)
    bench.press("open")
    for _ in range(40):
        bench.wait(0.1)
        bench.press("open")
    assert len(bench.pulses()) == 1


@pytest.mark.parametrize("what", BUTTONS)
def test_while_the_test_card_leads_through_its_steps_nothing_is_done(bench: Bench, what: Press) -> None:
    bench.setting_up.unlock(bench.now)
    bench.see(CARD)
    assert bench.setting_up.is_trying_out
    assert (bench.press(what), bench.pulses(), bench.restarts) == ("busy", [], 0)


def test_what_can_not_be_journaled_is_not_opened(bench: Bench) -> None:
    bench.disk_fills()
    assert (bench.press("open"), bench.pulses()) == ("not_opened", [])


def test_an_opening_whose_line_the_card_took_too_long_for_is_not_given(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.turns.seconds_since = lambda moment: bench.now - moment
    sync = os.fsync

    def on_a_bad_card(descriptor: int) -> None:
        sync(descriptor)
        bench.now += STALL_S + 0.1

    monkeypatch.setattr(os, "fsync", on_a_bad_card)
    assert (bench.press("open"), bench.pulses()) == ("not_opened", [])
    assert bench.notes() == ["test"]


def test_a_gate_that_is_not_ready_opens_nothing_and_says_so(bench: Bench) -> None:
    bench.ready = False
    assert (bench.press("open"), bench.pulses()) == ("not_opened", [])


def test_a_pulse_that_is_not_confirmed_is_told(bench: Bench) -> None:
    bench.pulsed = Pulsed.UNSURE
    assert bench.press("open") == "not_opened"


def test_a_gate_that_only_checks_opens_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, opens=False)
    assert (bench.press("open"), bench.pulses(), bench.noted) == ("looks_only", [], [])


def test_a_ticket_that_is_held_up_during_a_test_is_served_after_it(bench: Bench) -> None:
    bench.press("red")
    bench.wait(LAMP_S - 0.5, A)
    assert bench.asked == []
    bench.wait(1, A)
    assert len(bench.asked) == 1


def test_a_restart_is_noted_and_ordered_once_nobody_is_there(bench: Bench) -> None:
    assert bench.press("restart") == "restarting"
    assert (bench.restarts, bench.noted) == (1, ["restart"])
