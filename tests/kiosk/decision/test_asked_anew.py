"""An admission that was never opened, at a server that lets guests out and in again: asked for anew before it opens.

Without that, a copy of the ticket could open for a second person: the first was let in by hand, went out by an exit,
and somebody came in on the ticket elsewhere.
"""

from dataclasses import replace

import pytest

from kiosk.codes import TicketCode
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown

A = TicketCode("data1:sig", "00000000-0000-4000-8000-000000000001", b"data", b"sig")
FORGED_A, SALTED_A = (replace(A, text=f"data1:{sig}", signature=sig.encode()) for sig in ("forged", "salted"))
USED, GIVEN_BACK = refused(Reason.ALREADY_SCANNED), refused(Reason.ANNULLED)
AWAY = unknown(Fault.NO_NETWORK)


@pytest.fixture
def world(world_in, tmp_path):
    """Somebody was admitted as scan-1, and was gone when the answer came."""
    it = world_in(tmp_path, giving="annul")
    it.leave_waiting(A)
    return it


@pytest.mark.parametrize("code", [A, SALTED_A], ids=["the same code", "another genuine code"])
def test_it_opens_once_when_the_server_still_gives_this_scan_id_its_admission(world, code):
    world.see(code)
    assert world.pulses() == []
    assert world.asked[0].scan_id == "scan-1"
    world.answer(ADMITTED)
    assert world.pulses() == ["scan-1"]
    world.wait(6)
    world.present(code, USED)
    assert world.pulses() == ["scan-1"]


def test_it_opens_for_nobody_once_its_guest_was_let_out_and_the_next_presentation_is_a_new_attempt(world):
    world.present(A, GIVEN_BACK)
    assert world.pulses() == []
    assert world.verdicts()[-1] == ("refused", "annulled")
    world.see(A)
    assert world.asked[0].scan_id == "scan-2"
    world.answer(USED)  # somebody is in on the ticket
    assert world.pulses() == []
    assert world.verdicts()[-1] == ("refused", "already_scanned")


def test_it_stays_shut_after_a_restart_too(world):
    world.present(A, GIVEN_BACK)
    world.start()
    world.turns.giving = "annul"
    world.present(A, USED)
    assert world.pulses() == []


def test_without_an_answer_it_waits_and_opens_when_the_server_is_back(world):
    world.present(A, AWAY)
    assert world.pulses() == []
    assert world.verdicts()[-1] == ("unknown", None)
    world.see(A)
    world.answer(ADMITTED)
    assert world.pulses() == ["scan-1"]


def test_a_forged_code_neither_ends_it_nor_gets_it(world):
    world.present(FORGED_A, refused(Reason.INVALID_SIGNATURE))
    world.see(A)
    assert world.asked[0].scan_id == "scan-1"
    world.answer(ADMITTED)
    assert world.pulses() == ["scan-1"]


def test_a_gate_that_was_paired_as_another_device_since_sends_its_guest_to_the_staff(world):
    world.device = "d0000000-0000-4000-8000-000000000002"
    world.meet()
    world.present(A, USED)
    assert world.pulses() == []
    assert world.verdicts()[-1] == ("refused", "ask_staff")
