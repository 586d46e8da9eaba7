"""What is asserted at each boot of a machine with a read-only root: where data lies, and that it can be written."""

from __future__ import annotations

from tests.system.machine.gate import Gate

UNIT = "portillon-read-only.service"
FOLDERS = ["/var/lib/portillon", "/etc/portillon"]


def test_a_folder_that_a_reboot_would_empty_is_told_and_a_partition_with_errors_too(blank: Gate) -> None:
    machine = blank.machine  # its root is an overlay, as that of a gate with --read-only is
    machine.run("cp", f"/root/portillon/systemd/{UNIT}", "/etc/systemd/system/")
    machine.run("mkdir", "-p", *FOLDERS)
    machine.run("systemctl", "daemon-reload")
    assert machine.tried("systemctl", "start", UNIT).returncode != 0
    assert "not on the data partition" in machine.journal(UNIT)
    for folder in FOLDERS:
        machine.run("mount", "--bind", folder, folder)
    machine.run("systemctl", "start", UNIT)
    assert "data partition writable" in machine.journal(UNIT)
    machine.run("mount", "--options", "remount,bind,ro", FOLDERS[0])
    assert machine.tried("systemctl", "restart", UNIT).returncode != 0
    assert "is not writable" in machine.journal(UNIT)
