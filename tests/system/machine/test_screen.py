"""install.sh --screen on a booted machine: its unit runs as its own user and follows the page; it comes and goes whole.

cage and Chromium are half a gigabyte: here stand-ins run in their place, and the real ones in tests/system/screen.
"""

from __future__ import annotations

import json

from tests.system.machine.gate import KIOSK, SETTINGS, STATE, Gate, settings_without_hardware
from tests.system.machine.journey import INSTALL, Journey
from tests.system.machine.test_install import changes, left_behind

SCREEN = "portillon-screen.service"
WITH_SCREEN = [*INSTALL, "--screen"]
CAGE = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n'
# Tells which page it has, who it is, and what it can do; then it stays, as a browser does.
CHROMIUM = f"""#!/usr/bin/python3
import json, os, sys, time, urllib.request
def can(what):
    try:
        what()
    except OSError:
        return False
    return True
page = urllib.request.urlopen(sys.argv[-1]).read().decode()
status = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
told = {{
    "url": sys.argv[-1],
    "is_the_page": "<html" in page,
    "user": os.popen("id -un").read().strip(),
    "capabilities": status["CapEff"],
    "no_new_privileges": status["NoNewPrivs"],
    "sees_state": can(lambda: os.listdir("{STATE}")),
    "sees_settings": can(lambda: open("{SETTINGS}")),
    "writes": can(lambda: open("/srv/was-here", "w")),
}}
with open("/run/portillon-screen/told.new", "w") as file:
    json.dump(told, file)
os.rename("/run/portillon-screen/told.new", "/run/portillon-screen/told")
time.sleep(3600)
"""
TOLD = "/run/portillon-screen/told"


def _lay_stand_ins(gate: Gate) -> None:
    for path, text in {"/usr/bin/cage": CAGE, "/usr/bin/chromium": CHROMIUM}.items():
        gate.machine.write(path, text)
        gate.machine.run("chmod", "755", path)


def _set_port(gate: Gate, port: int) -> None:
    gate.machine.write(SETTINGS, settings_without_hardware(guest_port=str(port)))
    gate.machine.run("systemctl", "restart", KIOSK)


def test_the_screen_is_installed_follows_the_settings_stays_and_goes_whole(paired: Gate, journey: Journey) -> None:
    machine = paired.machine
    _lay_stand_ins(paired)
    planned = machine.run(*WITH_SCREEN, "--dry-run")
    done = machine.run(*WITH_SCREEN)
    assert changes(done) == changes(planned)
    assert "cage chromium seatd" in done
    assert "set guest_port = 8021" in done  # settings that were here before are not touched
    assert [machine.show(unit, "ActiveState") for unit in (SCREEN, KIOSK)] == ["active", "active"]
    assert not machine.exists(TOLD)  # it waits for the page

    _set_port(paired, 8021)
    machine.until(lambda: machine.exists(TOLD), else_tell="as a page in the browser")
    told = json.loads(machine.read(TOLD))
    assert told.pop("url") == "http://127.0.0.1:8021/?kiosk"
    assert told.pop("user") == "portillon-screen"
    assert told == {
        "is_the_page": True,
        "capabilities": "0000000000000000",
        "no_new_privileges": "1",
        "sees_state": False,
        "sees_settings": False,
        "writes": False,
    }

    _set_port(paired, 8030)
    assert any("port.conf" in line for line in changes(machine.run(*INSTALL)))  # it is remembered
    machine.until(lambda: ":8030/" in _told(paired), else_tell="as the page at another port")
    assert changes(machine.run(*WITH_SCREEN)) == []
    assert machine.show(SCREEN, "NRestarts") == "0"

    machine.run("rm", "/usr/bin/cage", "/usr/bin/chromium")
    machine.run(INSTALL[0], "uninstall", "--purge", "--yes")
    assert machine.run("systemctl", "list-units", "--all", "--no-legend", "portillon*") == ""
    assert "portillon" not in machine.run("getent", "passwd")
    assert left_behind(paired, journey) == {}


def _told(gate: Gate) -> str:
    return gate.machine.read(TOLD) if gate.machine.exists(TOLD) else ""
