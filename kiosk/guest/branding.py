"""The organiser's look, from one TOML file: name, logo, two colours, words. What fails a check is never shown.

A file that can't be used costs nobody their entry: the gate shows its own look and says what is wrong.
"""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self
from xml.etree import ElementTree

from PIL import Image
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from kiosk.guest.contrast import AA, contrast
from kiosk.guest.message import Kind
from kiosk.screen.words import Language, Words

FILE_LIMIT = 64 * 1024  # bytes
LOGO_LIMIT = 512 * 1024  # bytes: it is kept in memory
SIDE_LIMIT = 4096  # pixels


class BrandFault(ValueError):
    """The file can't be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Logo:
    """An image as it is served. A browser shows it as an image only: what an SVG holds beyond that is never run."""

    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Brand:
    """What the organiser set; ours where they set nothing."""

    name: str | None = None
    logo: Logo | None = None
    colours: tuple[str, str] | None = None  # background and text of the screen that waits for tickets
    words: Mapping[tuple[Kind, Language], Words] = field(default_factory=dict)

    def as_seen(self) -> dict[str, Any]:
        """What a page is told of it."""
        return {"name": self.name, "has_logo": self.logo is not None, "colours": self.colours}


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has characters that can't be shown: one line of text, please")
    return text


_Title = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_printable)]
_Hint = Annotated[str, Field(max_length=90), AfterValidator(_printable)]
_Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Colours(_Strict):
    background: _Colour
    text: _Colour

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        found = contrast(self.background, self.text)
        if found < AA:
            raise ValueError(
                f"text {self.text} on {self.background} has a contrast of {found:.1f}, and {AA} is the least that "
                "people can read (WCAG AA): take a darker one, or a lighter one"
            )
        return self


class _Said(_Strict):
    """Words in one language; an empty hint shows none."""

    idle: _Title | None = None
    idle_hint: _Hint = ""
    admitted: _Title | None = None
    admitted_hint: _Hint = ""

    @model_validator(mode="after")
    def _hints_have_titles(self) -> Self:
        for name in ("idle", "admitted"):
            if getattr(self, f"{name}_hint") and getattr(self, name) is None:
                raise ValueError(f"{name}_hint goes below {name}: set both")
        return self


class _File(_Strict):
    name: _Title | None = None
    logo: str | None = Field(None, pattern=r"^[^/\\]+\.(svg|png)$")
    colours: _Colours | None = None
    fr: _Said = Field(default_factory=_Said)
    en: _Said = Field(default_factory=_Said)


def load_brand(path: Path) -> Brand:
    """Read and check it, and the logo beside it. Raises BrandFault with every mistake."""
    try:
        read = _File.model_validate(tomllib.loads(_read(path, FILE_LIMIT).decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrandFault(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        mistakes = "; ".join(_explain(each["loc"], each["msg"]) for each in error.errors())
        raise BrandFault(f"{path}: {mistakes}") from error
    return Brand(
        name=read.name,
        logo=None if read.logo is None else _logo(path.with_name(read.logo)),
        colours=None if read.colours is None else (read.colours.background, read.colours.text),
        words=_words(read),
    )


def _words(read: _File) -> dict[tuple[Kind, Language], Words]:
    said: list[tuple[Language, _Said]] = [("fr", read.fr), ("en", read.en)]
    words: dict[tuple[Kind, Language], Words] = {}
    for language, each in said:
        if each.idle is not None:
            words[Kind.IDLE, language] = Words(each.idle, each.idle_hint)
        if each.admitted is not None:
            words[Kind.ADMITTED, language] = Words(each.admitted, each.admitted_hint)
    return words


def _logo(path: Path) -> Logo:
    content = _read(path, LOGO_LIMIT)
    if path.suffix == ".svg":
        if re.search(rb"<!(DOCTYPE|ENTITY)", content, re.IGNORECASE):
            raise BrandFault(f"{path} declares a DOCTYPE or entities: save it as plain SVG")
        try:
            root = ElementTree.fromstring(content)  # noqa: S314  (no entities, see above; the organiser's own file)
        except Exception as error:  # expat raises what it likes, and so do codecs that a file names
            raise BrandFault(f"{path} is no SVG that can be read: {error}; save it as UTF-8") from error
        if root.tag != "{http://www.w3.org/2000/svg}svg":
            raise BrandFault(f"{path} is no SVG: its first element is {root.tag}")
        return Logo("image/svg+xml", content)
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            picture.verify()
    except Exception as error:  # Pillow raises what it likes on a broken file
        raise BrandFault(f"{path} is no PNG that can be shown: {error}") from error
    if max(picture.size) > SIDE_LIMIT:
        raise BrandFault(f"{path} is {picture.width} × {picture.height}: make it {SIDE_LIMIT} pixels wide at most")
    return Logo("image/png", content)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise BrandFault(f"{path} can't be read: {error.strerror}") from error
    if len(content) > limit:
        raise BrandFault(f"{path} is larger than {limit // 1024} KiB")
    return content


def _explain(place: tuple[str | int, ...], what: str) -> str:
    where = ".".join(str(part) for part in place)
    return f"{where}: {what.removeprefix('Value error, ')}"
