"""The organiser's look: what is taken, what is refused and why, and that a broken file costs no more than the look."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest
from PIL import Image

from kiosk import settings
from kiosk.guest import GuestScreen
from kiosk.guest.branding import FILE_LIMIT, LOGO_LIMIT, Brand, BrandFault, load_brand
from kiosk.guest.contrast import AA, contrast
from kiosk.guest.look import Look
from kiosk.guest.message import Kind
from kiosk.guest.stand import PAGE
from kiosk.screen.words import Words

GOOD = """
name = "La Raffinerie"
logo = "logo.svg"
[colours]
background = "#1b1035"
text = "#ffe9c4"
[fr]
idle = "Votre billet, s'il vous plaît"
admitted = "Bienvenue à la Raffinerie"
admitted_hint = "Bar à gauche."
[en]
admitted = "Welcome to the Raffinerie"
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "logo.svg").write_text(SVG)
    it = tmp_path / "branding.toml"
    it.write_text(GOOD)
    return it


def why_not(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(BrandFault) as refused:
        load_brand(file)
    return str(refused.value)


def test_a_good_file_gives_name_logo_colours_and_words(file: Path) -> None:
    brand = load_brand(file)
    assert brand.as_seen() == {"name": "La Raffinerie", "has_logo": True, "colours": ("#1b1035", "#ffe9c4")}
    assert brand.logo is not None
    assert brand.logo.content.decode() == SVG
    assert brand.words[Kind.ADMITTED, "fr"] == Words("Bienvenue à la Raffinerie", "Bar à gauche.")
    assert (Kind.IDLE, "en") not in brand.words


def test_an_empty_file_is_our_own_look(file: Path) -> None:
    file.write_text("")
    assert load_brand(file) == Brand()


def test_colours_that_can_not_be_read_are_refused_with_their_contrast(file: Path) -> None:
    why = why_not(file, '[colours]\nbackground = "#ffffff"\ntext = "#777777"')
    assert "4.5" in why
    assert "#777777 on #ffffff" in why
    load_brand_of(file, '[colours]\nbackground = "#ffffff"\ntext = "#767676"')


def load_brand_of(file: Path, text: str) -> Brand:
    file.write_text(text)
    return load_brand(file)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('nmae = "x"', "nmae"),
        ("name = 5", "name"),
        ('name = "' + 41 * "x" + '"', "name"),
        ('name = "a\\u0007b"', "can't be shown"),
        ('name = "a\\u202eb"', "can't be shown"),
        ('[colours]\nbackground = "#000000"', "colours.text"),
        ('[colours]\nbackground = "black"\ntext = "#ffffff"', "colours.background"),
        ('[colours]\nbackground = "#000000;x"\ntext = "#ffffff"', "colours.background"),
        ('[fr]\nrefused = "Non"', "fr.refused"),
        ('[en]\nidle_hint = "alone"', "idle_hint goes below idle"),
        ('logo = "../secret.png"', "logo"),
        ('logo = "logo.gif"', "logo"),
        ('logo = "missing.png"', "missing.png can't be read"),
        ("name = ", "is not TOML"),
        ("#" * (FILE_LIMIT + 1), "larger than"),
    ],
)
def test_what_is_wrong_is_named(file: Path, text: str, named: str) -> None:
    assert named in why_not(file, text)


def test_every_mistake_is_told_at_once(file: Path) -> None:
    why = why_not(file, 'name = 5\ncolor = "red"\n[fr]\nidle = ""')
    assert all(each in why for each in ("name", "color", "fr.idle"))


@pytest.mark.parametrize(
    "content",
    [
        "<html/>",
        "<svg>",
        '<svg width="1"/>',
        f'<!DOCTYPE svg [<!ENTITY a "b">]>{SVG}',
        SVG + " " * LOGO_LIMIT,
    ],
)
def test_a_logo_that_is_no_plain_svg_is_refused(file: Path, content: str) -> None:
    file.with_name("logo.svg").write_text(content)
    assert "logo.svg" in why_not(file, GOOD)


