"""What a person sees of the demo: one line a scene as it happens, and the same as a picture for the README."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich.console import Console
from rich.text import Text

from kiosk.demo.evidence import Seen
from kiosk.demo.scenes import Scene

WIDTH = 115
COLUMNS = (7, 41, 28, 11, -6, -7, -6)  # widths in characters; a negative one is filled from the left
COLOURS = {"admitted": "green", "refused": "red", "unknown": "yellow", "ready": "cyan"}
_REMOTE_FONTS = re.compile(r"\s*@font-face \{[^}]*\}")


class Report:
    """Writes to standard output, in colour on a terminal, and keeps the same lines for the picture."""

    def __init__(self) -> None:
        self._screen = Console(highlight=False)
        self._picture = Console(
            record=True, file=io.StringIO(), width=WIDTH, force_terminal=True, color_system="truecolor", highlight=False
        )
        self._passed = 0
        self._failed = 0

    @property
    def failed(self) -> int:
        """How many did not go as they should."""
        return self._failed

    def opening(self, port: int) -> None:
        """What runs, and the heads of the columns."""
        self._print(Text("Portillon, the simulated appliance", "bold"))
        self._print(
            Text(f"portillon-api on 127.0.0.1:{port} · two portillon-kiosk on rendered frames and mock pins", "dim")
        )
        self._print(Text())
        heads = Text(" " * 5)
        for words, width in zip(("gate", "held up", "verdict", "relay", "read", "ask", "act"), COLUMNS, strict=True):
            _cell(heads, words, width, "dim")
        self._print(heads.append(" ").append("ms", "dim"))

    def waiting(self, words: str) -> AbstractContextManager[object]:
        """On a terminal, a moving line for as long as the context lasts."""
        return self._screen.status(words) if self._screen.is_terminal else nullcontext()

    def scene(self, scene: Scene, seen: Seen, wrong: Sequence[str], log: str) -> None:
        """One scene has ended. ``wrong``: in what it was not as expected, ``log``: the kiosk's last words."""
        colour = COLOURS.get(seen.outcome or "", "red")
        verdict = f"{(seen.outcome or 'nothing').upper()}{' ' + seen.why if seen.why else ''}"
        line = self._mark(not wrong)
        times = (_ms(seen.read_ms), _ms(seen.ask_ms), _ms(seen.act_ms))
        cells = (scene.gate, scene.title, f"{_lamp(seen)}{verdict}", _pulses(seen), *times)
        styles = ("dim", "default", f"bold {colour}", "green", "cyan", "cyan", "cyan")
        for words, width, style in zip(cells, COLUMNS, styles, strict=True):
            _cell(line, words, width, style)
        self._print(line)
        if wrong:
            self._explain([f"expected: {scene.expected}", f"seen:     {seen}", f"wrong:    {'; '.join(wrong)}"], log)

    def whole(self, words: str, wrong: Sequence[str], log: str) -> None:
        """A check of everything that one gate did has ended."""
        self._print(self._mark(not wrong).append(words, "default"))
        if wrong:
            self._explain([f"wrong: {'; '.join(wrong)}"], log)

    def trouble(self, words: str, unplayed: int) -> None:
        """The demo could not go on; the scenes not played count as failed."""
        self._failed += unplayed
        self._print(Text(f"✗ {words}", "bold red"))

    def end(self) -> None:
        """The last line."""
        colour = "bold red" if self._failed else "bold green"
        self._print(Text())
        self._print(Text(f"demo: {self._passed} passed, {self._failed} failed", colour))

    def save_picture(self, file: Path) -> None:
        """Write the lines as SVG. The fonts that rich would fetch from elsewhere are left out: any monospace does."""
        svg = self._picture.export_svg(title="make demo", unique_id="demo", clear=False)
        file.write_text(_REMOTE_FONTS.sub("", svg), "utf-8")

    def _mark(self, good: bool) -> Text:
        self._passed += good
        self._failed += not good
        line = Text()
        _cell(line, str(self._passed + self._failed), -2, "default")
        _cell(line.append(" "), "✓" if good else "✗", 2, "bold green" if good else "bold red")
        return line

    def _explain(self, lines: Sequence[str], log: str) -> None:
        for line in (*lines, *log.splitlines()):
            self._print(Text(f"     {line}", "red"))

    def _print(self, line: Text) -> None:
        for console in (self._screen, self._picture):
            console.print(line, soft_wrap=True)


def _cell(line: Text, words: str, width: int, style: str) -> None:
    """Add one column; its padding is a span of its own, since librsvg drops spaces where one begins or ends."""
    padding = " " * (abs(width) - len(words))
    if width < 0:
        line.append(padding).append(words, style)
    else:
        line.append(words, style).append(padding)


def _lamp(seen: Seen) -> str:
    """A dot for each lamp that was lit, in the colour of the verdict; a ring for none."""
    return f"{'●' * len(seen.lamps) or '○':<2}"


def _pulses(seen: Seen) -> str:
    """A step up for each pulse, and how long it was."""
    return " ".join("▁█…" if length is None else f"▁█▁ {length:.0f} ms" for length in seen.pulses)


def _ms(value: float | None) -> str:
    return "·" if value is None else f"{value:.0f}" if value >= 10 else f"{value:.1f}"
