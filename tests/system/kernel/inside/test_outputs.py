"""Relay and lamps on a real kernel's lines: what is driven, by whom, and what is left when a process dies.

gpio-sim lets go of a line when its process dies, as a Pi does only with strict_gpiod; without it a Pi goes on driving
the line. A pull-up on the line stands for that here: what nobody drives reads as on until somebody drives it off.
"""

import os
import signal
import subprocess
import sys

import pytest

RELAY = 17
OUTPUTS = {"relay": RELAY, "green": 22, "red": 23, "amber": 24, "buzzer": 25}
LONG = 10_000  # ms: nothing but what the test does ends such a pulse


@pytest.fixture
def gate_off(tmp_path):
    """Run ``portillon-kiosk gate off``: its exit code and what it said."""
    file = tmp_path / "kiosk.toml"
    wired = "".join(f"{name} = {pin}\n" for name, pin in OUTPUTS.items())
    file.write_text(f'[gate]\npins = "lgpio"\n{wired}')
    command = [sys.executable, "-m", "kiosk", "gate", "off", "--config", file]

    def run():
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr

    return run


@pytest.mark.parametrize("active_high", [True, False])
def test_no_start_and_no_end_of_a_gate_ever_drives_an_output_on(start_daemon, chip, active_high):
    off = 0 if active_high else 1
    for line in OUTPUTS.values():
        chip.pull(line, off)
    daemon = start_daemon(**OUTPUTS, active_high=active_high)
    assert {chip.level(line) for line in OUTPUTS.values()} == {off}
    assert daemon.end() == 0
    for name, line in OUTPUTS.items():
        assert set(chip.levels(line)) == {off}, name
        assert chip.level(line) == off, name


def test_a_pulse_is_on_the_line_when_it_is_confirmed_and_ends_by_itself(start_daemon, chip, eventually):
    daemon = start_daemon(**OUTPUTS, pulse_ms=1000)
    assert daemon.tell("pulse") == "given"
    eventually("the relay is off", lambda: chip.level(RELAY) == 0)
    assert chip.levels(RELAY) == [0, 1, 0]
    assert chip.seconds_on(RELAY) >= 0.5  # half of what was asked: only that it is no glitch


def test_a_pulse_of_an_active_low_relay_goes_down_and_up_again(start_daemon, chip, eventually):
    chip.pull(RELAY, 1)
    daemon = start_daemon(**OUTPUTS, active_high=False)
    assert daemon.tell("pulse") == "given"
    eventually("the relay is off", lambda: chip.levels(RELAY) == [1, 0, 1])
    assert chip.level(RELAY) == 1


def test_a_line_that_another_process_holds_is_said_to_be_busy_and_stays_as_it_is(start_daemon, chip):
    first = start_daemon(relay=RELAY, pulse_ms=LONG)
    first.tell("pulse")
    second = start_daemon(is_to_be_ready=False, relay=RELAY)
    assert second.process.wait(60) != 0
    assert any("GPIO busy" in line for line in second.said())
    assert chip.levels(RELAY) == [0, 1]
    assert chip.level(RELAY) == 1


def test_after_kill_9_of_the_daemon_in_mid_pulse_its_guardian_drives_the_relay_off(start_daemon, chip, eventually):
    daemon = start_daemon(**OUTPUTS, pulse_ms=LONG)
    daemon.tell("pulse")
    assert chip.level(RELAY) == 1
    daemon.kill()
    eventually("the relay is driven off", lambda: chip.levels(RELAY) == [0, 1, 0])
    eventually("it is off", lambda: chip.level(RELAY) == 0)
    assert chip.seconds_on(RELAY) < LONG / 1000


def test_a_daemon_that_is_stopped_in_mid_pulse_prolongs_nothing(start_daemon, chip, eventually):
    daemon = start_daemon(**OUTPUTS, pulse_ms=500)
    daemon.tell("pulse")
    daemon.process.send_signal(signal.SIGSTOP)
    eventually("the relay is driven off", lambda: chip.levels(RELAY) == [0, 1, 0])


