"""The live picture in terminals of every kind."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from kiosk.aim import terminal
from kiosk.aim.watching import READ, watch
from kiosk.camera import CameraFault


class Screen(io.TextIOWrapper):
    """A terminal's output, of an encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)

    def text(self) -> str:
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("term", "colorterm", "encoding", "mark"),
    [
        ("xterm-256color", "truecolor", "utf-8", "\x1b[38;2;"),
        ("xterm-256color", "", "utf-8", "\x1b[38;5;"),
        ("vt100", "", "utf-8", "@"),
        ("xterm-256color", "truecolor", "ascii", "@"),
    ],
)
def test_each_terminal_gets_the_best_it_can_show(
    frame: Callable[..., Any],
    shown: Any,
    monkeypatch: pytest.MonkeyPatch,
    term: str,
    colorterm: str,
    encoding: str,
    mark: str,
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLORTERM", colorterm)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "40")
    screen = Screen(encoding)
    with pytest.raises(CameraFault):
        terminal.show(watch(shown([frame()] * 2), 0.2), "en", screen)
    assert mark in screen.text()
    assert "Good" in screen.text()
    assert "pixels per module 6.9" in screen.text()
    if mark == "@":
        assert "O" in screen.text(), "the outline of a code that is read"


def test_the_picture_fits_the_terminal(frame: Callable[..., Any], shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "20")
    screen = Screen("ascii")
    with pytest.raises(CameraFault):
        terminal.show(watch(shown([frame()]), 0.2), "en", screen)
    lines = re.sub(r"\x1b\[\w*", "", screen.text()).splitlines()
    assert len(lines) <= 20
    assert max(map(len, lines)) < 60


def test_letters_are_denser_where_it_is_brighter() -> None:
    picture = Image.linear_gradient("L").resize((3, 20)).convert("RGB")
    picture.putpixel((1, 0), READ)
    lines = terminal.letters(picture).splitlines()
    assert len(lines) == 10
    assert lines[0] == " O "
    assert lines[-1] == "@@@"
