"""The gate's contacts from outside: fingers on mock pins, the real daemon and server, trace and journal as witness."""

import json
import os
import signal
import time

import pytest

from kiosk.journal import read_lines
from kiosk.turns import TAILGATE_S

INPUTS = {"PASSAGE": "5", "EMERGENCY": "6", "UNLOCK": "12", "TAMPER": "13", "EXIT_REQUEST": "19"}


@pytest.fixture
def gate(make_kiosk, tmp_path):
    """A paired turnstile with every input, each a file in ``fingers``."""
    fingers = tmp_path / "fingers"
    fingers.mkdir()
    told = {f"PORTILLON_KIOSK__GATE__{name}": pin for name, pin in INPUTS.items()}
    told |= {
        "PORTILLON_KIOSK__GATE__MOCK_INPUTS": str(fingers),
        "PORTILLON_KIOSK__GATE__PASSAGE_WITHIN_S": "8",  # what has to be done within it is done by a busy machine too
        "PORTILLON_KIOSK__GATE__EMERGENCY_OPENS": "true",
        "PORTILLON_KIOSK__UNLOCK_FILE": str(tmp_path / "portillon-unlock"),
    }
    it = make_kiosk(environment=told)
    it.fingers = fingers
    return it


@pytest.fixture
def paired(gate, server):
    gate.pair(server.device()["pairing_url"])
    gate.start()
    gate.wait_for("ready")
    return gate


def press(gate, contact, eventually):
    (gate.fingers / contact).touch()
    eventually(f"{contact} is felt", lambda: last_pin(gate, contact) == 1)


def let_go(gate, contact, eventually):
    (gate.fingers / contact).unlink()
    eventually(f"{contact} is let go", lambda: last_pin(gate, contact) == 0)


def last_pin(gate, name):
    return next((line["value"] for line in reversed(gate.lines("pin")) if line["pin"] == name), None)


def steps(gate):
    return [line["step"] for line in read_lines(gate.state) if "step" in line]


def notes(gate):
    return [line["note"] for line in read_lines(gate.state) if "note" in line and not line["note"].startswith("fault")]


def test_who_went_through_is_counted_and_who_comes_in_behind_is_an_alarm(paired, server, eventually):
    paired.hold_up(server.tickets(server.event())[0]["qrcode_data"])
    eventually("the relay was on", lambda: 1 in paired.relay())
    press(paired, "passage", eventually)
    let_go(paired, "passage", eventually)
    eventually("passed", lambda: steps(paired)[-1:] == ["passed"])
    press(paired, "passage", eventually)
    eventually("the alarm", lambda: "alarm" in [line["state"] for line in paired.lines("state")])
    after = paired.lines("passage")[0]["t"] - paired.lines("passed")[0]["t"]
    assert notes(paired) == ["tailgating" if after < TAILGATE_S else "forced"]  # a busy machine may press too late


def test_who_turned_back_gets_the_ticket_back_from_the_server_and_enters_later(paired, server, eventually):
    event = server.event()
    ticket = server.tickets(event)[0]["qrcode_data"]
    paired.hold_up(ticket)
    assert paired.wait_for_verdicts(1) == [("admitted", None)]
    eventually("annulled", lambda: steps(paired)[-1:] == ["annulled"])
    assert server.shell("ticket", "list", "--event", event)[0]["status"] == "valid"
    paired.hold_up(ticket)
    assert paired.wait_for_verdicts(2)[1] == ("admitted", None)
    press(paired, "passage", eventually)
    eventually("passed", lambda: steps(paired)[-1:] == ["passed"])
    paired.hold_up(ticket)
    assert paired.wait_for_verdicts(3)[2] == ("refused", "already_scanned")
    assert paired.relay().count(1) == 2


def test_a_ticket_given_back_while_the_server_is_away_is_given_back_before_it_is_asked_for_again(
    paired, server, eventually
):
    ticket = server.tickets(server.event())[0]["qrcode_data"]
    paired.hold_up(ticket)
    paired.wait_for_verdicts(1)
    server.stop()
    eventually("not passed", lambda: steps(paired)[-1:] == ["not_passed"])
    paired.hold_up(ticket)
    assert paired.wait_for_verdicts(2)[1] == ("unknown", None)
    server.start()
    paired.hold_up(ticket)
    eventually("in", lambda: paired.verdicts()[-1] == ("admitted", None))
    assert "annulled" in steps(paired)


