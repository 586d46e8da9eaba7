"""QR images as gates read them best: level M, four modules of quiet zone, white behind. Knows no ticket."""

from __future__ import annotations

from pathlib import Path

import segno

from api import secret_file

BORDER = 4  # modules; with less, or on a dark page without its own white, nothing reads it (facts: Reading QR codes)
_SCALE = 10  # pixels a module: 610 for a ticket, 50 mm at 300 dpi
_BLOCKS = {(1, 1): "█", (1, 0): "▀", (0, 1): "▄", (0, 0): " "}  # (upper, lower) dark → black on white
_FORMATS = (".png", ".svg")


def make(text: str) -> segno.QRCode:
    """The code of this text. Level M survives a thumb on a tenth of it, where L dies (facts: Reading QR codes)."""
    return segno.make_qr(text, error="m")


def write(qr: segno.QRCode, file: Path) -> None:
    """Write a PNG or an SVG, by the file's ending; only its owner may read it: whoever shows it, gets in.

    Raises ValueError for another ending, OSError when it can't be written.
    """
    kind = file.suffix.lower()
    if kind not in _FORMATS:
        raise ValueError(f"{file}: the name must end with {' or '.join(_FORMATS)}")
    with secret_file.opened(file) as out:
        qr.save(out, kind=kind[1:], scale=_SCALE, border=BORDER, dark="#000000", light="#ffffff")


def lines(qr: segno.QRCode) -> list[str]:
    """The code in half blocks, two rows of modules a line, to be shown black on white on any terminal."""
    rows = [list(row) for row in qr.matrix_iter(border=BORDER)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    return [
        "".join(_BLOCKS[bool(upper), bool(lower)] for upper, lower in zip(above, below, strict=True))
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    ]
