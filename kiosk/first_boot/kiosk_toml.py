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
    """``base`` with these settings in the places where it has them, commented out or not; others at a section's start.

    None: commented out, so the default.
    """
    lines = base.splitlines()
    for section, values in wanted.items():
        for key, value in values.items():
            if value is None:
                _comment_out(lines, section, key)
            else:
                _put(lines, section, key, f"{key} = {_as_toml(value)}")
    return "\n".join(lines) + "\n"


def _put(lines: list[str], section: str, key: str, line: str) -> None:
    place = _place(lines, section)
    if place is None:
        lines += ["", f"[{section}]", line]
        return
    found = _found(lines, place, rf"{re.escape(key)} = ") or _found(lines, place, rf"# ?{re.escape(key)} = ")
    if found:
        lines[found[0]] = line
    else:
        lines.insert(place.start, line)


def _comment_out(lines: list[str], section: str, key: str) -> None:
    for at in _found(lines, _place(lines, section) or range(0), rf"{re.escape(key)}\s*="):
        lines[at] = f"# {lines[at]}"


def _place(lines: list[str], section: str) -> range | None:
    """The lines of this section; None when there is none."""
    headings = {match[1]: at for at, text in enumerate(lines) if (match := _SECTION.match(text))}
    if section not in headings:
        return None
    start = headings[section] + 1
    return range(start, min((at for at in headings.values() if at >= start), default=len(lines)))


def _found(lines: list[str], place: range, pattern: str) -> list[int]:
    return [at for at in place if re.match(pattern, lines[at])]


def _as_toml(value: Any) -> str:
    """A value as tomllib read it: a string, number, boolean or list of them. JSON is TOML there, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
