"""Fixtures of the decision's tests."""

from dataclasses import replace

import pytest

from tests.kiosk.decision.world import World


@pytest.fixture
def world_in():
    """A factory: ``world_in(folder, ...)`` is a gate whose state lives in that folder."""
    return World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def salted():
    """A factory: another code of the same ticket."""
    return lambda ticket, salt: replace(ticket, text=f"{ticket.text}-{salt}", signature=salt.encode())
