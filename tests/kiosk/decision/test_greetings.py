"""A first name on its way from the server's answer to the screen: shown with the opening, and kept nowhere."""

import pytest

from kiosk.codes import TicketCode
from kiosk.edges import State
from kiosk.verdict import ADMITTED, Outcome, Reason, Verdict, refused

A, B = (
    TicketCode(f"data{n}:sig", f"00000000-0000-4000-8000-00000000000{n}", f"data{n}".encode(), b"sig") for n in (1, 2)
)
CAMILLE = Verdict(Outcome.ADMITTED, first_name="Camille")
DOMINIQUE = Verdict(Outcome.ADMITTED, first_name="Dominique")


@pytest.fixture
def world(world_in, tmp_path):
    return world_in(tmp_path, passage_s=8.0)


def greeted(world):
    """The names that the screen was given with an admission, in order."""
    return [verdict.first_name for state, verdict in world.shown if state is State.ADMITTED]


def test_a_guest_is_shown_by_name_as_the_gate_opens(world):
    world.see(A)
    world.answer(CAMILLE)
    assert greeted(world) == ["Camille"]


def test_who_waits_for_their_turn_is_greeted_by_their_own_name_when_it_comes(world):
    world.see(A)
    world.answer(CAMILLE)
    world.wait(1)
    world.see(B)
    world.answer(DOMINIQUE)
    world.wait(1, B)
    world.go_through()
    world.wait(2, B)
    assert greeted(world) == ["Camille", "Dominique"]


def test_a_name_that_came_too_late_greets_nobody_else(world):
    world.ready = False
    world.see(A)
    world.answer(CAMILLE)
    world.ready = True
    world.wait(10)
    world.see(B)
    world.answer(ADMITTED)
    assert greeted(world)[-1] is None


@pytest.mark.parametrize("action", ["scan", "check"])
def test_neither_journal_nor_trace_nor_memory_keeps_the_name(world_in, tmp_path, action):
    world = world_in(tmp_path, action=action)
    world.see(A)
    world.answer(CAMILLE)
    world.wait(10)
    world.see(B)
    world.answer(refused(Reason.UNKNOWN_TICKET))
    assert "Camille" in greeted(world)
    kept = world.journal.last(A.uuid, action)
    assert kept.verdict == ADMITTED
    assert kept.verdict.first_name is None
    assert world.turns._greetings == {}
    assert all("Camille" not in file.read_text("utf-8") for file in tmp_path.rglob("*") if file.is_file())
    assert "Camille" not in repr(world.traced)


def test_a_name_makes_no_difference_to_a_verdict_and_is_in_no_representation_of_it():
    assert CAMILLE == ADMITTED
    assert hash(CAMILLE) == hash(ADMITTED)
    assert "Camille" not in repr(CAMILLE)
