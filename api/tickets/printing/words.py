"""What a printed ticket says beside names: labels and times, in French and English. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from api.scan.words import Language

_FRENCH = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
_ENGLISH = "January February March April May June July August September October November December"
_MONTHS: dict[Language, tuple[str, ...]] = {"fr": tuple(_FRENCH.split()), "en": tuple(_ENGLISH.split())}
_DOORS: dict[Language, str] = {"fr": "Ouverture des portes : {time}", "en": "Doors open: {time}"}
_NUMBER: dict[Language, str] = {"fr": "Billet n° {number}", "en": "Ticket no. {number}"}
_ONE_ENTRY: dict[Language, str] = {
    "fr": "Une entrée, une personne. Présentez ce code à plat devant la caméra.",
    "en": "One entry, one person. Hold this code flat in front of the camera.",
}


def when(language: Language, micros: int, zone: tzinfo | None) -> str:
    """Microseconds since 1970 → ``14 juillet 2026, 20 h 30`` or ``14 July 2026, 20:30``, local time."""
    local = datetime.fromtimestamp(micros // 1_000_000, zone)
    return f"{local.day} {_MONTHS[language][local.month - 1]} {local.year}, {_clock(language, local)}"


def doors(language: Language, opens_at: int, starts_at: int | None, zone: tzinfo | None) -> str:
    """When doors open; with the day only where the event begins on another one, or is not told."""
    local = datetime.fromtimestamp(opens_at // 1_000_000, zone)
    is_same_day = starts_at is not None and datetime.fromtimestamp(starts_at // 1_000_000, zone).date() == local.date()
    return _DOORS[language].format(time=_clock(language, local) if is_same_day else when(language, opens_at, zone))


def number(language: Language, digits: str) -> str:
    """The ticket's number as people say it."""
    return _NUMBER[language].format(number=digits)


def one_entry(language: Language) -> str:
    """What the ticket is good for, and how it is shown."""
    return _ONE_ENTRY[language]


def money(language: Language, amount: int) -> str:
    """Hundredths → ``12,50`` or ``12.50``; no currency: the price's name has it where it matters."""
    return f"{amount / 100:.2f}".replace(".", "," if language == "fr" else ".")


def _clock(language: Language, local: datetime) -> str:
    return f"{local.hour} h {local.minute:02d}" if language == "fr" else f"{local.hour:02d}:{local.minute:02d}"
