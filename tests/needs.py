"""What a test needs of the machine it runs on: where that is missing it fails in CI, and is skipped elsewhere.

No other room skips (tests/test_needs.py), so that CI runs every test: .ci/setup installs what these ask for.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

# A test on both engines by its fixtures, of which only one has what it is about.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def missing(why: str) -> NoReturn:
    """End the test, with what this machine lacks."""
    if "CI" in os.environ:
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def program(name: str, package: str) -> None:
    """``name``: on the path; ``package``: Debian's that has it."""
    if shutil.which(name) is None:
        missing(f"{name} is not here: apt install {package}")


def file(path: str, package: str) -> None:
    """``path``: of a file that Debian's ``package`` lays down."""
    if not Path(path).exists():
        missing(f"{path} is not here: apt install {package}")


def root(why: str) -> None:
    """``why``: what only root may do."""
    if os.geteuid() != 0:
        missing(f"only root {why}")
