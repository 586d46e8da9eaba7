"""api.toml, environment and command line → typed settings. Every mistake at once, with the nearest key."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from api.store.urls import mask_password

ENVIRONMENT_PREFIX = "PORTILLON_API__"
DEFAULT_FILE = Path("/etc/portillon/api.toml")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Section):
    """How the server listens, and how long it waits for anybody. What each key means: config/api.toml."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_url: str = ""
    # On PostgreSQL as many as scan at once: each waits for the network. On SQLite the lane answers all scans.
    threads: Annotated[int, Field(ge=2, le=256)] = 64
    request_timeout_s: Annotated[float, Field(ge=0.5, le=120)] = 10.0
    # Longer than the minute that most clients and proxies keep a connection, so that they close it first.
    idle_timeout_s: Annotated[float, Field(ge=0.5, le=3600)] = 75.0
    stop_within_s: Annotated[float, Field(ge=0.5, le=60)] = 5.0
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    metrics: Literal["near", "everybody", "off"] = "near"
    announce: bool = True

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
            raise ValueError('must look like "https://tickets.example.org" or be empty')
        return url.rstrip("/")


class Tls(_Section):
    """Whether gates and browsers reach this server by TLS, and with which certificate."""

    self_made: bool = False
    folder: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def is_on(self) -> bool:
        """True when the server itself speaks TLS."""
        return self.self_made or self.certificate is not None

    @field_validator("folder", "certificate", "key", mode="before")
    @classmethod
    def _empty_is_none(cls, given: object) -> object:
        return None if given == "" else given

    @field_serializer("folder", "certificate", "key")
    def _none_is_empty(self, file: Path | None) -> str:
        return "" if file is None else str(file)

    @model_validator(mode="after")
    def _is_one_of_three(self) -> Tls:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: give both, or none")
        if self.self_made and self.certificate is not None:
            raise ValueError("self_made, or a certificate and key of your own: not both")
        return self


class Organisation(_Section):
    """Who the tickets belong to, as gates and their screens are told."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = "Portillon"
    language: Literal["fr", "en"] = "fr"
    timezone: str = ""

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name:
            try:
                ZoneInfo(name)
            except (KeyError, OSError, ValueError) as error:  # not found, a folder, no name at all
                raise ValueError('must look like "Europe/Paris", or be empty') from error
        return name


class Pairing(_Section):
    """How gates become devices."""

    token_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 60


class Admin(_Section):
    """How long those who run the server stay signed in."""

    idle_minutes: Annotated[int, Field(ge=5, le=7 * 24 * 60)] = 12 * 60
    session_days: Annotated[int, Field(ge=1, le=90)] = 7


class Alerts(_Section):
    """When something at the doors is told, and where to."""

    webhook: str = ""
    webhook_secret: str = ""
    silent_after_s: Annotated[int, Field(ge=60, le=24 * 3600)] = 120
    no_scan_after_s: Annotated[int, Field(ge=60, le=24 * 3600)] = 600

    @field_validator("webhook")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.netloc):
            raise ValueError('must look like "https://alerts.example.org/portillon" or be empty')
        return url

    @model_validator(mode="after")
    def _is_signed(self) -> Alerts:
        if self.webhook and len(self.webhook_secret) < 16:
            raise ValueError("a webhook needs a webhook_secret of 16 characters or more, which signs what is sent")
        return self


class Backup(_Section):
    """Where backups are looked for, and when they are called old."""

    folder: Path = Path("/var/lib/portillon/backups")
    old_after_hours: Annotated[int, Field(ge=1, le=24 * 366)] = 48


class Log(_Section):
    """What is written on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"
    access: bool = True


class Settings(_Section):
    """All of api.toml."""

    database: str = "sqlite:////var/lib/portillon/tickets.sqlite3"
    server: Server = Server()
    tls: Tls = Tls()
    organisation: Organisation = Organisation()
    pairing: Pairing = Pairing()
    admin: Admin = Admin()
    alerts: Alerts = Alerts()
    backup: Backup = Backup()
    log: Log = Log()

    @field_validator("database")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        if "://" not in url:
            raise ValueError(f'must be a URL: for a file, "sqlite:///{url}"')
        return url

    def masked(self) -> dict[str, Any]:
        """All settings as plain values, with the password of the database and the webhook hidden."""
        values = self.model_dump(mode="json")
        values["database"] = mask_password(self.database)
        for name in ("webhook", "webhook_secret"):  # such addresses are often secrets themselves
            values["alerts"][name] = "…" if values["alerts"][name] else ""
        return values


class SettingsError(ValueError):
    """The settings can't be used. ``mistakes`` holds one line for each, with what to do."""

    def __init__(self, origin: str, mistakes: list[str]) -> None:
        self.origin = origin
        self.mistakes = mistakes
        super().__init__(f"{origin}: {len(mistakes)} mistake(s)\n" + "\n".join(f"  {m}" for m in mistakes))


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
    origin, raw = ("the defaults", {}) if file is None else (str(file), _read(file))
    for name, text in (os.environ if environment is None else environment).items():
        if name.startswith(ENVIRONMENT_PREFIX):
            _put(raw, name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"), text)
    for key, value in (overrides or {}).items():
        if value is not None:
            _put(raw, key.split("."), value)
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(origin, [_explain(e) for e in error.errors()]) from error


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


def describe(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key with its field, in the order of the file: ``("server.port", FieldInfo)``, ..."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from describe(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def _explain(error: ErrorDetails) -> str:
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
