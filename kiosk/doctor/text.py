"""One finding's text in both languages, with its level. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.doctor.finding import Level
from kiosk.screen.words import Language


@dataclass(frozen=True, slots=True)
class Text:
    """What was found, with places for the figures, and the fix for it; each in every language."""

    level: Level
    found: dict[Language, str]
    fix: dict[Language, str] | None = None


def ok(fr: str, en: str) -> Text:
    """All is well: there is nothing to do."""
    return Text(Level.OK, {"fr": fr, "en": en})


def warn(fr: tuple[str, str], en: tuple[str, str]) -> Text:
    """The gate works; somebody should look."""
    return Text(Level.WARN, {"fr": fr[0], "en": en[0]}, {"fr": fr[1], "en": en[1]})


def fail(fr: tuple[str, str], en: tuple[str, str]) -> Text:
    """Nobody gets in, or soon nobody will."""
    return Text(Level.FAIL, {"fr": fr[0], "en": en[0]}, {"fr": fr[1], "en": en[1]})
