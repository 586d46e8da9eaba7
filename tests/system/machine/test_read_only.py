"""install.sh --read-only: data move to a partition of their own, wherever the power goes; what each boot asserts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system.machine.conftest import booted
from tests.system.machine.gate import KIOSK, STATE, Gate
from tests.system.machine.journey import INSTALL, Journey
from tests.system.machine.machine import blank_disk

UNIT = "portillon-read-only.service"
READ_ONLY = [INSTALL[0], "--read-only", "--yes"]
DATA = "/var/lib/portillon-data"
SEARCHED = "/usr/sbin:/usr/bin:/sbin:/bin"


@contextmanager
def _with_data_partition(trixie: Path, journey: Journey, folder: Path) -> Iterator[Gate]:
    """A gate beside whose root, which is an overlay as that of --read-only is, there is an empty partition."""
    image = folder / "data"
    image.touch()
    subprocess.run(["truncate", "--size=512M", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-L", "portillon-data", image], check=True)
    looped = subprocess.run(["losetup", "--find", "--show", image], check=True, capture_output=True, text=True)
    device = looped.stdout.strip()
    try:
        with booted(trixie, blank_disk(folder / "disk"), f"--bind={device}", below=Path(journey.installed)) as machine:
            yield Gate(machine)
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


def test_what_is_to_last_moves_and_a_boot_tells_what_of_it_a_reboot_would_empty(
    trixie: Path, journey: Journey, tmp_path: Path
) -> None:
    with _with_data_partition(trixie, journey, tmp_path) as gate:
        machine = gate.machine
        said = machine.run(*READ_ONLY)
        # A boot that finds the lines in fstab finds the data too.
        assert said.index("move what is to last") < said.index("edit /etc/fstab") < said.index("initramfs")
        assert _mounted_from(gate) == STATE
        assert machine.show(KIOSK, "ActiveState") == "active"
        # The root is protected from the next boot on, and what looks whether it is begins then.
        assert machine.run("systemctl", "is-enabled", UNIT) == "enabled\n"
        assert machine.show(UNIT, "ActiveState") == "inactive"
        machine.run("systemctl", "start", UNIT)
        assert "data partition writable" in machine.journal(UNIT)
        machine.run("mount", "--options", "remount,bind,ro", STATE)
        assert machine.tried("systemctl", "restart", UNIT).returncode != 0
        assert "is not writable" in machine.journal(UNIT)
        machine.shell(f"sed --in-place /portillon/d /etc/fstab; systemctl daemon-reload; umount --lazy {STATE}")
        assert machine.tried("systemctl", "restart", UNIT).returncode != 0
        assert "not on the data partition" in machine.journal(UNIT)


def test_a_failure_or_a_power_cut_while_data_move_loses_nothing_of_before_or_since(
    trixie: Path, journey: Journey, tmp_path: Path
) -> None:
    with _with_data_partition(trixie, journey, tmp_path) as gate:
        machine = gate.machine
        fstab = _fstab(gate)
        _stand_in(gate, "update-initramfs", "exit 1")
        assert machine.tried(*READ_ONLY, PATH=f"/srv/cut:{SEARCHED}").returncode == 1
        assert (_fstab(gate), _mounted_from(gate), machine.show(KIOSK, "ActiveState")) == (fstab, "", "active")
        assert not machine.exists(f"{DATA}{STATE}")
        # The state is copied and has its name, the settings have not: there install.sh ends as in a power cut.
        _stand_in(gate, "sync", f"case $* in *{DATA}/etc/*) kill -9 $PPID;; esac; exec /usr/bin/sync $*")
        assert machine.tried(*READ_ONLY, PATH=f"/srv/cut:{SEARCHED}").returncode == -9
        assert machine.exists(f"{DATA}{STATE}")
        assert _fstab(gate) == fstab
        # The gate boots as it was, goes on where its data were, and loses none of that at the next try.
        machine.shell(f"umount {STATE}; umount {DATA}")
        machine.write(f"{STATE}/since", "")
        machine.run(*READ_ONLY)
        assert machine.exists(f"{DATA}{STATE}/since")
        assert _mounted_from(gate) == STATE
        assert machine.run("find", DATA, "-name", "*.new", "-o", "-name", "*.copied") == ""


def test_an_interruption_while_the_services_start_again_leaves_them_on_the_partition_that_the_next_boot_uses(
    trixie: Path, journey: Journey, tmp_path: Path
) -> None:
    with _with_data_partition(trixie, journey, tmp_path) as gate:
        machine = gate.machine
        _stand_in(gate, "systemctl", '/usr/bin/systemctl "$@" || exit; [ "$1" != start ] || kill -INT $PPID')
        done = machine.tried(*READ_ONLY, PATH=f"/srv/cut:{SEARCHED}")
        assert (done.returncode, "interrupted" in done.stderr) == (1, True), done.stderr
        assert "could not be undone" not in done.stderr
        assert (_mounted_from(gate), machine.show(KIOSK, "ActiveState")) == (STATE, "active")
        assert f"{DATA}{STATE} {STATE} none bind" in _fstab(gate)


def _fstab(gate: Gate) -> str:
    return gate.machine.read("/etc/fstab") if gate.machine.exists("/etc/fstab") else ""


def _mounted_from(gate: Gate) -> str:
    """Which folder of the partition the state is; "" for none."""
    return gate.machine.run("findmnt", "--noheadings", "--output", "FSROOT", STATE, check=False).strip()


def _stand_in(gate: Gate, name: str, script: str) -> None:
    """For a program of Debian's, where /srv/cut is searched first."""
    gate.machine.write(f"/srv/cut/{name}", f"#!/bin/sh\n{script}\n")
    gate.machine.run("chmod", "+x", f"/srv/cut/{name}")
