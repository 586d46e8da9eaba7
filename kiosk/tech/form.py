"""kiosk.toml as a form: what is in force, what of it a tech may change from afar, and the file with the change in it.

What could open the gate is not among it: pins, polarity, profile, mode and what an emergency does are for somebody who
stands at the gate, with ``gate test``. Nor is which events are admitted: an emptied field would admit those of every
event. Nor are paths, which would let the page write or show other files.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from kiosk import durable, settings
from kiosk.first_boot.kiosk_toml import with_settings

EDITABLE = (
    *("camera.fps", "camera.width", "camera.height", "camera.roi", "camera.lens_distance_m", "camera.exposure"),
    "server.answer_within_s",
    *("gate.buzzer_kind", "gate.buzzer_volume", "gate.quiet_from", "gate.quiet_to", "gate.debounce_ms"),
    *("gate.pulse_ms", "gate.pulse_gap_ms", "gate.passage_within_s"),
    *("screen.languages", "screen.theme", "screen.camera_at", "screen.first_name"),
)
_BY_HAND = "the file is laid out in a way that only a person can change"
KEPT_BESIDE = ".before"  # the file of before, after its name


@dataclass(frozen=True, slots=True)
class Row:
    """One setting. ``value``: in force, as it is typed; empty for none."""

    key: str
    meaning: str
    value: str
    is_editable: bool


class Mistakes(ValueError):
    """``by_key``: what is wrong with which setting; under "" what is wrong with several or with the file."""

    def __init__(self, by_key: dict[str, list[str]]) -> None:
        super().__init__(str(by_key))
        self.by_key = by_key


def rows(in_force: settings.Settings, environment: Mapping[str, str]) -> list[Row]:
    """Every setting, in order. One that the environment overrides can't be changed in the file."""
    told = dict(settings.describe())
    return [
        Row(key, told[key], _as_typed(_value(in_force, key)), key in EDITABLE and _variable(key) not in environment)
        for key in told
    ]


def changed(base: str, changes: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """The file's text with these settings, as they were typed; empty: left out, so the default. Raises Mistakes.

    Good is what the gate can start with: the file with the environment over it.
    """
    if any(key not in EDITABLE or _variable(key) in environment for key in changes):
        raise Mistakes({key: ["can't be changed here"] for key in changes if key not in EDITABLE} or {"": ["refused"]})
    raw = _read(base)
    for key, typed in changes.items():
        section, _, name = key.partition(".")
        if typed.strip():
            raw.setdefault(section, {})[name] = settings.from_text(key, typed.strip())
        else:
            raw.get(section, {}).pop(name, None)
    wanted = _validated(raw, environment)
    told: dict[str, dict[str, Any]] = {}
    for key, typed in changes.items():
        section, _, name = key.partition(".")
        told.setdefault(section, {})[name] = _plain(_value(wanted, key)) if typed.strip() else None
        if typed.strip():
            raw[section][name] = told[section][name]
    text = with_settings(base, told)
    if _read(text) != raw:
        raise Mistakes({"": [_BY_HAND]})
    return text


def write(config: Path, text: str) -> None:
    """Put the text in the file's place, whole or not at all, and keep the old one beside it. Raises OSError."""
    mode = config.stat().st_mode & 0o777
    durable.write(config.with_name(config.name + KEPT_BESIDE), config.read_bytes(), mode)
    durable.write(config, text.encode(), mode)


def _read(text: str) -> dict[str, Any]:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Mistakes({"": [f"{_BY_HAND}: {error}"]}) from error
    if not all(isinstance(raw.get(section, {}), dict) for section in {key.partition(".")[0] for key in EDITABLE}):
        raise Mistakes({"": [_BY_HAND]})
    return raw


def _validated(raw: dict[str, Any], environment: Mapping[str, str]) -> settings.Settings:
    try:
        return settings.validate(settings.with_environment(raw, environment), "kiosk.toml")
    except settings.SettingsError as error:
        raise Mistakes(_by_key(error.mistakes)) from error


def _by_key(mistakes: list[str]) -> dict[str, list[str]]:
    known = {key for key, _ in settings.describe()}
    found: dict[str, list[str]] = {}
    for each in mistakes:
        path, _, message = each.partition(": ")
        key = ".".join(path.split(".")[:2])  # an element of a list is its list's
        found.setdefault(key if key in known else "", []).append(message if key in known else each)
    return found


def _value(of: settings.Settings, key: str) -> Any:
    place: BaseModel = of
    *sections, name = key.split(".")
    for section in sections:
        place = getattr(place, section)
    return getattr(place, name)


def _plain(value: Any) -> Any:
    """As TOML has it."""
    match value:
        case bool() | int() | float() | str():
            return value
        case time():
            return f"{value:%H:%M}"
        case tuple():
            return [_plain(each) for each in value]
    return str(value)


def _as_typed(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(_as_typed(each) for each in value)
        case float():
            return f"{value:g}"
    return str(_plain(value))


def _variable(key: str) -> str:
    return settings.ENVIRONMENT_PREFIX + key.upper().replace(".", "__")
