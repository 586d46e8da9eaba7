"""Bytes of a CSV file → its records with their line numbers, whatever Excel made of it. Any bytes at all may come."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from api.tickets.importing.problems import Problem

LARGEST = 64 * 1024 * 1024  # bytes: half a million rows of names and addresses
_RECORD = 128 * 1024  # characters: one of 23 million cells took 660 MB and half a minute
_SEPARATORS = ";,\t"
_FIRST_LINE = re.compile(r"[^\r\n]*")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class UnreadableError(ValueError):
    """No table at all; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.say("en"))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Table:
    """A file that could be decoded: records are read from it as often as needed."""

    text: str
    separator: str
    first_line: int  # of the headings: 2 after Excel's own « sep=; »

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record that is not empty, headings first, with its line.

        Raises UnreadableError where quotes are odd, or a record is too long.
        """
        lines = io.StringIO(self.text, newline="")
        for _ in range(self.first_line - 1):
            lines.readline()
        line, size = self.first_line, 0

        def fed() -> Iterator[str]:
            nonlocal size
            for each in lines:
                size += len(each)
                if size > _RECORD:
                    raise UnreadableError(Problem(line, "record_long", f"{_RECORD:,}"))
                yield each

        reader = csv.reader(fed(), delimiter=self.separator, strict=True)
        try:
            for record in reader:
                if any(cell.strip() for cell in record):
                    yield line, record
                line, size = reader.line_num + self.first_line, 0
        except csv.Error as error:
            raise UnreadableError(Problem(line, "quotes")) from error


def open_table(content: bytes, encoding: str | None = None) -> Table:
    """Decode: as told, else by its mark, else UTF-8, else as Excel in the West writes. Raises UnreadableError."""
    if len(content) > LARGEST:
        raise UnreadableError(Problem(1, "too_large", f"{LARGEST // 1024 // 1024} MiB"))
    text = _decode(content, encoding)
    first = _FIRST_LINE.match(text)[0]  # type: ignore[index]  # it fits any text
    told = first.strip().strip('"').lower()
    if told.startswith("sep=") and len(told) == len("sep=x"):
        return Table(text, told[4], 2)
    if first.strip().lower() == "sep=":  # a tab, which strip() took
        return Table(text, "\t", 2)
    return Table(text, max(_SEPARATORS, key=lambda each: _outside_quotes(first, each)), 1)


def _decode(content: bytes, encoding: str | None) -> str:
    candidates = [encoding] if encoding else [name for mark, name in _BOMS if content.startswith(mark)]
    if not candidates:
        halves = content[:200]
        if b"\0" in halves[1::2] and b"\0" not in halves[::2]:
            candidates = ["utf-16-le"]
        elif b"\0" in halves[::2] and b"\0" not in halves[1::2]:
            candidates = ["utf-16-be"]
        else:
            candidates = ["utf-8", "cp1252"]
    for name in candidates:
        try:
            return content.decode(name)
        except (UnicodeError, LookupError):
            continue
    raise UnreadableError(Problem(1, "encoding", candidates[0].upper()))


def _outside_quotes(line: str, character: str) -> int:
    return sum(part.count(character) for part in line.split('"')[::2])
