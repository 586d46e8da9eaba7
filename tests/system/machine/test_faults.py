"""An installed gate hangs, restarts, loses its power in mid-scan: the relay stays shut, and nobody is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk import checked_lines
from kiosk.attempt import Step
from tests.system.machine.conftest import begun_at
from tests.system.machine.gate import KIOSK, SETTINGS, STATE, TRACE, Gate, settings_without_hardware, trace_lines
from tests.system.machine.journey import Journey
from tests.system.machine.machine import Machine

# Ended by systemd from outside; long enough that nothing else ends it first.
LONGEST_PULSE_MS = "10000"
JOURNAL = f"{STATE}/journal.jsonl"


def _with_longest_pulse(gate: Gate) -> None:
    gate.clear()
    gate.machine.write(SETTINGS, settings_without_hardware(pulse_ms=LONGEST_PULSE_MS))
    gate.machine.run("systemctl", "restart", KIOSK)
    gate.wait_for_state("ready")


def test_a_gate_that_hangs_while_its_relay_is_on_is_killed_by_the_watchdog_and_comes_back_without_a_pulse(
    paired: Gate,
) -> None:
    machine = paired.machine
    _with_longest_pulse(paired)
    ticket, other = paired.tickets(2)
    paired.show(ticket)
    machine.until(lambda: paired.relay()[-1:] == [1], else_tell="as a pulse")
    paired.clear()
    started = machine.show(KIOSK, "InvocationID")
    machine.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", KIOSK)
    machine.until(lambda: "Watchdog timeout" in machine.journal(KIOSK), else_tell="as a watchdog's end")
    machine.until(lambda: paired.relay()[-1] == 0, else_tell="as a relay that is off")
    machine.until(lambda: machine.show(KIOSK, "InvocationID") != started, else_tell="as another start")
    paired.wait_for_state("ready")
    assert machine.show(KIOSK, "NRestarts") == "1"
    assert paired.relay().count(1) == 1
    paired.show(other)
    machine.until(lambda: paired.verdicts()[-1] == ("admitted", None), else_tell="as the next guest let in")


def test_after_a_reboot_the_gate_is_ready_by_itself_and_has_not_opened(paired: Gate) -> None:
    ticket, other = paired.tickets(2)
    paired.show(ticket)
    paired.wait_for_verdicts(1)
    paired.machine.until(lambda: paired.relay()[-2:] == [1, 0], else_tell="as a pulse that is over")
    paired.clear()
    before = len(paired.states())
    paired.machine.reboot()
    paired.machine.until(lambda: len(paired.states()) > before, else_tell="as a gate that starts")
    paired.wait_for_state("ready")
    assert paired.relay().count(1) == 1
    paired.show(ticket)
    paired.show(other)
    assert paired.wait_for_verdicts(3)[1:] == [("refused", "already_scanned"), ("admitted", None)]


@pytest.fixture(scope="module")
def survivor(trixie: Path, journey: Journey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """One gate for all power cuts, as a gate in the field has many."""
    with begun_at(journey.paired, trixie, tmp_path_factory.mktemp("survivor")) as gate:
        yield gate


@pytest.mark.parametrize("step", [Step.ATTEMPT, Step.ASKED, Step.ANSWERED, Step.OPENING, Step.OPENED])
def test_a_power_cut_in_the_middle_of_a_scan_lets_nobody_in_twice_and_costs_nobody_their_entry(
    survivor: Gate, step: Step
) -> None:
    machine = survivor.machine
    survivor.wait_for_state("ready")
    (ticket,) = survivor.tickets()
    survivor.clear()
    machine.run("sync")
    old, began = len(survivor.steps()), time.monotonic()
    survivor.show(ticket)
    machine.until(lambda: step in survivor.steps()[old:], else_tell=f"as a journal that tells {step}", pause=0)
    trace, journal = machine.power_cut(TRACE, JOURNAL)
    cut = time.monotonic()
    machine.plug_in()
    _is_unharmed(machine)
    # Frames that had reached the disk are shown again as it starts: a guest who goes on holding the ticket there.
    survivor.clear()
    survivor.wait_for_state("ready")

    def verdicts() -> list[str]:
        return [line["verdict"] for line in survivor.lines("verdict") if line["t"] > cut]

    survivor.show(ticket)
    machine.until(verdicts, else_tell="as a verdict")
    survivor.show(ticket)
    machine.until(lambda: "refused" in verdicts(), else_tell="as a refusal")
    machine.until(lambda: survivor.relay()[-1] == 0, else_tell="as a pulse that is over")
    opened = _pulses(trace, since=began) + _pulses(machine.read(TRACE), since=cut)
    may_have_opened = Step.OPENING in _steps(journal)[old:]
    assert opened == 1 or (opened == 0 and may_have_opened), (opened, verdicts(), journal)


def _pulses(trace: str, since: float) -> int:
    """How many began since then; the monotonic clock is the host's too."""
    return sum(line["pin"] == "relay" and line["value"] for line in trace_lines(trace, "pin") if line["t"] > since)


def _steps(journal: str) -> list[str]:
    """As ``Gate.steps`` tells them."""
    lines = [checked_lines.parse(line.encode()) or {} for line in journal.split("\n")]
    return [line["step"] for line in lines if "step" in line]


def _is_unharmed(machine: Machine) -> None:
    """Every unit has started, nothing of the gate's journal had to be set aside, and the database is whole."""
    assert machine.run("systemctl", "is-system-running", "--wait").strip() == "running"
    assert [name for name in machine.run("ls", STATE).split() if "damaged" in name] == []
    look = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone())"
    command = ["runuser", "-u", "portillon", "--", "python3", "-c", look, f"{STATE}/tickets.sqlite3"]
    assert machine.run(*command) == "ok\n"
