"""A machine without any network is installed from a folder that `make bundle` made, and stays installed without it."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.system.machine.conftest import booted
from tests.system.machine.debian import ROOT, CannotRun, cached
from tests.system.machine.journey import INSTALL, laid_out
from tests.system.machine.machine import blank_disk
from tests.system.machine.test_install import changes

BUNDLE = "/srv/bundle"
HERE = platform.freedesktop_os_release().get("VERSION_CODENAME", "")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For a machine of the release and the CPU of this one, whose apt therefore knows what it lacks."""
    if HERE not in {"bookworm", "trixie"}:
        needs.missing(f"Debian packages are bundled for the release that is here, and this is {HERE or 'no Debian'}")
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    known = subprocess.run(["apt-cache", "show", "libzbar0"], check=False, capture_output=True).returncode == 0
    if not known:
        subprocess.run(["apt-get", "update", "-qq"], check=True, capture_output=True)
    script = ROOT / "install" / "bundle.sh"
    subprocess.run([script, HERE, platform.machine(), folder], check=True, capture_output=True, timeout=280)
    return folder


def test_a_bundle_is_all_that_an_installation_needs(bundle: Path, tmp_path: Path) -> None:
    try:
        debian = cached(HERE)
    except CannotRun as why:
        why.tell()
    with booted(debian, blank_disk(tmp_path / "disk")) as machine:
        gate = laid_out(machine)
        subprocess.run(["cp", "--archive", bundle, machine.path(BUNDLE)], check=True)
        machine.run("rm", "-r", "/etc/pip.conf", "/root/portillon")  # neither packages nor our program from elsewhere
        machine.write("/etc/apt/sources.list", "")
        command = [f"{BUNDLE}/portillon/install.sh", *INSTALL[1:], "--offline", BUNDLE]
        planned = machine.run(*command, "--dry-run")
        assert changes(machine.run(*command)) == changes(planned)
        gate.wait_for_state("unpaired")
        machine.run("rm", "-r", BUNDLE)
        again = "/opt/portillon/current/source/install.sh"
        assert changes(machine.run(again, "--yes")) == []
        machine.run(again, "uninstall", "--yes")
        assert not machine.exists("/opt/portillon")
