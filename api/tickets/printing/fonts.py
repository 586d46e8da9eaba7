"""The letters of printed tickets: DejaVu and whatever widens it on this machine, else PDF's own Helvetica."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF

_HOME = Path("/usr/share/fonts")
# Debian's fonts-dejavu-core: Latin, Greek, Cyrillic, Armenian, Georgian, Arabic, Hebrew.
_PLAIN = _HOME / "truetype/dejavu/DejaVuSans.ttf"
_BOLD = _HOME / "truetype/dejavu/DejaVuSans-Bold.ttf"
# Debian's fonts-droid-fallback: Chinese, Japanese, Korean.
_WIDER = (_HOME / "truetype/droid/DroidSansFallbackFull.ttf",)


class Letters:
    """The fonts of one document, and what they can't show."""

    def __init__(self, pdf: FPDF, plain: Path = _PLAIN, bold: Path = _BOLD, wider: Sequence[Path] = _WIDER) -> None:
        self._covered: set[int] | None = None
        self.replaced = 0  # tickets' texts in which a character could not be shown
        self.family = "helvetica"
        if plain.exists() and bold.exists():
            self.family = "letters"
            pdf.add_font(self.family, "", plain)
            pdf.add_font(self.family, "B", bold)
            names = [f"wider{index}" for index, file in enumerate(wider) if _add(pdf, f"wider{index}", file)]
            pdf.set_fallback_fonts(names, exact_match=False)
            self._covered = {point for font in pdf.fonts.values() for point in getattr(font, "cmap", ())}

    def show(self, text: str) -> str:
        """The text with « ? » for what no font here has: a gap would look like a fault of the paper."""
        clean = "".join(c if c.isprintable() else " " for c in text)
        shown = "".join(c if self._has(c) else "?" for c in clean)
        self.replaced += shown != clean
        return shown

    def _has(self, character: str) -> bool:
        if self._covered is not None:
            return ord(character) in self._covered
        try:
            character.encode("latin-1")
        except UnicodeEncodeError:
            return False
        return True


def _add(pdf: FPDF, name: str, file: Path) -> bool:
    if not file.exists():
        return False
    pdf.add_font(name, "", file)
    return True
