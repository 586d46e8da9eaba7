"""--screen: packages, settings and the port of the page; the unit's start is tests/system/machine's."""

import re
import shutil
import subprocess

import pytest

from kiosk import settings
from kiosk.first_boot import kiosk_toml
from tests import needs
from tests.install.bash import ROOT, sourced

SCREEN = ["cage", "chromium", "fonts-dejavu-core", "seatd"]


def _packages(script):
    return set(sourced(script).stdout.split())


@pytest.mark.parametrize("profile", ["turnstile", "light"])
def test_its_packages_come_only_when_it_was_asked_for(profile):
    without = _packages(f"PROFILE={profile} SERVER=no SCREEN=no; wanted_packages")
    assert not {"cage", "chromium", "seatd"} & without
    assert _packages(f"PROFILE={profile} SERVER=no SCREEN=yes; wanted_packages") - without == set(SCREEN)


def test_a_bundle_has_what_any_machine_wants_and_the_screen_s_only_when_that_was_asked_for(tmp_path):
    (tmp_path / "config.txt").write_text("")
    any_machine = (
        f"BOOT={tmp_path} READ_ONLY=yes SERVER=yes; for PROFILE in none light turnstile; do wanted_packages; done"
    )
    assert _packages(f"SCREEN=no {any_machine}") <= _packages("bundle_packages no")
    assert not {"cage", "chromium", "seatd"} & _packages("bundle_packages no")
    assert _packages(f"SCREEN=yes {any_machine}") <= _packages("bundle_packages yes")


@pytest.mark.parametrize("profile", ["turnstile", "light"])
def test_settings_that_it_lays_down_show_the_page_and_differ_in_nothing_else(profile, tmp_path):
    sourced(f"PROFILE={profile} SCREEN=yes ETC={tmp_path}; chown() {{ :; }}; gate_settings")
    name = sourced(f"PROFILE={profile}; template").stdout
    laid_down = (tmp_path / "kiosk.toml").read_text()
    # By these very words portillon.toml knows them for settings that nobody changed by hand.
    assert laid_down == kiosk_toml.with_settings((ROOT / "config" / name).read_text(), {"screen": {"guest_port": 8021}})
    assert settings.load(tmp_path / "kiosk.toml", environment={}).screen.guest_port == 8021


def _port(folder, text):
    (folder / "kiosk.toml").write_text(text)
    drop_in = folder / "unit.d" / "port.conf"
    script = f"ETC={folder} SCREEN_DROP_IN={drop_in}; chown() {{ :; }}; screen_port"
    told = sourced(script).stdout
    assert sourced(script).stdout.splitlines() == [line for line in told.splitlines() if not line.startswith("+")]
    return told, drop_in.read_text() if drop_in.exists() else None


def test_the_screen_follows_the_port_of_settings_that_were_here_before_and_never_changes_them(tmp_path):
    assert _port(tmp_path, "[screen]\nguest_port = 8021\n") == ("", None)
    told, laid = _port(tmp_path, "[screen]\nguest_port = 9000\n")
    assert told.startswith("+ ")
    assert laid == "[Service]\nEnvironment=GUEST_PORT=9000\n"
    told, laid = _port(tmp_path, "[gate]\nrelay = 17\n")
    assert "set guest_port = 8021" in told
    assert laid is None
    assert (tmp_path / "kiosk.toml").read_text() == "[gate]\nrelay = 17\n"


def test_the_unit_the_settings_and_install_sh_mean_the_same_port():
    unit = (ROOT / "systemd" / "portillon-screen.service").read_text()
    assert re.findall(r"(?m)^Environment=GUEST_PORT=(\d+)$", unit) == [sourced("printf $SCREEN_PORT").stdout]


def test_a_port_that_people_set_by_systemctl_edit_goes_before_the_one_that_install_sh_lays_down(tmp_path):
    needs.program("systemd-analyze", "systemd")
    units = tmp_path / "etc" / "systemd" / "system"
    where = f'SYSTEM={units}; . "$HERE/install/screen.sh"; chown() {{ :; }}'
    sourced(f'{where}; put_text "$SCREEN_DROP_IN" <<<"Environment=GUEST_PORT=9000"')
    (units / "portillon-screen.service.d" / "override.conf").write_text("Environment=GUEST_PORT=9001\n")
    shutil.copy(ROOT / "systemd" / "portillon-screen.service", units)
    read = [
        "systemd-analyze",
        f"--root={tmp_path}",
        "--no-pager",
        "cat-config",
        "systemd/system/portillon-screen.service",
    ]
    said = subprocess.run(read, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"(?m)^Environment=GUEST_PORT=(\d+)$", said) == ["8021", "9000", "9001"]


def test_what_a_unit_names_as_its_documentation_is_among_what_is_laid_down():
    laid_down = set(sourced("source_files").stdout.splitlines())
    units = "".join(unit.read_text() for unit in (ROOT / "systemd").glob("*.service"))
    named = re.findall(r"(?m)^Documentation=file:///opt/portillon/(?:current/source/|(share)/)(.*)$", units)
    assert {f"config/{path}" if shared else path for shared, path in named} <= laid_down
