"""The state folder of a gate as doctor finds it."""

import pytest

from kiosk.credentials import Credentials, CredentialStore

KEY = "PREFIX01.very-secret-indeed"
GATE = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"


@pytest.fixture
def state(tmp_path):
    """Closed to others, and empty."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def paired(state):
    """``paired(url)``: the folder of a gate that is paired with the server there."""

    def pair(url="https://tickets.example.org"):
        store = CredentialStore(state)
        store.prepare()
        store.save_pending(Credentials(url, "/api/scan", KEY, GATE, "Entrée"))
        store.promote()
        return state

    return pair
