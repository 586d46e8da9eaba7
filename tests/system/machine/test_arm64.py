"""A Pi's processor, emulated: the wheels that a Pi gets, every room imported, one ticket from signature to reading."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.system.machine.debian import ROOT, CannotRun, cached

EMULATE = ROOT / "tests/system/machine/emulate.sh"
_LONGEST_S = 420  # half a minute on a quiet machine; all of it is emulated


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What ``inside/arm64.py`` found out there."""
    try:
        folder = cached("arm64")
    except CannotRun as why:
        why.tell()
    spaces = ["unshare", "--user", "--map-root-user", "--mount", str(EMULATE), str(folder), str(ROOT)]
    words = [*spaces, "/usr/bin/python3", "/checkout/tests/system/machine/inside/arm64.py"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=_LONGEST_S)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["machine"] == "aarch64"
    return answer


def test_every_room_can_be_imported_on_arm64(told: dict[str, Any]) -> None:
    here = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in ("kiosk", "api")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__main__.py"
    }
    assert here - set(told["rooms"]) <= {"kiosk", "api"} | set(told["only_on_a_pi"])
    assert set(told["only_on_a_pi"]) <= {"kiosk.camera.picamera"}


def test_a_ticket_that_was_signed_on_arm64_is_read_there_by_both_decoders_and_by_the_gate(told: dict[str, Any]) -> None:
    assert told["read"] == told["zbar"] == told["zxing"] == [told["written"]]


def test_its_signature_holds_there_and_does_not_with_another_key(told: dict[str, Any]) -> None:
    assert (told["genuine"], told["genuine_with_another_key"]) == (True, False)
