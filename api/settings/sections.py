"""Everything that can be set, with its bounds and what has to fit together; and every key by its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from api.store.urls import mask_password


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


def describe(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key with its field, in the order of the file: ``("server.port", FieldInfo)``, ..."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from describe(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field
