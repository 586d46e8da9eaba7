"""What the pages say, in French and English: one TOML file a section, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from api.scan.words import Language

LANGUAGES: tuple[Language, ...] = ("fr", "en")


@cache
def sentences() -> dict[str, dict[str, str]]:
    """Every key with its sentence in each language. Raises ValueError for a key that two sections have."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(resources.files("api.admin").joinpath("words").iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".toml"):
            continue
        for key, said in tomllib.loads(file.read_text("utf-8")).items():
            if key in found:
                raise ValueError(f"{file.name}: {key} is another section's")
            found[key] = said
    return found


def say(language: Language, key: str, /, **values: object) -> str:
    """The sentence with this key, with its ``{places}`` filled. Raises KeyError for one that is not there."""
    sentence = sentences()[key][language]
    return sentence.format(**values) if values else sentence
