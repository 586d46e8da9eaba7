"""A gate that fails again and again has its machine rebooted, once, and not again within the hour."""

from __future__ import annotations

import json
import time
from pathlib import Path

from kiosk.last_resort import COUNT_FILE, FAILURES, LASTING_S, RECORD_FILE
from tests.system.machine.conftest import booted
from tests.system.machine.gate import KIOSK, STATE, Gate
from tests.system.machine.journey import Journey
from tests.system.machine.machine import copied_disk

# The state folder on the disk itself, as on a card: what is on an overlay counts as lost with the power.
ON_THE_DISK = f"--bind=/mnt/disk/changed{STATE}:{STATE}"
COUNTED = f"/run/portillon-kiosk/{COUNT_FILE}"


def _one_failure_short(gate: Gate) -> None:
    """As if it had failed all but once already, for long enough; the monotonic clock is the host's too."""
    since = time.monotonic() - LASTING_S - 1
    gate.machine.write(COUNTED, json.dumps([since + number for number in range(FAILURES - 1)]))
    gate.machine.run("chown", "portillon:portillon", COUNTED)


def _fail(gate: Gate) -> None:
    gate.machine.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", KIOSK)


def test_repeated_failures_lead_to_one_reboot_and_to_no_second_within_the_hour(
    trixie: Path, journey: Journey, tmp_path: Path
) -> None:
    with booted(trixie, copied_disk(Path(journey.installed), tmp_path / "disk"), ON_THE_DISK) as machine:
        gate = Gate(machine)
        gate.wait_for_state("unpaired")
        _fail(gate)
        machine.until(lambda: machine.show(KIOSK, "NRestarts") == "1", else_tell="as a restart and nothing more")
        assert len(json.loads(machine.read(COUNTED))) == 1
        assert not machine.exists(f"{STATE}/{RECORD_FILE}")
        machine.until(lambda: machine.show(KIOSK, "ActiveState") == "active", else_tell="as a running gate")
        _one_failure_short(gate)
        _fail(gate)
        machine.rebooted()
        assert json.loads(machine.read(f"{STATE}/{RECORD_FILE}"))["failures"] == FAILURES
        machine.until(lambda: machine.show(KIOSK, "ActiveState") == "active", else_tell="as a running gate")
        _one_failure_short(gate)
        _fail(gate)
        machine.until(lambda: "no reboot" in machine.journal(KIOSK), else_tell="as a reboot that was not asked for")
        assert "there may have been one within the hour" in machine.journal(KIOSK)
        machine.until(lambda: machine.show(KIOSK, "ActiveState") == "active", else_tell="as a gate started again")
        assert machine.show(KIOSK, "NRestarts") == "1"
        assert 1 not in gate.relay()
