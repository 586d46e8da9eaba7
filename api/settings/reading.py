"""api.toml, environment and command line → settings. Every mistake at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError

from api.settings.mistakes import SettingsError, explain
from api.settings.sections import Settings, describe

ENVIRONMENT_PREFIX = "PORTILLON_API__"
DEFAULT_FILE = Path("/etc/portillon/api.toml")


def load(
    file: Path | None,
    overrides: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Read the file (``None``: /etc/portillon/api.toml if there), then the environment, then ``overrides``.

    ``overrides`` are dotted keys of the command line, ``{"server.port": 0}``; a None is left out.
    Raises SettingsError with all mistakes together.
    """
    if file is None and DEFAULT_FILE.exists():
        file = DEFAULT_FILE
    raw = {} if file is None else _read(file)
    surrounding = (os.environ if environment is None else environment).items()
    ours = {name: text for name, text in surrounding if name.startswith(ENVIRONMENT_PREFIX)}
    for name, text in ours.items():
        _put(raw, name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"), text)
    typed = {key: value for key, value in (overrides or {}).items() if value is not None}
    for key, value in typed.items():
        _put(raw, key.split("."), value)
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        origins = [*([str(file)] if file else []), *(["the environment"] if ours else [])]
        origins += ["the command line"] if typed else []
        raise SettingsError(" and ".join(origins), [explain(e) for e in error.errors()]) from error


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(str(file), [f"can't be read: {error}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(str(file), [f"is not TOML: {error}"]) from error


def _put(raw: dict[str, Any], path: list[str], value: object) -> None:
    """Set one key; a list is written with commas. What doesn't fit is left for the model to report."""
    place: Any = raw
    for section in path[:-1]:
        place = place.setdefault(section, {})
        if not isinstance(place, dict):
            return
    field = dict(describe()).get(".".join(path))
    if isinstance(value, str) and field is not None and get_origin(field.annotation) is tuple:
        value = [part.strip() for part in value.split(",") if part.strip()]
    place[path[-1]] = value
