"""install.sh upgrade: the new version takes over, or the old one runs on; guests and settings notice nothing."""

from __future__ import annotations

from tests.system.machine.debian import ROOT
from tests.system.machine.gate import API, KIOSK, SETTINGS, STATE, Gate
from tests.system.machine.journey import INSTALL
from tests.system.machine.manifest import difference, manifest

UPGRADE = [INSTALL[0], "upgrade", "--yes"]
SOURCE = "/root/portillon"
CURRENT = "/opt/portillon/current"


def _edit(gate: Gate, path: str, old: str, new: str) -> None:
    """Make the repository in the machine a newer version by one edit."""
    text = gate.machine.read(f"{SOURCE}/{path}")
    assert text.count(old) == 1, f"{path} changed: {old!r}"
    gate.machine.write(f"{SOURCE}/{path}", text.replace(old, new))


def _lay_out_anew(gate: Gate) -> None:
    """The newer version adds a step to the database's layout."""
    _edit(gate, "api/store/migrations.py", "\ndef migrate(", "\nSTEPS += (lambda db: None,)\n\n\ndef migrate(")


def _layout(gate: Gate) -> str:
    """The version of the database's layout."""
    look = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('SELECT version FROM schema_version'))"
    return gate.machine.run("runuser", "-u", "portillon", "--", "python3", "-c", look, f"{STATE}/tickets.sqlite3")


def _running(gate: Gate) -> dict[str, str]:
    """From which version's folder each service runs: that of its Python."""
    versions = {}
    for unit in (KIOSK, API):
        command = gate.machine.run("cat", f"/proc/{gate.machine.show(unit, 'MainPID')}/cmdline")
        versions[unit] = command.removeprefix("/opt/portillon/").partition("/")[0]
    return versions


def test_an_upgrade_runs_the_new_version_and_keeps_pairing_tickets_and_settings(paired: Gate) -> None:
    machine = paired.machine
    ticket, other = paired.tickets(2)
    paired.show(ticket)
    assert paired.wait_for_verdicts(1) == [("admitted", None)]
    machine.until(lambda: paired.relay()[-2:] == [1, 0], else_tell="as a pulse that is over")
    paired.clear()
    old, settings = machine.run("readlink", CURRENT).strip(), machine.read(SETTINGS)
    _edit(paired, "pyproject.toml", 'version = "0.1.0"', 'version = "0.1.1"')
    machine.run(*UPGRADE)
    new = machine.run("readlink", CURRENT).strip()
    assert new.startswith("0.1.1-")
    assert _running(paired) == {KIOSK: new, API: new}
    assert machine.exists(f"/opt/portillon/{old}/complete")  # the way back
    assert machine.read(SETTINGS) == settings
    paired.wait_for_state("ready")
    assert paired.relay().count(1) == 1  # the change of versions gave no pulse
    paired.show(ticket)
    paired.show(other)
    assert paired.wait_for_verdicts(3)[1:] == [("refused", "already_scanned"), ("admitted", None)]


def test_a_new_version_that_does_not_run_is_undone_and_the_old_one_admits(paired: Gate) -> None:
    machine = paired.machine
    (ticket,) = paired.tickets()
    paired.clear()
    old = machine.run("readlink", CURRENT).strip()
    before = manifest(machine, "/var", "/opt/portillon")
    layout = _layout(paired)
    _edit(paired, "kiosk/daemon.py", "from __future__ import annotations\n", "raise SystemExit('a broken version')\n")
    _lay_out_anew(paired)
    broken = manifest(machine, "/var", "/opt/portillon")
    done = machine.tried(*UPGRADE)
    assert done.returncode == 1, done.stdout
    assert len(done.stderr.strip().splitlines()) >= 3, done.stderr
    assert machine.run("readlink", CURRENT).strip() == old
    assert list(difference(before, broken)) == [f"{SOURCE}/api/store/migrations.py", f"{SOURCE}/kiosk/daemon.py"]
    assert difference(broken, manifest(machine, "/var", "/opt/portillon")) == {}
    assert _layout(paired) == layout
    machine.until(lambda: machine.show(KIOSK, "ActiveState") == "active", else_tell="as a running gate")
    assert _running(paired) == {KIOSK: old, API: old}
    paired.wait_for_state("ready")
    paired.show(ticket)
    machine.until(lambda: ("admitted", None) in paired.verdicts(), else_tell="as a guest let in")


