"""The tickets as the old version can read them: kept through tries of an upgrade that fail, one after another."""

import os
import shlex
import shutil
import sqlite3
import subprocess
import sys

import pytest

from api.store.migrations import STEPS
from tests.install.bash import ROOT, sourced

OLD, NEW, MENDED = "0.1.0-a-py3.11-server", "0.1.1-b-py3.11-server", "0.1.1-c-py3.11-server"
NEWEST = len(STEPS)


class Machine:
    """Our own program in versions, the server's settings and state; everything belongs to whoever tests."""

    def __init__(self, folder):
        self._folder = folder
        self.tickets = folder / "state" / "tickets.sqlite3"
        self.tickets.parent.mkdir()
        (folder / "api.toml").write_text(f'database = "sqlite:///{self.tickets}"\n')

    def lay_down(self, version, *, lays_out_anew=False):
        """A version; ``lays_out_anew``: with a step more to the database's layout."""
        source = self._folder / version / "source"
        shutil.copytree(ROOT / "api", source / "api", ignore=shutil.ignore_patterns("__pycache__"))
        if lays_out_anew:
            steps = source / "api" / "store" / "migrations.py"
            text = steps.read_text()
            assert text.count("\ndef migrate(") == 1
            steps.write_text(text.replace("\ndef migrate(", "\nSTEPS += (lambda db: None,)\n\n\ndef migrate("))
        program = self._folder / version / "bin" / "portillon-api"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nPYTHONPATH={source} exec {sys.executable} -P -m api "$@"\n')
        program.chmod(0o755)

    def take_python_from(self, version):
        """As an upgrade of Debian does: the Python that is there then has none of its packages."""
        program = self._folder / version / "bin" / "portillon-api"
        program.write_text(f"#!/bin/sh\nexec {sys.executable} -I -S -m api\n")

    def use(self, version, name):
        """The tickets are laid out as this version's server does at its start, with an event of this name more."""
        command = [self._folder / version / "bin" / "portillon-api", "event", "add", name]
        subprocess.run([*command, "--config", self._folder / "api.toml"], check=True, capture_output=True)

    def tried(self, version, unit=""):
        """What an upgrade from OLD does before it switches anything; ``unit``: the Environment that systemd tells."""
        settings = f"OPT={self._folder} ETC={self._folder} STATE={self.tickets.parent} SERVER=yes"
        systemd = f"runs_systemd() {{ true; }}; systemctl() {{ printf '%s\\n' {shlex.quote(unit)}; }}"
        ready = f'{systemd}; as_portillon() {{ "$@"; }}; {settings} OLD={OLD} VERSION={version}'
        script = f"{ready}; STEP=services; try_before"
        return sourced(script, check=False)

    def copies(self):
        """Of each file among the backups: the version of its layout, and its events."""
        kept = {}
        for file in self.tickets.parent.joinpath("backups").iterdir():
            opened = sqlite3.connect(file)
            ((schema,),) = opened.execute("SELECT version FROM schema_version")
            kept[file.name] = (schema, [name for (name,) in opened.execute("SELECT name FROM event ORDER BY id")])
            opened.close()
        return kept


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path)
    made.lay_down(OLD)
    made.lay_down(NEW, lays_out_anew=True)
    made.use(OLD, "Friday")
    return made


def test_run_again_after_the_new_server_laid_out_the_tickets_the_copy_that_the_old_one_can_read_stays(machine):
    assert machine.tried(NEW).returncode == 0
    machine.use(NEW, "Saturday")  # and then it does not stay: the old version is put back
    done = machine.tried(NEW)
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.copies() == {f"before-{NEW}.sqlite3": (NEWEST, ["Friday"])}


def test_a_mended_version_finds_the_tickets_as_the_old_one_can_read_them(machine):
    machine.lay_down(MENDED, lays_out_anew=True)
    assert machine.tried(NEW).returncode == 0
    machine.use(NEW, "Saturday")
    assert machine.tried(MENDED).returncode == 0
    kept = (NEWEST, ["Friday"])
    assert machine.copies() == {f"before-{NEW}.sqlite3": kept, f"before-{MENDED}.sqlite3": kept}


def test_run_again_while_the_old_version_still_reads_the_tickets_the_copy_is_made_anew(machine):
    assert machine.tried(NEW).returncode == 0
    machine.use(OLD, "Saturday")
    assert machine.tried(NEW).returncode == 0
    assert machine.copies() == {f"before-{NEW}.sqlite3": (NEWEST, ["Friday", "Saturday"])}


@pytest.mark.parametrize(
    ("name", "told"),
    [("elsewhere", "TZ=Europe/Paris PORTILLON_API__DATABASE={}"), ("else where", '"PORTILLON_API__DATABASE={}" A=b')],
)
def test_tickets_that_only_the_server_s_unit_names_are_those_that_are_tried_and_kept(machine, name, told):
    elsewhere = machine.tickets.rename(machine.tickets.with_name(name))
    done = machine.tried(NEW, unit=told.format(f"sqlite:///{elsewhere}"))
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.copies() == {f"before-{NEW}.sqlite3": (NEWEST, ["Friday"])}


def test_of_what_systemd_tells_only_settings_of_the_server_are_taken_and_as_they_were_written():
    """As systemd 252 and 257 told it of a unit with such lines."""
    name = r"""PORTILLON_API__ORGANISATION__NAME=La \"R\" \$x 'y' \\ b\`c"""
    told = f'HOME=/x PORTILLON_API__SERVER__PORT=8000 "{name}" PATH=/x'
    taken = sourced(f"unit_settings <<<{shlex.quote(told)}").stdout.split("\0")
    written = r"""PORTILLON_API__ORGANISATION__NAME=La "R" $x 'y' \ b`c"""
    assert taken == ["PORTILLON_API__SERVER__PORT=8000", written, ""]


def test_where_debian_s_upgrade_took_the_old_version_s_python_the_new_one_makes_the_copy(machine):
    machine.take_python_from(OLD)
    done = machine.tried(NEW)
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.copies() == {f"before-{NEW}.sqlite3": (NEWEST, ["Friday"])}


def test_a_copy_that_cannot_be_made_leaves_the_one_of_before_as_it_is(machine):
    assert machine.tried(NEW).returncode == 0
    kept = machine.copies()
    whole = machine.tickets.read_bytes()
    os.truncate(machine.tickets, 4096)
    done = machine.tried(NEW)
    assert done.returncode == 1
    assert "No backup of the tickets could be made" in done.stderr
    assert machine.copies() == kept
    machine.tickets.write_bytes(whole)
    assert machine.tried(NEW).returncode == 0


def test_back_to_a_version_that_cannot_read_the_tickets_nothing_is_switched_and_that_is_said(machine):
    machine.lay_down(MENDED)
    shutil.rmtree(machine.tickets.parent.parent / OLD)
    machine.lay_down(OLD, lays_out_anew=True)
    machine.use(OLD, "Saturday")
    done = machine.tried(MENDED)
    assert done.returncode == 1
    assert "can't take over the tickets" in done.stderr
