"""Times that people type into a form, in the organisation's zone → microseconds since 1970, and back."""

from __future__ import annotations

from datetime import datetime, tzinfo

from api.store import moments

_FORM = "%Y-%m-%dT%H:%M"  # what <input type="datetime-local"> sends and takes


class NoSuchTimeError(ValueError):
    """The text is no time, or one that the clocks skip that night."""


def read(text: str, zone: tzinfo | None) -> int | None:
    """``2026-07-14T18:00`` in this zone (None: this machine's) → microseconds; None for "".

    An hour that the clocks have twice is the first of the two; one that they skip raises NoSuchTimeError.
    """
    if not text:
        return None
    try:
        naive = datetime.strptime(text[:16], _FORM)  # noqa: DTZ007 - its zone comes next
    except ValueError as error:
        raise NoSuchTimeError(text) from error
    try:
        aware = naive.replace(tzinfo=zone) if zone is not None else naive.astimezone()
        micros = moments.from_datetime(aware)
    except (ValueError, OverflowError) as error:  # the year 1, which in UTC may be none
        raise NoSuchTimeError(text) from error
    if micros < 0 or write(micros, zone) != naive.strftime(_FORM):
        raise NoSuchTimeError(text)
    return micros


def write(micros: int | None, zone: tzinfo | None) -> str:
    """What a form shows for this moment; "" for None."""
    return "" if micros is None else datetime.fromtimestamp(micros // 1_000_000, zone).strftime(_FORM)
