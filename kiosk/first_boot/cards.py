"""The cards that a tech shows to a gate, as SVG for one sheet of A4: the test card, and a Wi-Fi network's."""

from __future__ import annotations

from collections.abc import Iterator

import segno

from kiosk.codes import TEST_CARD
from kiosk.wifi_code import WifiCode
from kiosk.wiring.ink import GREY, INK, PAPER, paragraph, text

_WIDTH, _HEIGHT = 210, 297  # A4, millimetres
_MARGIN = 25
_SIDE = 100.0  # of the code with its quiet zone: read from half a metre, and by a camera that is not yet focused
_TOP = 62.0
_QUIET = 4  # modules (ISO/IEC 18004); with less nothing reads on a dark page (facts: Reading QR codes)
_COLUMNS = 78
_TEST = (
    ("Carte d'essai", "Test card"),
    (
        "Montrez cette carte à la caméra d'un portillon neuf, avant son appairage, ou d'un portillon déverrouillé. "
        "Il allume la lampe rouge, puis l'orange, puis s'ouvre une fois : passez, et lisez l'écran.",
        "Show this card to the camera of a new gate, before it is paired, or of one that was unlocked. "
        "It lights the red lamp, then the amber one, then opens once: go through, and read the screen.",
        "Un portillon en service ne s'ouvre pas pour cette carte.   ·   No gate in service opens for this card.",
    ),
)
_WIFI = (
    ("Carte Wi-Fi", "Wi-Fi card"),
    (
        "Montrez cette carte à la caméra d'un portillon neuf ou déverrouillé : il rejoint ce réseau en une minute. "
        "Montrez ensuite le QR code de l'appareil.",
        "Show this card to the camera of a new gate, or of one that was unlocked: it joins this network in a minute. "
        "Then show the device's QR code.",
        "Elle contient le mot de passe : détruisez-la ensuite.   ·   It holds the password: destroy it afterwards.",
    ),
)


def test_card() -> str:
    """The same for every gate; it holds no secret."""
    return _sheet(*_TEST, "", TEST_CARD)


def wifi_card(network: WifiCode) -> str:
    """Holds the password: whoever photographs it can join."""
    return _sheet(*_WIFI, network.name, network.text)


def _sheet(title: tuple[str, str], words: tuple[str, ...], name: str, content: str) -> str:
    parts = [
        text(_MARGIN, 32, title[0], 11, font_weight="bold"),
        text(_MARGIN, 42, title[1], 7, fill=GREY),
        *([text(_MARGIN, 54, name, 8, font_weight="bold")] if name else []),
        *_code(content),
        *_words(words),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}mm" height="{_HEIGHT}mm" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="DejaVu Sans, Verdana, sans-serif">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{PAPER}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _words(words: tuple[str, ...]) -> Iterator[str]:
    at = _TOP + _SIDE + 14
    for each in words:
        lines = paragraph(_MARGIN, at, each, 3.8, _COLUMNS)
        yield from lines
        at += 5.1 * len(lines) + 5


def _code(content: str) -> Iterator[str]:
    """The QR code, error level M, as one path of horizontal runs."""
    rows = [bytes(row) for row in segno.make_qr(content, error="m", boost_error=False, encoding="utf-8").matrix]
    module = _SIDE / (len(rows) + 2 * _QUIET)
    runs = "".join(f"M{start} {y}h{length}v1h-{length}z" for y, row in enumerate(rows) for start, length in _runs(row))
    left = (_WIDTH - _SIDE) / 2 + _QUIET * module
    place = f"translate({left:.3f} {_TOP + _QUIET * module:.3f}) scale({module:.5f})"
    yield f'<path transform="{place}" fill="{INK}" shape-rendering="crispEdges" d="{runs}"/>'


def _runs(row: bytes) -> Iterator[tuple[int, int]]:
    """Where dark modules begin, and how many there are."""
    start = 0
    for light in (*(at for at, dark in enumerate(row) if not dark), len(row)):
        if light > start:
            yield start, light - start
        start = light + 1