def test_a_new_server_that_lays_out_the_tickets_anew_and_then_fails_is_told_with_the_way_back(paired: Gate) -> None:
    machine = paired.machine
    (ticket,) = paired.tickets()
    paired.clear()
    old = machine.run("readlink", CURRENT).strip()
    _lay_out_anew(paired)
    _edit(paired, "api/commands/serving.py", "backups.sweep(store)\n", "raise SystemExit('a broken server')\n")
    done = machine.tried(*UPGRADE)
    assert done.returncode == 1, done.stdout
    assert machine.run("readlink", CURRENT).strip() == old
    assert "portillon-api.service does not run again" in done.stderr
    assert "and tickets are as they were" not in done.stderr
    assert machine.tried(*UPGRADE).returncode == 1  # as it was told: run again, which leaves the way back as it is
    commands = [line.strip() for line in done.stderr.splitlines() if line.startswith("  sudo ")]
    _typed(paired, "\n".join(commands))
    assert _running(paired) == {KIOSK: old, API: old}
    paired.wait_for_state("ready")
    paired.show(ticket)
    machine.until(lambda: ("admitted", None) in paired.verdicts(), else_tell="as a guest let in")


def test_an_upgrade_goes_through_when_debian_s_own_took_the_python_of_the_old_version(paired: Gate) -> None:
    machine = paired.machine
    (ticket,) = paired.tickets()
    paired.clear()
    old = machine.run("readlink", CURRENT).strip()
    machine.shell(f"cd {CURRENT}/lib; mv python3.* python3.0")
    assert machine.tried(f"/opt/portillon/{old}/bin/portillon-api", "--version").returncode != 0
    _edit(paired, "pyproject.toml", 'version = "0.1.0"', 'version = "0.1.1"')
    machine.run(*UPGRADE)
    new = machine.run("readlink", CURRENT).strip()
    assert _running(paired) == {KIOSK: new, API: new}
    paired.wait_for_state("ready")
    paired.show(ticket)
    machine.until(lambda: ("admitted", None) in paired.verdicts(), else_tell="as a guest let in")


def test_the_way_back_by_hand_is_as_the_docs_tell_it_also_from_a_newer_layout(paired: Gate) -> None:
    machine = paired.machine
    (ticket,) = paired.tickets()
    paired.clear()
    old, layout = machine.run("readlink", CURRENT).strip(), _layout(paired)
    _lay_out_anew(paired)
    machine.run(*UPGRADE)
    new = machine.run("readlink", CURRENT).strip()
    assert _running(paired) == {KIOSK: new, API: new}
    assert _layout(paired) != layout
    assert machine.tried(f"/opt/portillon/{old}/source/install.sh", "upgrade").returncode == 1
    assert _running(paired) == {KIOSK: new, API: new}
    told = (ROOT / "docs/operations.md").read_text().partition("\n## Upgrade, and back\n")[2].split("```")[3]
    _typed(paired, told.removeprefix("sh\n").replace("OLDER-VERSION", old).replace("NEWER-VERSION", new))
    assert _running(paired) == {KIOSK: old, API: old}
    assert _layout(paired) == layout
    paired.wait_for_state("ready")
    paired.show(ticket)
    machine.until(lambda: ("admitted", None) in paired.verdicts(), else_tell="as a guest let in")


def _typed(gate: Gate, commands: str) -> None:
    """By an admin; there is no sudo in this Debian."""
    assert commands.count("sudo ") >= 4
    as_root = commands.replace("sudo -u portillon", "runuser -u portillon --").replace("sudo ", "")
    gate.machine.shell(f"set -ex\n{as_root}", PATH="/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")


def test_a_power_cut_in_the_middle_of_an_upgrade_leaves_a_gate_that_runs(paired: Gate) -> None:
    machine = paired.machine
    (ticket,) = paired.tickets()
    paired.clear()
    machine.run("sync")
    old = machine.run("readlink", CURRENT).strip()
    _edit(paired, "pyproject.toml", 'version = "0.1.0"', 'version = "0.1.1"')
    upgrade = machine.following(*UPGRADE)
    assert upgrade.stdout is not None
    # Its Python packages are being laid down; `current` still names the old version, or, later, a whole new one.
    machine.until(
        lambda: "0.1.1" in machine.run("ls", "/opt/portillon"), else_tell="as a new version's folder", pause=0
    )
    machine.power_cut()
    upgrade.wait(60)
    machine.plug_in()
    machine.until(lambda: machine.show(KIOSK, "ActiveState") == "active", else_tell="as a running gate")
    assert machine.run("readlink", CURRENT).strip() == old
    paired.wait_for_state("ready")
    paired.show(ticket)
    machine.until(lambda: ("admitted", None) in paired.verdicts(), else_tell="as a guest let in")
    paired.clear()
    machine.push_work_tree()
    _edit(paired, "pyproject.toml", 'version = "0.1.0"', 'version = "0.1.1"')
    machine.run(*UPGRADE)
    assert set(_running(paired).values()) == {machine.run("readlink", CURRENT).strip()} != {old}