def test_a_gate_that_stood_still_while_somebody_went_through_gives_nothing_back(paired, server, eventually):
    event = server.event()
    ticket = server.tickets(event)[0]["qrcode_data"]
    paired.hold_up(ticket)
    eventually("opened", lambda: steps(paired)[-1:] == ["opened"])
    os.kill(paired.process.pid, signal.SIGSTOP)
    (paired.fingers / "passage").touch()
    time.sleep(0.3)  # a contact's length, which the gate oversleeps
    (paired.fingers / "passage").unlink()
    os.kill(paired.process.pid, signal.SIGCONT)
    eventually("not passed, as far as the gate knows", lambda: steps(paired)[-1:] == ["not_passed"])
    paired.hold_up(ticket)
    assert paired.wait_for_verdicts(2)[1] == ("refused", "ask_staff")
    assert server.shell("ticket", "list", "--event", event)[0]["status"] == "scanned"


def test_an_emergency_holds_the_gate_open_until_it_is_over_and_no_longer_than_the_daemon_lives(
    paired, server, eventually
):
    press(paired, "emergency", eventually)
    eventually("the relay is held", lambda: paired.relay()[-1:] == [1])
    paired.wait_for("emergency")
    paired.hold_up(server.tickets(server.event())[0]["qrcode_data"])
    on_at = paired.lines("pin")[-1]["t"]
    eventually(
        "it was held for longer than a lease", lambda: time.monotonic() - on_at > 3 and paired.relay()[-1:] == [1]
    )
    let_go(paired, "emergency", eventually)
    eventually("it is shut", lambda: paired.relay()[-1:] == [0])
    press(paired, "emergency", eventually)
    eventually("the relay is held again", lambda: paired.relay()[-1:] == [1])
    paired.kill()
    eventually("a dead daemon holds nothing", lambda: paired.relay()[-1:] == [0])
    assert notes(paired) == ["emergency_on", "emergency_off", "emergency_on"]
    assert paired.verdicts() == []


def test_somebody_who_wants_out_gets_one_pulse_also_before_the_gate_is_paired(gate, eventually):
    gate.start()
    gate.wait_for("unpaired")
    press(gate, "exit_request", eventually)
    eventually("one pulse", lambda: gate.relay() == [0, 1, 0])
    assert notes(gate) == ["exit_request"]


def test_a_revoked_gate_says_so_and_is_paired_anew_after_the_unlock_input_was_pressed_and_not_before(
    gate, server, eventually
):
    ticket = server.tickets(server.event())[0]["qrcode_data"]
    device = server.device("Old")
    gate.pair(device["pairing_url"])
    server.shell("device", "archive", device["uuid"])
    gate.start()
    eventually("the fault", lambda: "key_refused" in [line.get("fault") for line in gate.lines("fault")])
    gate.wait_for("fault")
    new = server.device("New")
    gate.hold_up(new["pairing_url"])
    gate.hold_up(ticket)
    assert gate.wait_for_verdicts(1)[0] == ("unknown", None)
    assert gate.lines("pairing") == [{**gate.lines("pairing")[0], "device": device["uuid"]}]
    press(gate, "unlock", eventually)
    gate.wait_for("unlocked")
    gate.hold_up(new["pairing_url"])
    eventually("paired anew", lambda: gate.lines("pairing")[-1].get("device") == new["uuid"])
    gate.hold_up(ticket)
    eventually("the ticket gets in", lambda: gate.verdicts()[-1] == ("admitted", None))
    assert "unlocked" in notes(gate)
    assert json.loads((gate.state / "credentials.json").read_text())["device_uuid"] == new["uuid"]


def test_a_file_on_the_boot_partition_opens_pairing_once(gate, server, tmp_path, eventually):
    gate.pair(server.device("Old")["pairing_url"])
    (tmp_path / "portillon-unlock").touch()
    gate.start()
    gate.wait_for("unlocked")
    gate.stop()
    gate.start()
    eventually("ready, and not unlocked", lambda: [line["state"] for line in gate.lines("state")][-1] == "ready")
    assert notes(gate).count("unlocked") == 1


def test_an_opened_housing_is_journaled_and_signalled(paired, eventually):
    press(paired, "tamper", eventually)
    paired.wait_for("alarm")
    let_go(paired, "tamper", eventually)
    eventually("both edges are journaled", lambda: notes(paired) == ["tamper_on", "tamper_off"])
