"""What is wrong with given settings, in words: one line for each mistake, with the nearest valid key."""

from __future__ import annotations

import difflib

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from kiosk.settings.keys import describe, section_at


class SettingsError(ValueError):
    """The settings can't be used. ``mistakes`` holds one line for each, with what to do."""

    def __init__(self, origin: str, mistakes: list[str]) -> None:
        self.origin = origin
        self.mistakes = mistakes
        super().__init__(f"{origin}: {len(mistakes)} mistake(s)\n" + "\n".join(f"  {m}" for m in mistakes))


def explain(error: ErrorDetails) -> str:
    """One line a person can act on."""
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        near = _nearest(tuple(error["loc"]))
        return f"{path}: no such setting" + (f"; did you mean {near}?" if near else "")
    message = error["msg"].removeprefix("Value error, ")
    where = f"{path}: " if path else ""
    near = _nearest_value(error)
    given = f" (given: {error['input']!r})" if not isinstance(error["input"], dict | BaseModel) else ""
    return f"{where}{message}{given}{near}"


def _nearest(path: tuple[str | int, ...]) -> str | None:
    """The valid key nearest to an unknown one: in its own section first, then anywhere."""
    key, section = str(path[-1]), section_at(path[:-1])
    here = list(section.model_fields) if section else []
    if match := difflib.get_close_matches(key, here, n=1, cutoff=0.5):
        return ".".join([*(str(p) for p in path[:-1]), match[0]])
    everywhere = {name.rpartition(".")[2]: name for name, _ in describe()}
    match = difflib.get_close_matches(key, list(everywhere), n=1, cutoff=0.6)
    return everywhere[match[0]] if match else None


def _nearest_value(error: ErrorDetails) -> str:
    if error["type"] != "literal_error":
        return ""
    expected = [word.strip("'") for word in str(error["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
    match = difflib.get_close_matches(str(error["input"]), expected, n=1, cutoff=0.4)
    return f"; did you mean {match[0]!r}?" if match else ""
