"""Backups where docs/operations.md tells how to put them: the timer lays them there, and the server sees them."""

from __future__ import annotations

import re

from tests.system.machine.debian import ROOT
from tests.system.machine.gate import API, SERVER_SETTINGS, Gate

BACKUP = "portillon-backup.service"
STICK = "/media/stick/portillon"


def test_backups_on_a_stick_are_laid_there_and_seen_by_the_server(gate: Gate) -> None:
    machine = gate.machine
    told = (ROOT / "docs/operations.md").read_text().partition("Backups on a stick instead")[2].split("```")[1]
    (made,) = re.findall(r"(?m)^sudo (install .*)$", told)
    machine.run(*made.split())
    drop_ins = re.findall(r"(?m)^sudo systemctl edit (\S+)\n((?:# .*\n)+)", told)
    assert {f"{unit}.service" for unit, _ in drop_ins} == {BACKUP, API}
    for unit, lines in drop_ins:
        machine.write(f"/etc/systemd/system/{unit}.service.d/override.conf", re.sub("(?m)^# ", "", lines))
    settings = machine.read(SERVER_SETTINGS)
    assert settings.count('folder = "/var/lib/portillon/backups"\n') == 1
    machine.write(SERVER_SETTINGS, settings.replace('folder = "/var/lib/portillon/backups"', f'folder = "{STICK}"'))
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", API)
    machine.run("systemctl", "start", BACKUP)
    assert machine.run("ls", STICK).startswith("portillon-20")
    ask = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8000/metrics').read().decode())"
    assert "\nportillon_backup_timestamp_seconds " in machine.run("python3", "-c", ask)
