"""kiosk.toml and the environment → settings. Every mistake at once."""

from __future__ import annotations

import copy
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kiosk.settings.keys import field_at
from kiosk.settings.mistakes import SettingsError, explain
from kiosk.settings.sections import Settings

ENVIRONMENT_PREFIX = "PORTILLON_KIOSK__"


def load(file: Path | None, state_dir: Path | None = None, environment: dict[str, str] | None = None) -> Settings:
    """Read the file (``None``: the defaults), then the environment, then ``--state``. Raises SettingsError."""
    raw: dict[str, Any] = {}
    origin = "the defaults" if file is None else str(file)
    if file is not None:
        try:
            raw = tomllib.loads(file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(origin, [f"can't be read: {error}"]) from error
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(origin, [f"is not TOML: {error}"]) from error
    raw = with_environment(raw, os.environ if environment is None else environment)
    if state_dir is not None:
        raw["state_dir"] = str(state_dir)
    return validate(raw, origin)


def validate(raw: dict[str, Any], origin: str) -> Settings:
    """What a TOML file says → settings; ``origin`` names it in mistakes. Raises SettingsError."""
    try:
        return Settings.model_validate(raw, strict=False)
    except ValidationError as error:
        raise SettingsError(origin, [explain(e) for e in error.errors()]) from error


def with_environment(file: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """What the gate reads. PORTILLON_KIOSK__GATE__PULSE_MS=300: ["gate"]["pulse_ms"]; lists are written with commas."""
    raw = copy.deepcopy(dict(file))
    for name, value in environment.items():
        if not name.startswith(ENVIRONMENT_PREFIX):
            continue
        *sections, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        place: Any = raw
        for section in sections:
            place = place.setdefault(section, {}) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            continue  # the file has a value where this is a section: a mistake that is named below
        place[key] = from_text(".".join([*sections, key]), value)
    return raw


def from_text(key: str, value: str) -> str | list[str]:
    """A value that was typed, or told by the environment, as ``validate`` takes it: lists are written with commas."""
    *sections, name = key.split(".")
    field = field_at(tuple(sections), name)
    is_list = field is not None and _is_list(field.annotation)
    return [each.strip() for each in value.split(",") if each.strip()] if is_list else value


def _is_list(annotation: Any) -> bool:
    return str(annotation).startswith("tuple")
