"""What may leave this machine: text and lines without keys, passwords, tickets and guests. Pure, but for one salt.

What is left out of one archive is replaced by the same mark wherever it stood, so that whoever helps can follow one
ticket from line to line; a mark can't be turned back, nor compared with another archive's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets as random
from collections.abc import Iterable
from typing import Any

# Fields of journal and trace that are words of ours, numbers or times. Whatever is not listed is replaced.
_PLAIN = frozenset(
    {
        *("t", "event", "step", "note", "at", "since", "happened", "verdict", "reason", "fault", "giving", "action"),
        *("watched", "waited_s", "given_back", "read_ms", "ask_ms", "pin", "value", "state", "pulsed", "result"),
        *("outcome", "what", "active", "found", "used_at"),
    }
)
_SENTENCES = frozenset({"why", "cause"})
_CODE = re.compile(r"[A-Za-z0-9_.:+-]{1,40}\Z")
_LEAST_SECRET = 4  # characters: a shorter one would spoil every line

_UUID = r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
_MAC = r"\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b"
# Those of any length begin where their characters do and look no further than these go: a line is read once, not for
# each of its characters.
_MAIL = r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_WIFI_CODE = r"WIFI:\S.*?;;"
_PAIRING_TOKEN = r"(?<=/)[^/\s]+(?=/pair\b)"  # noqa: S105  (a pattern)
_API_KEY = r"\b[A-Za-z0-9]{8}\.[A-Za-z0-9_-]{12,}"
# Of a ticket code or any key: long, and with digits; with a slash only in mixed case, or every path would be one.
_LONG = r"(?<![A-Za-z0-9_/+=-])(?=[A-Za-z0-9_+=-]*\d)[A-Za-z0-9_+=-]{24,}"
_WITH_SLASHES = "[A-Za-z0-9_+=/-]"
_LONG_WITH_SLASHES = (
    rf"(?<!{_WITH_SLASHES})(?!/)(?={_WITH_SLASHES}*\d)(?={_WITH_SLASHES}*[a-z])(?={_WITH_SLASHES}*[A-Z])"
    rf"{_WITH_SLASHES}{{40,}}"
)
_KINDS = "|".join((_WIFI_CODE, _PAIRING_TOKEN, _MAIL, _UUID, _MAC, _API_KEY, _LONG_WITH_SLASHES, _LONG))
# What stands after such a word: what is quoted, or up to the line's end, since a password may hold spaces and commas.
_NAMED = re.compile(
    r"(?i)\b(psk|pass(?:word|phrase|wd)?|api[_-]?key|authorization|token|secret|qrcode_data)([\"']?\s*[=:]\s*)"
    r"(([\"'])[^\n]*?\4(?=\s*(?:[,}\])]|$))|\S[^\n]*)",
    re.MULTILINE,
)
_LONGEST = 4096  # characters of a line; more helps nobody


class Redactor:
    """One archive's. ``known``: secrets of this machine, replaced wherever they stand, however they look."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._salt = random.token_bytes(32)
        exact = sorted({each for each in known if len(each) >= _LEAST_SECRET}, key=len, reverse=True)
        self._exact = re.compile("|".join(map(re.escape, exact)) or r"(?!)")
        self._kinds = re.compile(f"{self._exact.pattern}|{_KINDS}")

    def mark(self, secret: str) -> str:
        """``~`` and twelve digits: the same for the same secret in this archive."""
        return "~" + hmac.new(self._salt, secret.lower().encode(), hashlib.sha256).hexdigest()[:12]

    def text(self, text: str) -> str:
        """Free text, such as a log, line by line or whole."""
        cut = "\n".join(map(self._cut, text.split("\n")))
        named = _NAMED.sub(lambda found: found[1] + found[2] + self.mark(found[3]), cut)
        return self._kinds.sub(lambda found: self.mark(found[0]), named)

    def _cut(self, line: str) -> str:
        """A line that is too long, up to its last whole word: of half a secret nobody could know that it is one."""
        if len(line) <= _LONGEST:
            return line
        known = self._exact.sub(lambda found: self.mark(found[0]), line)
        return "".join(known[:_LONGEST].rpartition(" ")[:2]) + "…"

    def line(self, fields: dict[str, Any]) -> dict[str, Any]:
        """One line of journal or trace."""
        return {name: self._value(name, value) for name, value in fields.items()}

    def _value(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if name in _SENTENCES and isinstance(value, str):
            return self.text(value)
        if name in _PLAIN and (isinstance(value, int | float) or (isinstance(value, str) and _CODE.match(value))):
            return self.text(value) if isinstance(value, str) else value
        return self.mark(value if isinstance(value, str) else json.dumps(value))
