"""One line a fact on standard error, ``TIME LEVEL ROOM key=value …``, with secrets masked. Any room may log."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import Literal

# A pairing token is the part before /pair; any other part of a path this long can only be a key or a token.
_SECRETS = (
    (re.compile(r"(?i)(api-key[\s:=]+)[^\s\"',]+"), r"\1***"),
    (re.compile(r"(/scan/)[^/\s\"']+(/pair)"), r"\1***\2"),
    (re.compile(r"(?<=/)[^/\s\"'?]{37,}"), "***"),
    (re.compile(r"(://[^/@:\s]*:)[^@\s]*@"), r"\1***@"),
)
_PLAIN = re.compile(r"[^\s\"'=\\\x00-\x1f\x7f]+")


def masked(text: str) -> str:
    """The text without API keys, pairing tokens and passwords in URLs."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def fields(**values: object) -> str:
    """``key=value key="odd value"``: whatever a client sent stays on its own line and in its own field."""
    return " ".join(f"{key}={_quoted(str(value))}" for key, value in values.items())


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value)


class _Line(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class _Json(logging.Formatter):
    """One object a line: ``time``, ``level``, ``room``, ``message``, and ``trace`` where something broke."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        at = f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z"
        told = {"time": at, "level": record.levelname, "room": record.name, "message": masked(record.getMessage())}
        if record.exc_info:
            told["trace"] = masked(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)


def start(level: str, form: Literal["text", "json"] = "text") -> None:
    """Write everything from this level up (``debug`` … ``error``) to standard error.

    Libraries are heard from ``info`` up: in finer detail peewee tells each statement with its values, guests' names and
    keys' digests among them, and urllib3 the webhook's address.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Line())
    logging.basicConfig(level="INFO" if level == "debug" else level.upper(), handlers=[handler], force=True)
    logging.getLogger("api").setLevel(level.upper())
