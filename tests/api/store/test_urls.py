"""Where a database is: what people write, and what they are shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.store.urls import mask_password, parse, without_password


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("tickets.sqlite3", Path("tickets.sqlite3")),
        ("sqlite:///tickets.sqlite3", Path("tickets.sqlite3")),
        ("sqlite:////var/lib/tickets.sqlite3", Path("/var/lib/tickets.sqlite3")),
        ("postgresql://u:p@host:5433/name?sslmode=require", "postgresql://u:p@host:5433/name?sslmode=require"),
        ("postgres://host/name", "postgresql://host/name"),
    ],
)
def test_a_place_is_a_file_or_what_libpq_reads(url, place):
    assert parse(url) == place


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite://relative", "sqlite:///", "://", "https://example.org"])
def test_any_other_place_is_refused_with_the_two_that_are_known(url):
    with pytest.raises(ValueError, match="write sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME"):
        parse(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:geheim@host/name", "postgresql://u:***@host/name"),
        ("postgresql://u:@host/name", "postgresql://u:***@host/name"),
        ("postgresql://u@host/name", "postgresql://u@host/name"),
        (
            "postgresql://host/name?password=geheim&sslmode=require",
            "postgresql://host/name?password=***&sslmode=require",
        ),
        ("postgresql:///name?user=u&password=geheim", "postgresql:///name?user=u&password=***"),
        ("sqlite:////var/lib/tickets.sqlite3", "sqlite:////var/lib/tickets.sqlite3"),
    ],
)
def test_a_password_is_never_shown(url, shown):
    assert mask_password(url) == shown
    assert "geheim" not in without_password(f"can't read {url}:\n\tno such thing", url)
    assert without_password("a\n\tb", url) == "a b"
