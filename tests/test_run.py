"""The second look at what failed beside others: who gets one, and that nobody passes by it who fails alone, too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import run
from tests.safety.claims import claims

ROOT = Path(run.__file__).parents[1]
UNSTEADY = """
from pathlib import Path
def test_it():
    seen = Path(__file__).with_suffix(".seen")
    first = not seen.exists()
    seen.touch()
    assert not first
"""
BROKEN = "def test_it(): assert False"
FINE = "def test_it(): pass"


@pytest.fixture
def end(tmp_path):
    """``end({file: its text})``: the exit code, what was said, and how often it was said of a test that it failed."""

    def run_all(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        command = [sys.executable, "-m", "tests.run", "tests", "--import-mode=importlib", "-p", "no:schemathesis"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
        options = {"cwd": tmp_path, "env": environment, "timeout": 300}
        done = subprocess.run(command, check=False, capture_output=True, text=True, **options)
        return done.returncode, done.stdout

    return run_all


def test_who_fails_beside_others_and_passes_alone_is_named_and_the_run_has_passed(end):
    code, said = end({"tests/test_one.py": UNSTEADY, "tests/test_two.py": FINE})
    assert code == 0
    assert "unsteady, and to be mended" in said
    assert said.rstrip().endswith("tests/test_one.py::test_it")


def test_who_fails_alone_too_has_failed(end):
    code, said = end({"tests/test_one.py": UNSTEADY, "tests/test_two.py": BROKEN})
    assert (code, "once more, alone" in said, "unsteady" in said) == (1, True, False)


def test_where_all_pass_nothing_is_run_again(end):
    assert end({"tests/test_one.py": FINE})[0] == 0


def test_three_that_fail_are_no_chance(end):
    code, said = end({f"tests/test_{name}.py": UNSTEADY for name in ("one", "two", "three")})
    assert (code, "once more" in said) == (1, False)


@pytest.mark.parametrize("broken", ["import nothing_of_that_name", "def test_it(:"])
def test_what_can_not_even_be_read_gets_no_second_look(end, broken):
    code, said = end({"tests/test_one.py": broken})
    assert (code != 0, "once more" in said) == (True, False)


def test_chaos_and_fuzzing_get_no_second_look(end):
    code, said = end({"tests/system/test_chaos.py": UNSTEADY})
    assert (code, "once more" in said) == (1, False)


@pytest.mark.parametrize("test", sorted({claim.test for claim in claims()}))
def test_what_safety_rests_on_gets_no_second_look(test):
    assert not run.is_worth_another_look([f"{test}[active low]"])
    assert not run.is_worth_another_look(["tests/system/test_tech.py::test_it", test])
