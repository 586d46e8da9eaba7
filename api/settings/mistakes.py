"""What is wrong with given settings, in words: one line for each mistake, with the nearest valid key."""

from __future__ import annotations

import difflib

from pydantic_core import ErrorDetails

from api.settings.sections import describe
from api.store.urls import mask_password


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
        near = _nearest(path)
        return f"{path}: no such setting" + (f"; did you mean {near}?" if near else "")
    given = "" if isinstance(error["input"], dict) else f" (given: {mask_password(repr(error['input']))})"
    return f"{path}: {error['msg'].removeprefix('Value error, ')}{given}{_nearest_value(error)}"


def _nearest(path: str) -> str | None:
    """The valid key nearest to an unknown one: in its section, then by its last word, then a section."""
    section, _, name = path.rpartition(".")
    keys = [key for key, _ in describe()]
    here = [key for key in keys if key.rpartition(".")[0] == section]
    by_name = {key.rpartition(".")[2]: key for key in keys}
    own = difflib.get_close_matches(name, [key.rpartition(".")[2] for key in here], n=1, cutoff=0.5)
    if own:
        return f"{section}.{own[0]}".lstrip(".")
    if anywhere := difflib.get_close_matches(name, list(by_name), n=1, cutoff=0.6):
        return by_name[anywhere[0]]
    sections = {key.partition(".")[0] for key in keys if "." in key}
    similar = difflib.get_close_matches(path, sorted(sections), n=1, cutoff=0.5)
    return f"[{similar[0]}]" if similar else None


def _nearest_value(error: ErrorDetails) -> str:
    if error["type"] != "literal_error":
        return ""
    expected = [word.strip("'") for word in str(error["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
    match = difflib.get_close_matches(str(error["input"]), expected, n=1, cutoff=0.4)
    return f"; did you mean {match[0]!r}?" if match else ""
