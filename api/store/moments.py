"""Moments as the database keeps them (microseconds since 1970, UTC) and as the wire shows them (RFC 3339). Pure."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
# RFC 3339, section 5.6; fractions beyond a microsecond are dropped by fromisoformat.
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def now() -> int:
    """The system's clock, microseconds since 1970."""
    return time.time_ns() // 1000


def from_datetime(moment: datetime) -> int:
    """An aware datetime → microseconds since 1970. Raises ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_rfc3339(moment: int) -> str:
    """Microseconds since 1970 → ``2026-11-24T14:02:11.000123+00:00``, always with six digits."""
    return (_EPOCH + timedelta(microseconds=moment)).isoformat(timespec="microseconds")


def from_rfc3339(text: str) -> int:
    """RFC 3339 with a zone, from 1970 to 9999 → microseconds since 1970. Raises ValueError for anything else."""
    if not _RFC_3339.fullmatch(text):
        raise ValueError("not an RFC 3339 time with a zone")
    moment = from_datetime(datetime.fromisoformat(text.upper()))
    if not 0 <= moment < _END:
        raise ValueError("before 1970 or after 9999")
    return moment
