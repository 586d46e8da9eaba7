"""install.sh run dry, run twice, broken off, taken away again: what changes is what it said, and nothing else."""

from __future__ import annotations

from tests.system.machine.gate import (
    API,
    KIOSK,
    SERVER_SETTINGS,
    SETTINGS,
    STATE,
    STREET,
    Gate,
    settings_without_hardware,
)
from tests.system.machine.journey import INSTALL, Journey
from tests.system.machine.manifest import difference, manifest

# What a running machine writes all the time: logs, caches, random seeds; and the gate's own journal and tickets.
AT_WORK = ["/var/log", "/var/cache", "/var/lib/systemd", "/var/lib/NetworkManager", STATE]
# What apt and dpkg write down about packages, and what belongs to packages that stay.
OF_APT = ["/var/lib/apt", "/var/lib/dpkg", "/var/cache"]
# Kept by Debian's own tools beside what they change, and what depends on the moment.
OF_NOBODY = [
    "/etc/passwd-",
    "/etc/shadow-",
    "/etc/group-",
    "/etc/gshadow-",
    "/etc/ld.so.cache",
    "/etc/resolv.conf",
    f"{STREET}/",
]


def changes(said: str) -> list[str]:
    """The lines of install.sh that each tell one change."""
    return [line for line in said.splitlines() if line.startswith("+ ")]


def test_a_dry_run_says_what_a_real_run_then_changes_line_by_line_and_changes_nothing(journey: Journey) -> None:
    assert changes(journey.dry_run_said) == changes(journey.real_run_said)
    assert len(changes(journey.real_run_said)) > 20
    changed = difference(journey.before, journey.after_dry_run)
    assert [path for path in changed if not path.startswith("/var/log/journal/")] == []  # systemd's own, at any moment


def test_every_file_that_a_real_run_wrote_is_of_a_package_or_was_told(journey: Journey) -> None:
    told = "\n".join(changes(journey.real_run_said))
    changed = difference(journey.before, journey.after)
    ours = [
        path for path in changed if path.startswith(("/etc/portillon", "/etc/systemd/system/", "/etc/NetworkManager/"))
    ]
    ours = [path for path in ours if ".wants" not in path and not changed[path][1].startswith("d")]
    assert ours
    assert [path for path in ours if path not in told] == []


def test_a_second_run_changes_no_file_and_restarts_no_unit(gate: Gate) -> None:
    gate.wait_for_state("unpaired")
    before, started = manifest(gate.machine, *AT_WORK), _invocations(gate)
    said = gate.machine.run(*INSTALL)
    assert changes(said) == []
    assert difference(before, manifest(gate.machine, *AT_WORK)) == {}
    assert _invocations(gate) == started


def _invocations(gate: Gate) -> dict[str, str]:
    return {unit: gate.machine.show(unit, "InvocationID") for unit in (KIOSK, API)}


def test_settings_and_credentials_are_never_overwritten(paired: Gate) -> None:
    machine = paired.machine
    machine.write(SETTINGS, settings_without_hardware(pulse_ms="450"))
    server = machine.read(SERVER_SETTINGS).replace("port = 8000", "port = 8001")
    machine.write(SERVER_SETTINGS, server)
    credentials = machine.read(f"{STATE}/credentials.json")
    assert changes(machine.run(*INSTALL)) == []
    assert machine.read(SETTINGS) == settings_without_hardware(pulse_ms="450")
    assert machine.read(SERVER_SETTINGS) == server
    assert machine.read(f"{STATE}/credentials.json") == credentials
    assert machine.run("stat", "--format=%a %U", f"{STATE}/credentials.json") == "600 portillon\n"


def test_a_step_that_fails_undoes_itself_says_what_to_do_and_works_when_that_is_done(gate: Gate) -> None:
    machine = gate.machine
    # Debian's packages stay: it is our own program that is to fail.
    machine.run(INSTALL[0], "uninstall", "--purge", "--yes")
    gate.lay_out()
    machine.run("mv", "/etc/pip.conf", "/root/pip.conf")  # no Python packages to be had from anywhere
    before = manifest(machine, *OF_APT, *AT_WORK)
    done = machine.tried(*INSTALL)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) >= 3, done.stderr
    left = difference(before, manifest(machine, *OF_APT, *AT_WORK))
    assert [path for path in left if path.startswith("/opt/portillon/") and path != "/opt/portillon/made"] == []
    assert machine.run("systemctl", "list-units", "--all", "--no-legend", "portillon*") == ""
    machine.run("mv", "/root/pip.conf", "/etc/pip.conf")
    machine.run(*INSTALL)
    gate.wait_for_state("unpaired")


def test_uninstall_leaves_the_data_and_nothing_else(paired: Gate, journey: Journey) -> None:
    machine = paired.machine
    machine.run("/root/portillon/install.sh", "uninstall", "--yes")
    assert machine.run("systemctl", "list-units", "--all", "--no-legend", "portillon*") == ""
    left = _left(paired, journey)
    data = {path for path in left if path.startswith(("/etc/portillon", STATE))}
    assert {f"{STATE}/credentials.json", f"{STATE}/tickets.sqlite3", f"{STATE}/journal.jsonl"} <= data
    # The data are still their owner's.
    accounts = {"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"}
    assert {path: what for path, what in left.items() if path not in data | accounts} == {}


def test_uninstall_with_purge_leaves_nothing_at_all(paired: Gate, journey: Journey) -> None:
    machine = paired.machine
    machine.run("/root/portillon/install.sh", "uninstall", "--purge", "--yes")
    assert left_behind(paired, journey) == {}


def left_behind(gate: Gate, journey: Journey) -> dict[str, tuple[str, str]]:
    """What is still there after ``uninstall --purge``."""
    laid_out = {"/etc/portillon", SETTINGS}  # by the test, before install.sh ran
    return {path: what for path, what in _left(gate, journey).items() if path not in laid_out}


def _left(gate: Gate, journey: Journey) -> dict[str, tuple[str, str]]:
    """What is otherwise than before install.sh ran, without what every machine writes while it runs.

    install.sh takes no package of Debian away, since others may need it by now; apt knows that nobody asked for it, and
    takes it away when it is told to.
    """
    for_others = ["-o", "APT::AutoRemove::SuggestsImportant=false", "-o", "APT::AutoRemove::RecommendsImportant=false"]
    gate.machine.run("apt-get", *for_others, "--yes", "autoremove", "--purge", DEBIAN_FRONTEND="noninteractive")
    others = tuple(place for place in [*OF_APT, *AT_WORK, *OF_NOBODY] if place != STATE)
    left = difference(journey.before, manifest(gate.machine))
    return {path: what for path, what in left.items() if "portillon" in path or not path.startswith(others)}
