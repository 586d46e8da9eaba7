"""docs/safety.md is true: each claim's test passes as things are, and fails with the claim's deliberate break.

A break is a patch that a maintainer might make and mean well. One that applies no more, since what it breaks was
rewritten, is made anew: ``git diff`` of the same mistake in the code of today, with its sentence on the first line.
"""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.safety.claims import BREAKS, ROOT, claims

CLAIMS = claims()
NAMES = sorted({claim.broken_by for claim in CLAIMS})
FOLDERS = ("kiosk", "api", "tests", "config", "docs")
FILES = ("pyproject.toml", "README.md")
# No claim names a test in there: whole appliances would take minutes for each break.
LEFT_OUT = shutil.ignore_patterns("breaks", "system", "chaos", ".hypothesis", "*.pyc.*")
AT_ONCE = 4  # some wait for their own patience to end, and need no processor
# A break breaks a promise; one that breaks the program proves nothing.
_CRASH = re.compile(r" - (?:NameError|ImportError|ModuleNotFoundError|SyntaxError|AttributeError|TypeError)\b")


@dataclass(frozen=True)
class Copy:
    """The tree, copied; what runs in it imports the copy: the working folder and PYTHONPATH go before all else."""

    folder: Path

    @classmethod
    def make(cls, folder):
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
        for name in FILES:
            shutil.copy2(ROOT / name, folder / name)
        return cls(folder)

    def run(self, *command):
        """The command's end, with what it wrote."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "GIT_CEILING_DIRECTORIES": str(self.folder.parent),  # git applies here, not to a repository around
            "COLUMNS": "1000",  # pytest's summary is not cut
            "PORTILLON_SCAN_ROUNDS": "5",
        }
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600, check=False
        )

    def test(self, tests):
        without = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest")  # a second to load, each
        return self.run(sys.executable, "-m", "pytest", "-rfE", "--tb=line", *without, *tests)

    def apply(self, name):
        return self.run("git", "apply", "-C1", "--recount", "--whitespace=nowarn", str(BREAKS / f"{name}.patch"))


def named_with(name):
    return sorted({claim.test for claim in CLAIMS if claim.broken_by == name})


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """``runs[name]``: the future of (how the patch applied, how its tests ended); all begun with the first one."""

    def run(name):
        copy = Copy.make(tmp_path_factory.mktemp(name))
        applied = copy.apply(name)
        ended = copy.test(named_with(name)) if applied.returncode == 0 else None
        shutil.rmtree(copy.folder)
        return applied, ended

    wanted = [item.callspec.params["name"] for item in request.session.items if item.name.startswith(f"{BROKEN}[")]
    tmp_path_factory.getbasetemp()  # before the threads: each would make it, and all but one fail
    pool = ThreadPoolExecutor(AT_ONCE)
    yield {name: pool.submit(run, name) for name in wanted}
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", NAMES)
def test_with_a_deliberate_break_the_tests_of_its_claims_fail(runs, name):
    applied, ended = runs[name].result()
    assert applied.returncode == 0, f"refresh this break, tests/safety/breaks/{name}.patch: {applied.stderr}"
    assert ended.returncode == 1, ended.stdout + ended.stderr
    for test in named_with(name):
        assert re.search(rf"(?m)^FAILED {re.escape(test)}\b", ended.stdout), ended.stdout
    assert not _CRASH.search(ended.stdout), ended.stdout


BROKEN = test_with_a_deliberate_break_the_tests_of_its_claims_fail.__name__


def test_unbroken_every_test_that_the_claims_name_passes_in_a_copy(tmp_path):
    copy = Copy.make(tmp_path / "copy")
    imported = copy.run(sys.executable, "-c", "import api, kiosk; print(api.__file__, kiosk.__file__)").stdout.split()
    assert imported == [str(copy.folder / package / "__init__.py") for package in ("api", "kiosk")]
    ended = copy.test(sorted({claim.test for claim in CLAIMS}))
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_break_is_in_the_table_and_says_on_its_first_line_what_somebody_meant_by_it():
    patches = sorted(BREAKS.glob("*.patch"))
    assert [patch.stem for patch in patches] == NAMES
    for patch in patches:
        assert re.fullmatch(r"[^\s-].+\.", patch.read_text("utf-8").splitlines()[0]), patch.name


def test_every_rule_has_claims():
    assert sorted({claim.rule for claim in CLAIMS}) == list(range(1, 9))