def test_a_guardian_killed_in_mid_pulse_leaves_the_line_to_its_resistor(start_daemon, chip, eventually):
    daemon = start_daemon(**OUTPUTS, pulse_ms=LONG)
    daemon.tell("pulse")
    daemon.process.send_signal(signal.SIGSTOP)  # so that nobody starts another
    os.kill(daemon.guardian(), signal.SIGKILL)
    eventually("the relay is off", lambda: chip.level(RELAY) == 0)
    assert chip.levels(RELAY) == [0, 1]  # nobody drove it off: this is what the 10 kΩ pull-down is for


def test_after_kill_9_of_the_guardian_a_new_one_drives_the_relay_off_and_gives_the_next_pulse(
    start_daemon, chip, eventually
):
    daemon = start_daemon(**OUTPUTS, pulse_ms=LONG)
    daemon.tell("pulse")
    chip.pull(RELAY, 1)  # as on a Pi: it stays on with nobody there
    os.kill(daemon.guardian(), signal.SIGKILL)
    eventually("the relay is off", lambda: chip.level(RELAY) == 0)
    assert chip.levels(RELAY) == [0, 1, 0]
    assert chip.seconds_on(RELAY) < LONG / 1000
    eventually("the gate works again", lambda: daemon.tell("is_ready") == "True")
    assert daemon.tell("pulse") == "given"
    assert chip.level(RELAY) == 1


def test_a_guardian_stopped_in_mid_pulse_is_ended_though_it_holds_the_line_and_the_relay_is_driven_off(
    start_daemon, chip, eventually
):
    daemon = start_daemon(**OUTPUTS, pulse_ms=1000)
    daemon.tell("pulse")
    chip.pull(RELAY, 1)
    os.kill(daemon.guardian(), signal.SIGSTOP)
    eventually("the relay is off", lambda: chip.level(RELAY) == 0)
    assert chip.levels(RELAY) == [0, 1, 0]


def test_what_an_emergency_holds_and_the_ready_contact_are_driven_off_when_the_daemon_is_killed(
    start_daemon, chip, eventually
):
    lines = {"relay": RELAY, "exit_relay": 27, "ready": 16, "green": OUTPUTS["green"]}
    daemon = start_daemon(**lines, emergency=13, emergency_opens=True)
    daemon.tell("set_ready on")
    daemon.tell("hold_open")
    assert [chip.level(line) for line in lines.values()] == [1, 1, 1, 1]
    daemon.kill()
    for name, line in lines.items():
        eventually(f"{name} is driven off", lambda: chip.levels(line) == [0, 1, 0])  # noqa: B023  (asked at once)


def test_in_level_mode_a_passage_shuts_the_gate_long_before_its_bound(start_daemon, chip, eventually):
    daemon = start_daemon(**OUTPUTS, passage=5, mode="level", passage_within_s=10)
    daemon.tell("pulse")
    assert chip.level(RELAY) == 1
    daemon.tell("shut")
    eventually("the relay is driven off", lambda: chip.levels(RELAY) == [0, 1, 0])
    assert chip.seconds_on(RELAY) < 10


def test_gate_off_drives_off_what_was_left_on(gate_off, chip):
    for line in OUTPUTS.values():
        chip.pull(line, 1)
    assert gate_off() == (0, "")
    assert [chip.levels(line) for line in OUTPUTS.values()] == [[0]] * len(OUTPUTS)


def test_gate_off_says_busy_of_every_line_of_a_running_gate_and_drives_none(start_daemon, gate_off, chip):
    daemon = start_daemon(**OUTPUTS, pulse_ms=LONG)
    daemon.tell("pulse")
    code, said = gate_off()
    assert code == 1
    assert said.count("busy") == len(OUTPUTS)
    assert chip.levels(RELAY) == [0, 1]
    assert chip.level(RELAY) == 1
