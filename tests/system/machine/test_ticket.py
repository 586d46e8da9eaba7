"""From a blank Debian to an admitted ticket, as a tech and guests do it."""

from __future__ import annotations

import pytest

from tests.system.machine.conftest import journey_of
from tests.system.machine.gate import API, KIOSK
from tests.system.machine.test_install import changes


@pytest.mark.parametrize("kind", ["trixie", "bookworm"])
def test_from_install_sh_to_an_admitted_ticket(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    journey = journey_of(kind, tmp_path_factory)
    assert changes(journey.dry_run_said) == changes(journey.real_run_said)
    assert journey.active == {API: "active", KIOSK: "active"}
    assert journey.verdicts == [("admitted", None), ("refused", "already_scanned"), ("admitted", None)]
    assert journey.relay == [1, 0, 1, 0]
    assert journey.restarts == "0"
