"""A Wi-Fi card's text ⇄ the network it names, by the grammar of ZXing's wiki ("Barcode Contents"). Pure.

``WIFI:T:WPA;S:name;P:password;H:true;;`` with its fields in any order. What phones print is read; what could be
meant in two ways is not: a field twice, an unknown one, an escape that is none, an end that is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Security = Literal["wpa", "sae", "open"]
Trouble = Literal["bad_wifi", "wifi_unsupported"]

PREFIX = "WIFI:"
SSID_BYTES = 32  # IEEE 802.11
# A value is what holds no semicolon and no backslash, but for these five behind a backslash.
_FIELD = re.compile(r'(?P<name>[A-Z][A-Z0-9]{0,2}):(?P<value>(?:[^\\;]|\\[\\;,:"])*);')
_TOKEN = re.compile(r"\\.|[^\\]", re.DOTALL)
_SPECIAL = re.compile(r'([\\;,:"])')
_HEX_PSK = re.compile(r"[0-9A-Fa-f]{64}")
# An SSID of 17 to 32 bytes in hexadecimal. Shorter ones can't be told from a name such as "CAFE", which phones
# print as it is; longer than 32 characters no name can be.
_HEX_SSID = re.compile(r"(?:[0-9A-Fa-f]{2}){17,32}")
_PASSPHRASE = re.compile(r"[ -~]{8,63}")  # IEEE 802.11 annex J: 8 to 63 printable ASCII characters
_SAE_PASSWORD = re.compile(r"[ -~]{1,63}")
# "WPA" on a card covers WPA2 and WPA3 at home. Only SAE by name shuts WPA2 out.
_SECURITY: dict[str, Security] = {
    **dict.fromkeys(("", "nopass"), "open"),
    **dict.fromkeys(("WPA", "WPA2", "WPA3", "WPA/WPA2", "WPA2/WPA3"), "wpa"),
    "SAE": "sae",
}
_UNSUPPORTED = frozenset({"WEP", "WPA-EAP", "WPA2-EAP", "WPA3-EAP"})
_READ = frozenset("TSPH")
_PASSED_OVER = frozenset("RIK")  # Wi-Fi Alliance, WPA3 specification: transition disable, SAE-PK's id and key


@dataclass(frozen=True, slots=True)
class WifiCode:
    """One network to join. Raises ValueError with what is wrong, never with the secret itself.

    ``ssid``: as it goes over the air, 1 to 32 bytes. ``secret``: a passphrase, or 64 hexadecimal digits of a key for
    ``wpa``; empty for ``open``.
    """

    ssid: bytes
    security: Security
    secret: str = field(default="", repr=False)
    hidden: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not 1 <= len(self.ssid) <= SSID_BYTES:
            raise ValueError("the name has to be 1 to 32 bytes long")
        if len(self.ssid) <= SSID_BYTES // 2 and _text_of(self.ssid) is None:
            raise ValueError("the name has to be of printable characters")
        if self.security == "open" and self.secret:
            raise ValueError("an open network has no password")
        if self.security == "wpa" and not (_PASSPHRASE.fullmatch(self.secret) or _HEX_PSK.fullmatch(self.secret)):
            raise ValueError("the password has to be 8 to 63 printable ASCII characters, or 64 hexadecimal digits")
        if self.security == "sae" and not _SAE_PASSWORD.fullmatch(self.secret):
            raise ValueError("the password has to be 1 to 63 printable ASCII characters")

    @property
    def name(self) -> str:
        """The SSID for people: printable, whatever bytes it has."""
        return _text_of(self.ssid) or self.ssid.hex()

    @property
    def text(self) -> str:
        """The card's text. It holds the password."""
        ssid = _text_of(self.ssid)
        fields = [
            {"wpa": "T:WPA", "sae": "T:SAE", "open": "T:nopass"}[self.security],
            f"S:{self.ssid.hex() if ssid is None else _escaped(ssid)}",
            *([f"P:{_escaped(self.secret)}"] if self.secret else []),
            *(["H:true"] if self.hidden else []),
        ]
        return f"{PREFIX}{';'.join(fields)};;"


def parse_wifi(line: str) -> WifiCode | Trouble:
    """The network that a text beginning with ``WIFI:`` names. Never raises.

    ``wifi_unsupported``: well written, but WEP, or a network where each user has an account.
    """
    values = _values(line.removeprefix(PREFIX))
    if values is None or "S" not in values or not values.keys() <= _READ | _PASSED_OVER:
        is_for_accounts = values is not None and values.get("T") in _UNSUPPORTED
        return "wifi_unsupported" if is_for_accounts else "bad_wifi"
    kind, hidden = values.get("T", ""), values.get("H", "")
    if kind in _UNSUPPORTED:
        return "wifi_unsupported"
    ssid = _ssid(values["S"])
    secret = _plain(values.get("P", ""))
    if kind not in _SECURITY or hidden not in {"", "true", "false"} or ssid is None or secret is None:
        return "bad_wifi"
    try:
        return WifiCode(ssid, _SECURITY[kind], secret, hidden == "true")
    except ValueError:
        return "bad_wifi"


def _values(body: str) -> dict[str, str] | None:
    """The fields as they are written; None unless the whole text is fields, each once, and one semicolon."""
    values: dict[str, str] = {}
    at = 0
    while match := _FIELD.match(body, at):
        if match["name"] in values:
            return None
        values[match["name"]] = match["value"]
        at = match.end()
    return values if body[at:] == ";" else None


def _ssid(written: str) -> bytes | None:
    if _HEX_SSID.fullmatch(written):
        return bytes.fromhex(written)
    plain = _plain(written)
    return plain.encode() if plain is not None and _is_printable(plain) else None


def _plain(written: str) -> str | None:
    """Without escapes, and without the quotes that keep a name from being taken for hexadecimal. None: half quoted."""
    tokens = _TOKEN.findall(written)
    if tokens[:1] == ['"']:
        if len(tokens) < 2 or tokens[-1] != '"':
            return None
        tokens = tokens[1:-1]
    return "".join(token.removeprefix("\\") if len(token) > 1 else token for token in tokens)


def _escaped(plain: str) -> str:
    return _SPECIAL.sub(r"\\\1", plain)


def _text_of(ssid: bytes) -> str | None:
    try:
        text = ssid.decode()
    except UnicodeDecodeError:
        return None
    return text if _is_printable(text) else None


def _is_printable(text: str) -> bool:
    """No control character, no lone surrogate, and not U+FFFD, which decoders put where they could not read."""
    return text.isprintable() and "\N{REPLACEMENT CHARACTER}" not in text
