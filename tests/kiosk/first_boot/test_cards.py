"""The printed cards are read by the gate's own reader as what they are meant to be."""

from __future__ import annotations

import io
import re
import stat
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from kiosk import codes
from kiosk.__main__ import main
from kiosk.codes import TestCard
from kiosk.first_boot import cards
from kiosk.reader import QrReader
from kiosk.wifi_code import WifiCode

SVG = "{http://www.w3.org/2000/svg}"
PIXELS = 4  # a millimetre
NETWORK = WifiCode("Théâtre; l'été".encode(), "wpa", 'pa:ss;w\\o"rd', hidden=True)


def printed(svg: str) -> NDArray[np.uint8]:
    """The sheet as a picture: its rectangles and its one path, drawn from the SVG as it is written."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(int, root.attrib["viewBox"].split())
    sheet = Image.new("L", (width * PIXELS, height * PIXELS), 255)
    ink = ImageDraw.Draw(sheet)
    (path,) = root.iter(f"{SVG}path")
    left, top, module = map(float, re.findall(r"[\d.]+", path.attrib["transform"]))
    for start, row, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path.attrib["d"]):
        x, y = left + int(start) * module, top + int(row) * module
        ink.rectangle([x * PIXELS, y * PIXELS, (x + int(length) * module) * PIXELS, (y + module) * PIXELS], fill=0)
    return np.asarray(sheet)


def read(svg: str) -> list[codes.Code]:
    return [codes.parse(text) for text in QrReader().read(printed(svg))]


def words(svg: str) -> str:
    return " ".join(each.text or "" for each in ElementTree.fromstring(svg).iter(f"{SVG}text"))


def test_the_test_card_is_read_as_the_test_card() -> None:
    assert read(cards.test_card()) == [TestCard()]


def test_a_wi_fi_card_is_read_as_the_network_whatever_name_and_password_hold() -> None:
    assert read(cards.wifi_card(NETWORK)) == [NETWORK]


def test_a_wi_fi_card_shows_the_network_s_name_and_not_its_password() -> None:
    shown = words(cards.wifi_card(NETWORK))
    assert NETWORK.name in shown
    assert NETWORK.secret not in shown


@pytest.mark.parametrize("svg", [cards.test_card(), cards.wifi_card(WifiCode(b"<&>", "open"))], ids=["test", "wi-fi"])
def test_the_words_fit_the_sheet_and_are_in_both_languages(svg: str) -> None:
    lines = [each for each in ElementTree.fromstring(svg).iter(f"{SVG}text") if each.text]
    assert max(float(line.attrib["y"]) for line in lines) < 297 - 10
    assert max(len(line.text or "") for line in lines) <= 80
    assert "Montrez" in words(svg)
    assert "Show" in words(svg)


def test_the_command_prints_a_wi_fi_card_that_only_its_owner_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Salle des fêtes\ncorrect horse\n"))
    assert main(["cards", "--out", str(tmp_path / "new"), "--wifi"]) == 0
    written = sorted(file.name for file in (tmp_path / "new").iterdir())
    assert written == ["test-card.svg", "wifi-card.svg"]
    card = tmp_path / "new" / "wifi-card.svg"
    assert stat.S_IMODE(card.stat().st_mode) == 0o600
    assert read(card.read_text("utf-8")) == [WifiCode("Salle des fêtes".encode(), "wpa", "correct horse")]
    assert "horse" not in "".join(capsys.readouterr())


def test_an_impossible_password_prints_nothing_and_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Salle\nhorse\n"))
    assert main(["cards", "--out", str(tmp_path), "--wifi"]) == 1
    assert list(tmp_path.iterdir()) == []
    said = capsys.readouterr().err
    assert "8 to 63" in said
    assert "horse" not in said


def test_without_wi_fi_only_the_test_card_is_printed(tmp_path: Path) -> None:
    assert main(["cards", "--out", str(tmp_path)]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["test-card.svg"]
