"""A stand-in for the picamera2 module, which exists on a Pi alone."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

STAND_IN = Path(__file__).parent / "stand_in"


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The machine the stand-in plays: what is plugged in, and what was opened."""
    monkeypatch.syspath_prepend(STAND_IN)
    machine = importlib.import_module("picamera2").machine
    yield machine
    machine.free()
    del sys.modules["picamera2"]
