"""``portillon-kiosk gate test`` as a tech meets it: a terminal, Ctrl-C, a lost line, a gate that runs already."""

import fcntl
import json
import os
import signal
import subprocess

import pytest

from kiosk.journal import read_lines
from kiosk.status import StatusFile
from tests import needs

MOCK = 'pins = "mock"\nrelay = 17\nred = 22'
CHIP = 'pins = "lgpio"\nrelay = 17\nred = 22'


def edges(folder, pin):
    trace = folder / "trace.jsonl"
    told = [json.loads(line) for line in trace.read_text().splitlines()] if trace.exists() else []
    return [line["value"] for line in told if line["event"] == "pin" and line["pin"] == pin]


def level(chip, line):
    """What the line of the chip is driven to now."""
    return (chip / f"line-{line}").read_text().split()


def notes(folder):
    return [line["cause"] for line in read_lines(folder / "state") if line.get("note") == "test"]


def test_a_tech_at_a_terminal_is_led_to_the_end(at_terminal, tmp_path):
    terminal = at_terminal(MOCK)
    terminal.answer("Is the way clear", "y")
    terminal.answer("Relay released", "y")
    terminal.answer("unlock once", "yes")
    terminal.answer("Is red lit", "y")
    assert terminal.end() == 0
    assert "All that was tried works" in terminal.heard
    assert notes(tmp_path) == ["relay, 300 ms"]
    assert edges(tmp_path, "relay") == [0, 1, 0]


def test_the_letters_of_both_languages_are_understood_and_others_are_explained(at_terminal):
    terminal = at_terminal(MOCK, language="fr")
    terminal.answer("La voie est-elle libre", "peut-être")
    terminal.answer("o : oui", "n")
    assert terminal.end() == 1
    assert "Rien n'a été ouvert" in terminal.heard


def test_the_sheet_is_drawn_beside_the_test(at_terminal, tmp_path):
    terminal = at_terminal(MOCK, "--sheet", str(tmp_path / "sheet.svg"))
    terminal.answer("Is the way clear", "n")
    terminal.end()
    assert "Entry relay" in (tmp_path / "sheet.svg").read_text("utf-8")


@pytest.mark.parametrize("gate", [MOCK, CHIP], ids=["mock", "chip"])
def test_ctrl_c_leaves_everything_off(at_terminal, tmp_path, gate):
    terminal = at_terminal(gate)
    terminal.answer("Is the way clear", "y")
    terminal.answer("Relay released", "y")
    terminal.answer("unlock once", "y")
    terminal.wait_for("Is red lit")
    assert edges(tmp_path, "red")[-1] == 1
    terminal.press_ctrl_c()
    assert terminal.end() == 130
    assert "Stopped. Everything is off." in terminal.heard
    assert edges(tmp_path, "red")[-1] == 0
    if gate == CHIP:
        assert [level(at_terminal.chip, line) for line in (17, 22)] == [["output", "0"]] * 2


def test_ctrl_c_during_a_long_pulse_drops_the_relay(at_terminal, tmp_path):
    terminal = at_terminal(f"{MOCK}\npulse_ms = 10000")
    terminal.answer("Is the way clear", "y")
    terminal.answer("Relay released", "y")
    terminal.wait_for("unlock once")
    assert edges(tmp_path, "relay") == [0, 1]
    terminal.press_ctrl_c()
    assert terminal.end() == 130
    assert edges(tmp_path, "relay") == [0, 1, 0]


@pytest.mark.parametrize("leave", ["hang up", "SIGTERM"])
def test_a_lost_ssh_session_or_a_kill_leaves_everything_off(at_terminal, leave):
    terminal = at_terminal(CHIP)
    terminal.answer("Is the way clear", "y")
    terminal.answer("Relay released", "y")
    terminal.answer("unlock once", "y")
    terminal.wait_for("Is red lit")
    assert level(at_terminal.chip, 22) == ["output", "1"]
    if leave == "hang up":
        terminal.hang_up()
    else:
        os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.end() in (1, 130)
    assert [level(at_terminal.chip, line) for line in (17, 22)] == [["output", "0"]] * 2


