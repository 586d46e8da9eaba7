"""Where a database is, as people write it: a path, ``sqlite:///FILE`` or ``postgresql://…``. Pure."""

from __future__ import annotations

import re
from pathlib import Path

_PASSWORD = re.compile(r"(://[^/@:]*:)([^@]*)@|([?&]password=)([^&]*)")


def parse(url: str) -> Path | str:
    """The SQLite file, or the URL as libpq reads it. Raises ValueError for any other kind of database."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return Path(url)
    if scheme in ("postgresql", "postgres"):
        return f"postgresql://{rest}"
    if scheme != "sqlite" or not rest.startswith("/") or len(rest) < 2:
        raise ValueError(
            f'"{scheme}://…" is no database that Portillon knows: write sqlite:///FILE or '
            "postgresql://USER:PASSWORD@HOST:PORT/NAME"
        )
    return Path(rest[1:])


def mask_password(url: str) -> str:
    """The URL with ``***`` where its password was."""
    return _PASSWORD.sub(lambda found: f"{found[1]}***@" if found[1] else f"{found[3]}***", url)


def without_password(text: str, url: str) -> str:
    """What libpq says about a URL, which it may quote, in one line and with ``***`` in place of the password."""
    for found in _PASSWORD.finditer(url):
        if password := found[2] or found[4]:
            text = text.replace(password, "***")
    return " ".join(text.split())
