"""Text from a camera → TicketCode, PairingCode or Unreadable, by a strict grammar. Pure; never raises.

Whatever a camera sees is hostile: everything here is decided before anything is sent, stored or shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Dialect = Literal["documented", "deployed"]


@dataclass(frozen=True, slots=True)
class TicketCode:
    """The text in a ticket's QR, ``DATA:SIGNATURE``. A ticket is known by its uuid, never by its text."""

    text: str
    uuid: str  # canonical: lower case, with dashes
    data: bytes  # the base64 part as signed, ASCII
    signature: bytes  # decoded


@dataclass(frozen=True, slots=True)
class PairingCode:
    """The URL in the admin's QR, taken apart."""

    base_url: str  # scheme://host[:port], no slash at the end
    prefix: Literal["/api/scan", "/scan"]
    token: str

    @property
    def dialect(self) -> Dialect:
        """``documented`` for /api/scan, ``deployed`` for /scan."""
        return "documented" if self.prefix == "/api/scan" else "deployed"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is neither. Never carries the text itself: only a word of why, and a digest to know it again."""

    why: str
    digest: str


Code = TicketCode | PairingCode | Unreadable


def parse(text: str) -> Code:
    """The code that this text is, by the grammar of the scan API."""
    raise NotImplementedError
