"""Settings of portillon.toml → kiosk.toml, with the comments of the file it starts from. Text only.

A kiosk.toml that somebody changed by hand is never touched. It is known to be unchanged when it is byte for byte a
template, or what was written here before.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import tomllib
from collections.abc import Iterable
from typing import Any

from kiosk import settings

TEMPLATES = {"turnstile": "kiosk.toml", "light": "kiosk-light.toml"}
_SECTION = re.compile(r"\[(\w+)\]")


def digest(content: bytes) -> str:
    """By which a file written here is known again."""
    return hashlib.sha256(content).hexdigest()


def is_untouched(content: bytes | None, templates: Iterable[bytes], written: Iterable[str]) -> bool:
    """True when nobody changed it by hand; also when there is none. ``written``: digests."""
    return content is None or content in set(templates) or digest(content) in set(written)


def mistakes(base: str, wanted: dict[str, dict[str, Any]]) -> list[str]:
    """What is wrong with these settings on top of ``base``; [] when they are good. Raises ValueError on a bad base."""
    raw = copy.deepcopy(tomllib.loads(base))
    for section, values in wanted.items():
        raw.setdefault(section, {}).update(values)
    try:
        settings.validate(raw, "portillon.toml")
    except settings.SettingsError as error:
        return error.mistakes
    return []


def with_settings(base: str, wanted: dict[str, dict[str, Any]]) -> str:
    """``base`` with these settings in the places where it has them, commented out or not; others at a section's end."""
    lines = base.splitlines()
    for section, values in wanted.items():
        for key, value in values.items():
            _put(lines, section, key, f"{key} = {_as_toml(value)}")
    return "\n".join(lines) + "\n"


def _put(lines: list[str], section: str, key: str, line: str) -> None:
    headings = {match[1]: at for at, text in enumerate(lines) if (match := _SECTION.match(text))}
    if section not in headings:
        lines += ["", f"[{section}]", line]
        return
    start = headings[section] + 1
    end = min((at for at in headings.values() if at >= start), default=len(lines))
    place = re.compile(rf"(?:# ?)?{re.escape(key)} = ")
    found = [at for at in range(start, end) if place.match(lines[at])]
    if found:
        lines[found[0]] = line
    else:
        lines.insert(start, line)


def _as_toml(value: Any) -> str:
    """A value as tomllib read it: a string, number, boolean or list of them. JSON is TOML there, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
