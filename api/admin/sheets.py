"""Tables as CSV that a spreadsheet opens rightly: UTF-8 with its mark, the separator of the language, no formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import bottle

from api.scan.words import Language

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # OWASP, CSV injection


def download(
    name: str, language: Language, titles: Sequence[str], rows: Iterable[Sequence[object]]
) -> bottle.HTTPResponse:
    """The whole table as a file of this name, made while it is sent. French spreadsheets want « ; »."""
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}
    return bottle.HTTPResponse(_lines(";" if language == "fr" else ",", titles, rows), 200, headers)


def _lines(separator: str, titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator)
    writer.writerow(titles)
    yield b"\xef\xbb\xbf"
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
        if buffer.tell() > 32 * 1024:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def _safe(cell: object) -> str:
    """A cell that a spreadsheet takes for text, whatever a stranger typed into it."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