def test_a_png_is_looked_at_before_it_is_shown(file: Path) -> None:
    drawn = io.BytesIO()
    Image.new("RGBA", (40, 20), "red").save(drawn, "PNG")
    logo = file.with_name("logo.png")
    logo.write_bytes(drawn.getvalue())
    brand = load_brand_of(file, 'logo = "logo.png"')
    assert brand.logo is not None
    assert brand.logo.kind == "image/png"
    logo.write_bytes(drawn.getvalue()[:40])
    assert "no PNG" in why_not(file, 'logo = "logo.png"')
    Image.new("1", (5000, 1)).save(logo)
    assert "5000 × 1" in why_not(file, 'logo = "logo.png"')


def test_a_broken_file_falls_back_to_our_own_look_and_says_so(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.write_text("name = 5")
    screen = GuestScreen(settings.Screen(branding=file), 0)
    try:
        trouble = screen.turned(time.monotonic())
        assert trouble is not None
        assert "name" in trouble
        assert "its own look" in caplog.text
        assert screen.url is not None, "the page is served all the same"
    finally:
        screen.close()


ODD_FILES = {
    "an encoding of several bytes": ('logo = "logo.svg"', f'<?xml version="1.0" encoding="GB2312"?>{SVG}'),
    "an encoding that is none": ('logo = "logo.svg"', f'<?xml version="1.0" encoding="foo"?>{SVG}'),
    "a name that no file can have": ('logo = "a\\u0000.png"', SVG),
    "a list in a list in a list": ("name = " + "[" * 5000, SVG),
}


@pytest.mark.parametrize("odd", ODD_FILES)
def test_a_file_that_breaks_its_parser_costs_no_more_than_the_look_at_the_start_and_later(
    file: Path, odd: str, caplog: pytest.LogCaptureFixture
) -> None:
    it = Look(file)
    text, logo = ODD_FILES[odd]
    file.with_name("logo.svg").write_text(logo)
    file.write_text(text)
    it.look()
    it.look()
    for brand, trouble in (it.now, Look(file).now):
        assert brand == Brand()
        assert "branding.toml" in str(trouble) or "logo.svg" in str(trouble)
    assert "its own look" in caplog.text
    file.write_text('name = "Le Hangar"')
    it.look()
    it.look()
    assert it.now[0].name == "Le Hangar"


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffb81c", "#ffb81c") == 1


def test_every_pair_of_colours_of_our_own_look_can_be_read() -> None:
    rules = re.findall(
        r'\[data-kind="(\w+)"\] \{ --field: (#\w{6}); --ink: (#\w{6}); --mark: (#\w{6}); \}',
        (PAGE / "guest.css").read_text(),
    )
    assert {kind for kind, *_ in rules} == {*map(str, Kind), "offline"}
    unread = [(kind, ink, field) for kind, field, *inks in rules for ink in inks if contrast(ink, field) < AA]
    assert unread == []


def test_no_two_kinds_have_the_same_field_but_those_that_mean_the_same() -> None:
    rules = re.findall(r'(?m)^\[data-kind="(\w+)"\] \{ --field: (#\w{6})', (PAGE / "guest.css").read_text())
    same = {("wait", "staff"), ("unpaired", "setup"), ("stopping", "offline")}
    alike = {(a, b) for i, (a, one) in enumerate(rules) for b, other in rules[i + 1 :] if one == other}
    assert alike == same


def test_every_kind_has_a_shape_of_its_own() -> None:
    page = (PAGE / "index.html").read_text()
    shapes = dict(re.findall(r'(?s)<symbol id="(\w+)"[^>]*>(.*?)</symbol>', page))
    assert {*map(str, Kind), "offline"} - {"unpaired"} <= set(shapes)
    assert len(set(shapes.values())) == len(shapes)
