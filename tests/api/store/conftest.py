"""Fixtures of the store's tests, beside those of all the server's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.store.store import Store, open_store


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Store]:
    """An SQLite store: its queue and its log are its own."""
    opened = open_store(f"{tmp_path}/tickets.sqlite3")
    yield opened
    opened.close()
