"""``portillon.toml`` on the boot partition: what may be in it, and every mistake at once. Pure.

No mistake quotes a value of ``[wifi]`` or the pairing URL: the report lies on a card that many hands hold.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from kiosk import codes
from kiosk.codes import PairingCode
from kiosk.wifi_code import Security, WifiCode

MAX_BYTES = 64 * 1024
SECTIONS = ("camera", "server", "gate", "screen")  # of kiosk.toml, with the same keys


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Wifi(_Strict):
    """``[wifi]``: the network to join, as on a Wi-Fi card."""

    ssid: str
    password: str = ""
    security: Security | None = None  # left out: open without a password, else WPA2 and WPA3
    hidden: bool = False

    @property
    def network(self) -> WifiCode:
        """Raises ValueError, which never quotes the password."""
        security: Security = self.security or ("wpa" if self.password else "open")
        if not self.ssid.isprintable():
            raise ValueError("the name has to be of printable characters")
        return WifiCode(self.ssid.encode(), security, self.password, self.hidden)

    @model_validator(mode="after")
    def _is_a_network(self) -> Wifi:
        _ = self.network
        return self


class BootFile(_Strict):
    """All of portillon.toml. What is left out stays as it is."""

    profile: Literal["turnstile", "light"] | None = None
    pairing_url: str | None = None
    wifi: Wifi | None = None
    camera: dict[str, Any] = {}
    server: dict[str, Any] = {}
    gate: dict[str, Any] = {}
    screen: dict[str, Any] = {}

    @field_validator("pairing_url")
    @classmethod
    def _is_a_pairing_url(cls, url: str | None) -> str | None:
        if url is not None and not isinstance(codes.parse(url), PairingCode):
            raise ValueError("copy it whole from the admin: https://HOST/api/scan/TOKEN/pair")
        return url

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """What of kiosk.toml it sets, by section."""
        told = {name: dict(getattr(self, name)) for name in SECTIONS if getattr(self, name)}
        if self.profile is not None:
            told["gate"] = {"profile": self.profile, **told.get("gate", {})}
        return told


@dataclass(frozen=True, slots=True)
class Mistaken:
    """A file that can't be taken: a line for each mistake, none with a secret; and what settings can be looked at."""

    mistakes: list[str]
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)


def parse(content: bytes) -> BootFile | Mistaken:
    """The file, or what is wrong with it. Never raises."""
    if len(content) > MAX_BYTES:
        return Mistaken([f"the file is longer than {MAX_BYTES} bytes"])
    try:
        raw = tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))  # as Windows' editors write it
    except UnicodeDecodeError:
        return Mistaken(["the file is not UTF-8: save it as UTF-8"])
    except tomllib.TOMLDecodeError as error:
        return Mistaken([f"the file is not TOML: {error}"])
    try:
        return BootFile.model_validate(raw)
    except ValidationError as error:
        told = [_explain(tuple(each["loc"]), each["type"], each["msg"]) for each in error.errors(include_input=False)]
        return Mistaken(told, {name: raw[name] for name in SECTIONS if isinstance(raw.get(name), dict)})


def _explain(path: tuple[int | str, ...], kind: str, message: str) -> str:
    where = ".".join(str(part) for part in path)
    if kind == "extra_forbidden":
        known = list((Wifi if path[0] == "wifi" else BootFile).model_fields)
        near = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.5)
        return f"{where}: no such setting" + (f"; did you mean {near[0]}?" if near else "")
    return f"{where}: {message.removeprefix('Value error, ')}" if where else message.removeprefix("Value error, ")
