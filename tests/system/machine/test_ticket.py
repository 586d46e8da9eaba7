"""From a blank Debian to an admitted ticket, as a tech and a guest do it."""

from __future__ import annotations

from pathlib import Path

from tests.system.machine.conftest import INSTALL, booted, laid_out
from tests.system.machine.gate import API, KIOSK
from tests.system.machine.machine import blank_disk


def test_from_install_sh_to_an_admitted_ticket(either: Path, tmp_path: Path) -> None:
    with booted(either, blank_disk(tmp_path / "disk")) as machine:
        gate = laid_out(machine)
        machine.run(*INSTALL)
        assert [machine.show(unit, "ActiveState") for unit in (API, KIOSK)] == ["active", "active"]
        gate.wait_for_state("unpaired")
        gate.show(gate.pairing_code())
        gate.wait_for_state("ready")
        ticket, other = gate.tickets(2)
        gate.show(ticket)
        assert gate.wait_for_verdicts(1) == [("admitted", None)]
        gate.show(ticket)
        assert gate.wait_for_verdicts(2)[1] == ("refused", "already_scanned")
        gate.show(other)
        assert gate.wait_for_verdicts(3)[2] == ("admitted", None)
        machine.until(lambda: gate.relay() == [0, 1, 0, 1, 0], else_tell="as two pulses, both over")
        assert machine.show(KIOSK, "NRestarts") == "0"
