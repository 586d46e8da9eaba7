"""Where the tech page is, and what lets one browser in: for guest screen, terminal, and whoever asked. Values."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import segno

from kiosk.screen.words import Language
from kiosk.tech.words import said


@dataclass(frozen=True, slots=True)
class Invitation:
    """``urls``: one for each network. The code is good once, and for five minutes."""

    urls: tuple[str, ...]
    code: str
    fingerprint: str

    @property
    def link(self) -> str:
        """With the code in it. What stands after # never leaves the browser, so no log has it."""
        return f"{self.urls[0]}#{self.code}"

    def lines(self, language: Language) -> list[str]:
        """For a terminal."""
        return [
            said("invited", language),
            *(f"  {url}" for url in self.urls),
            f"  {said('code', language)}: {self.code[:4]} {self.code[4:]}",
            f"  {said('fingerprint', language)}:",
            *(f"    {half}" for half in _halves(self.fingerprint)),
        ]

    def qr(self) -> str:
        """The link as a QR code of characters."""
        drawn = io.StringIO()
        segno.make(self.link, micro=False, error="m").terminal(drawn, border=2, compact=True)
        return drawn.getvalue()

    def as_seen(self, languages: Sequence[Language]) -> dict[str, Any]:
        """For the guest screen: the QR code as one SVG path in a square of ``size`` modules."""
        rows = [list(row) for row in segno.make(self.link, micro=False, error="m").matrix_iter(border=4)]
        path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
        return {
            "title": " · ".join(said("title", language) for language in languages),
            "url": self.urls[0],
            "code": f"{self.code[:4]} {self.code[4:]}",
            "fingerprint": list(_halves(self.fingerprint)),
            "qr": {"size": len(rows), "path": path},
        }


def _halves(fingerprint: str) -> tuple[str, str]:
    middle = (len(fingerprint) + 1) // 2
    return fingerprint[:middle].rstrip(":"), fingerprint[middle:].lstrip(":")