def test_drivers_that_are_active_low_are_found_and_the_lines_of_a_pi_are_let_go_of_between(at_terminal, tmp_path):
    terminal = at_terminal(CHIP)
    terminal.answer("Is the way clear", "y")
    terminal.answer("Relay released", "n")
    terminal.wait_for("active_high = false")
    terminal.wait_for("Relay released")  # asked when the lines are laid out anew, and before the pulse
    assert [level(at_terminal.chip, line) for line in (17, 22)] == [["output", "1"]] * 2  # off, the other way round
    terminal.answer("Relay released", "y")
    terminal.answer("unlock once", "y")
    terminal.answer("Is red lit", "y")
    assert terminal.end() == 1
    assert "\n  active_high = false\n" in terminal.heard


def test_a_contact_that_is_closed_at_rest_is_found_on_the_pins(at_terminal):
    contact = at_terminal.chip / "pressed-13"
    contact.touch()  # closed, as a PASS contact is at rest
    terminal = at_terminal(f"{CHIP}\nunlock = 13")
    for question in ("Is the way clear", "Relay released", "unlock once", "Is red lit", "Active, though"):
        terminal.answer(question, "y")
    terminal.wait_for("Turn the key")
    contact.unlink()
    terminal.wait_for("s  active")
    contact.touch()
    assert terminal.end() == 1
    assert 'normally_closed = ["unlock"]' in terminal.heard.partition("Summary")[2]


def test_input_that_is_no_terminal_opens_nothing(at_terminal, tmp_path):
    terminal = at_terminal(MOCK)  # for its settings' file
    terminal.close()
    command = [*terminal.process.args]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "Nothing was opened" in done.stdout
    assert edges(tmp_path, "relay") == []


def test_the_end_of_the_terminal_ends_the_test(at_terminal, tmp_path):
    terminal = at_terminal(MOCK)
    terminal.answer("Is the way clear", "y")
    terminal.wait_for("Relay released")
    os.write(terminal.master, b"\x04")  # Ctrl-D
    assert terminal.end() == 1
    assert "Nobody is at the terminal" in terminal.heard
    assert edges(tmp_path, "relay") == [0]


def test_with_yes_everything_is_gone_through_without_a_terminal_and_said_to_be_unseen(at_terminal, tmp_path):
    terminal = at_terminal(MOCK)
    terminal.close()
    command = [*terminal.process.args, "--yes"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert "moved, unseen  Entry relay" in done.stdout
    assert notes(tmp_path) == ["relay, 300 ms"]


def test_a_gate_that_runs_is_left_alone_and_how_to_stop_it_is_said(at_terminal, tmp_path):
    (tmp_path / "state").mkdir()
    StatusFile(tmp_path / "state" / "status.json").write()  # this process stands for the daemon
    terminal = at_terminal(MOCK)
    assert terminal.end() == 1
    assert "sudo systemctl stop portillon-kiosk" in terminal.heard
    assert edges(tmp_path, "relay") == []


@pytest.mark.parametrize("line", [17, 22], ids=["the relay", "a lamp"])
def test_pins_that_another_process_holds_are_named_with_what_to_do(at_terminal, line):
    held = os.open(at_terminal.chip / f"line-{line}", os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    terminal = at_terminal(CHIP)
    terminal.answer("Is the way clear", "y")
    assert terminal.end() == 1
    assert "The test ends here, everything is off" in terminal.heard
    assert "systemctl stop portillon-kiosk" in terminal.heard
    os.close(held)


def test_an_input_that_another_process_holds_is_named_and_everything_is_off(at_terminal):
    held = os.open(at_terminal.chip / "line-13", os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    terminal = at_terminal(f"{CHIP}\nunlock = 13")
    for question in ("Is the way clear", "Relay released", "unlock once", "Is red lit"):
        terminal.answer(question, "y")
    assert terminal.end() == 1
    assert "a pin can't be had (GPIO busy)" in terminal.heard
    assert [level(at_terminal.chip, line) for line in (17, 22)] == [["output", "0"]] * 2
    os.close(held)


def test_root_writes_no_journal_into_somebody_elses_state(at_terminal, tmp_path):
    needs.root("can leave files that others can't write")
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", 65534, 65534)
    terminal = at_terminal(MOCK)
    assert terminal.end() == 1
    assert "sudo -u nobody portillon-kiosk gate test" in terminal.heard
    assert not list((tmp_path / "state").iterdir())
