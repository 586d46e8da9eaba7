"""From a blank Debian to an admitted ticket, as a tech and guests do it; and what was seen on the way.

Made once for all tests: a machine that another test needs installed, or paired too, begins where this one was then.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.system.machine.gate import API, KIOSK, TRACE, Gate
from tests.system.machine.machine import Machine
from tests.system.machine.manifest import manifest

INSTALL = ["/root/portillon/install.sh", "--profile", "turnstile", "--with-server", "--yes"]


@dataclass(frozen=True)
class Journey:
    """``installed`` and ``paired``: disks of those moments. The rest is what was seen."""

    installed: str
    paired: str
    dry_run_said: str
    real_run_said: str
    before: dict[str, str]
    after_dry_run: dict[str, str]
    after: dict[str, str]
    active: dict[str, str]
    verdicts: list[tuple[str, str | None]]
    relay: list[int]
    restarts: str

    def to_json(self) -> str:
        """For the other processes that test."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> Journey:
        """What ``to_json`` wrote."""
        told = json.loads(text)
        return cls(**told | {"verdicts": [(verdict, reason) for verdict, reason in told["verdicts"]]})


def laid_out(machine: Machine) -> Gate:
    """What a machine has before install.sh runs: this repository, and settings for a machine without hardware."""
    machine.push_work_tree()
    gate = Gate(machine)
    gate.lay_out()
    return gate


def travelled(machine: Machine, folder: Path) -> Journey:
    """Go all the way in a blank machine; disks are left in ``folder``."""
    installed, paired = folder / "installed", folder / "paired"
    gate = laid_out(machine)
    before = manifest(machine)
    dry_run_said = machine.run(*INSTALL, "--dry-run")
    after_dry_run = manifest(machine)
    real_run_said = machine.run(*INSTALL)
    after = manifest(machine)
    active = {unit: machine.show(unit, "ActiveState") for unit in (API, KIOSK)}
    gate.wait_for_state("unpaired")
    machine.copy_disk(installed)
    gate.show(gate.pairing_code())
    gate.wait_for_state("ready")
    gate.clear()
    machine.run("truncate", "--size=0", TRACE)
    machine.copy_disk(paired)
    _guests_come(gate)
    return Journey(
        str(installed),
        str(paired),
        dry_run_said,
        real_run_said,
        before,
        after_dry_run,
        after,
        active,
        gate.verdicts(),
        gate.relay(),
        machine.show(KIOSK, "NRestarts"),
    )


def _guests_come(gate: Gate) -> None:
    ticket, other = gate.tickets(2)
    for number, shown in enumerate([ticket, ticket, other], start=1):
        gate.show(shown)
        gate.wait_for_verdicts(number)
    gate.machine.until(lambda: gate.relay()[-2:] == [1, 0], else_tell="as a pulse that is over")
