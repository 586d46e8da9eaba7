"""What the organiser's shell prints: tables for people or JSON for scripts, and errors in three parts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

_BLACK_ON_WHITE = "#000000 on #ffffff"
_ROWS_MAX = 40  # of a table that a person reads; all of them with --json


class CommandError(Exception):
    """The command can't be done: what happened, what it means, what to do. ``mistakes`` lists several at once."""

    def __init__(self, what: str, means: str = "", do: str = "", mistakes: Sequence[str] = (), code: int = 1) -> None:
        super().__init__(what)
        self.what = what
        self.means = means
        self.do = do
        self.mistakes = tuple(mistakes)
        self.code = code  # exit code: 1 it could not be done, 2 it was asked wrongly


class Shell:
    """Standard output and standard error of one command."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._out = Console(highlight=False, soft_wrap=True)
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)

    def result(self, value: object) -> None:
        """The result for a script: one line of JSON."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def say(self, text: str) -> None:
        """One line for a person."""
        self._out.print(plain(text))

    def note(self, text: str) -> None:
        """Something to know, beside the result: on standard error, for scripts too."""
        self._err.print(plain(text, "yellow"))

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str | None]], more: str = "") -> None:
        """Rows for a person; of a long list the beginning, and ``more`` says where the rest is."""
        # However narrow the terminal, what a row is known by is whole: the next command is given it.
        columns = (Column(title, no_wrap=title == "UUID") for title in titles)
        table = Table(*columns, box=None, header_style="bold", pad_edge=False)
        for row in rows[:_ROWS_MAX]:
            table.add_row(*(plain(cell or "-") for cell in row))
        self._out.print(table, soft_wrap=False, crop=False, no_wrap=True)
        if len(rows) > _ROWS_MAX:
            self.say(f"… and {len(rows) - _ROWS_MAX:,} more. {more}")

    def qr(self, lines: Iterable[str]) -> None:
        """A QR code, where a terminal shows it."""
        if self._out.is_terminal:
            for line in lines:
                self._out.print(Text(line, _BLACK_ON_WHITE), no_wrap=True, crop=False)

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Any]:
        """A bar on standard error when a person watches; gives the function to call with each step done."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self._err, transient=True, disable=not self._err.is_terminal) as bar:
            task = bar.add_task(what, total=total)
            yield lambda steps: bar.advance(task, steps)

    def error(self, error: CommandError) -> None:
        """What went wrong, on standard error."""
        if self.as_json:
            parts = {"error": error.what, "means": error.means, "do": error.do, "mistakes": list(error.mistakes)}
            sys.stderr.write(json.dumps({k: v for k, v in parts.items() if v}, ensure_ascii=False) + "\n")
            return
        self._err.print(plain(f"portillon-api: {error.what}", "bold red"))
        for line in (*error.mistakes, error.means, error.do):
            if line:
                self._err.print(plain(f"  {line}"))


def nobody_reads() -> None:
    """Whoever read the standard output has left: the rest goes nowhere, and Python does not complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def plain(text: str, style: str = "") -> Text:
    """Text as it is: no markup of rich's, and nothing in a guest's name that steers the terminal."""
    return Text("".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text), style)
