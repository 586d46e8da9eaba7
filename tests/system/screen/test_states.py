"""Every state at three sizes against its stored picture, readable, and inside the screen.

The pictures are those of docs/screen.md. This takes them anew; look at them before you commit:
``PORTILLON_PICTURES=docs/pictures/screen .venv/bin/pytest tests/system/screen/test_states.py``
"""

import io
import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kiosk.edges import State
from kiosk.guest.contrast import AA, contrast
from kiosk.verdict import ADMITTED

from .scenes import LOST, SCENES, SIZES

STORED = Path(__file__).parents[3] / "docs" / "pictures" / "screen"
TAKE_INTO = os.environ.get("PORTILLON_PICTURES")
# A pixel is another one when it differs by more than an edge of a letter does from one renderer to the next.
PIXEL = 60  # of 255
# The smallest word of a small screen is 0.12 % of it; the same machine's renderer differs from itself by nothing.
SHARE = 0.001

# Text and picture of the page, each with its colour and the field's; "#rrggbb".
COLOURS = """() => {
  const two = (each) => Number(each).toString(16).padStart(2, "0");
  const hex = (rgb) => "#" + rgb.match(/\\d+/g).slice(0, 3).map(two).join("");
  const field = hex(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll("h1, h2, p, b, code, header span, .shape, .steps svg")]
    .filter((each) => each.checkVisibility())
    .map((each) => [each.tagName, hex(getComputedStyle(each).color), field]);
}"""
# What is cut off: by the screen, or by the box of the words.
OUTSIDE = """() => {
  const words = document.querySelector(".words");
  const isCut = words.scrollHeight > words.clientHeight || words.scrollWidth > words.clientWidth;
  const all = [...document.querySelectorAll("h1, h2, p, b, code, .steps svg, .shape svg, header span")];
  const cut = all.filter((each) => each.checkVisibility()).filter((each) => {
    const box = each.getBoundingClientRect();
    return box.left < 0 || box.top < 0 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
  });
  return [...cut.map((each) => each.textContent), ...(isCut ? ["words"] : [])];
}"""


def differs(one, other):
    """Share of the pixels that are other ones, 0 to 1."""
    a, b = (np.asarray(picture.convert("RGB"), dtype=np.int16) for picture in (one, other))
    return 1.0 if a.shape != b.shape else float((np.abs(a - b).max(axis=2) > PIXEL).mean())


def photograph(tab):
    tab.page.evaluate("document.fonts.ready")
    return Image.open(io.BytesIO(tab.page.screenshot(animations="disabled")))


def looks_as_stored(tab, name):
    picture = photograph(tab)
    if TAKE_INTO:
        picture.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(
            Path(TAKE_INTO) / f"{name}.png", optimize=True
        )
        return
    with Image.open(STORED / f"{name}.png") as stored:
        share = differs(picture, stored)
    if share > SHARE:
        picture.save(f"/tmp/{name}.png")
    assert share <= SHARE, f"{share:.2%} of {name} are other pixels; it is now as in /tmp/{name}.png"


@pytest.mark.parametrize("size", SIZES)
def test_every_state_looks_as_in_the_docs(make_screen, open_page, size):
    screen = make_screen()
    width, height = SIZES[size]
    tab = open_page(screen.url, viewport={"width": width, "height": height})
    for name, (what, kind) in SCENES.items():
        screen.hold(*what)
        tab.wait_for(kind)
        tab.page.wait_for_function("title => document.querySelector('h1').textContent === title", arg=_title(what))
        assert tab.page.evaluate(OUTSIDE) == [], f"{name} is cut off at {size}"
        looks_as_stored(tab, f"{name}-{size}")
    screen.close()
    tab.wait_for(LOST)
    looks_as_stored(tab, f"{LOST}-{size}")


def _title(what):
    from kiosk.guest.message import message  # noqa: PLC0415

    state, verdict, trouble = (*what, None, None)[:3]
    return message(state, verdict, trouble, ("fr", "en"), {}).said[0][1].title


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_and_shape_stands_out_by_wcag_aa(make_screen, open_page, theme):
    screen = make_screen(theme=theme)
    tab = open_page(screen.url)
    for name, (what, kind) in SCENES.items():
        screen.hold(*what)
        tab.wait_for(kind)
        found = tab.page.evaluate(COLOURS)
        assert found
        assert [(name, *each) for each in found if contrast(each[1], each[2]) < AA] == []


def test_the_tolerance_is_narrower_than_the_difference_between_any_two_states():
    for size in SIZES:
        pictures = {
            name: Image.open(Path(TAKE_INTO or STORED) / f"{name}-{size}.png").convert("RGB")
            for name in [*SCENES, LOST]
        }
        pairs = itertools.combinations(pictures, 2)
        alike = [pair for pair in pairs if differs(pictures[pair[0]], pictures[pair[1]]) < 3 * SHARE]
        assert alike == [], size


def test_the_tolerance_sees_one_word(make_screen, open_page):
    screen = make_screen()
    tab = open_page(screen.url)
    screen.show(*SCENES["idle"][0])  # which needs no holding: what is said again would undo the change
    tab.wait_for("idle")
    before = photograph(tab)
    tab.page.evaluate("document.querySelector('p').textContent += ' Vite.'")
    assert differs(before, photograph(tab)) > SHARE
    tab.page.evaluate("document.querySelector('h1').textContent = 'Patientez'")
    assert differs(before, photograph(tab)) > SHARE


@pytest.mark.parametrize(
    ("theme", "prefers", "field"),
    [
        ("auto", "light", "#ffffff"),
        ("auto", "dark", "#0e141a"),
        ("light", "dark", "#ffffff"),
        ("dark", "light", "#0e141a"),
    ],
)
def test_the_theme_is_the_settings_or_the_browsers(make_screen, open_page, theme, prefers, field):
    screen = make_screen(theme=theme)
    screen.hold(State.READY)
    tab = open_page(screen.url, color_scheme=prefers)
    tab.wait_for("idle")
    assert {each[2] for each in tab.page.evaluate(COLOURS)} == {field}


@pytest.mark.parametrize("size", [(320, 240), (480, 800), (1080, 1920), (1024, 600)])
def test_the_longest_words_are_inside_every_screen(make_screen, open_page, size):
    screen = make_screen()
    tab = open_page(screen.url, viewport={"width": size[0], "height": size[1]})
    for name, (what, kind) in SCENES.items():
        screen.hold(*what)
        tab.wait_for(kind)
        assert tab.page.evaluate(OUTSIDE) == [], f"{name} is cut off"


def test_nothing_moves_for_who_prefers_it_so_and_the_idle_screen_moves_for_all_others(make_screen, open_page):
    screen = make_screen()
    screen.hold(State.READY)
    moving = "document.getAnimations().filter((each) => each.playState === 'running').length"
    still = open_page(screen.url, reduced_motion="reduce")
    still.wait_for("idle")
    assert still.page.evaluate(moving) == 0
    lively = open_page(screen.url, reduced_motion="no-preference")
    lively.wait_for("idle")
    assert lively.page.evaluate(moving) > 0


def test_the_organisers_look_is_shown_while_waiting_for_tickets_and_never_on_a_refusal(
    make_screen, open_page, tmp_path
):
    circle = '<circle cx="20" cy="20" r="20" fill="#ffe9c4"/>'
    logo = f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">{circle}</svg>'
    (tmp_path / "logo.svg").write_text(logo)
    (tmp_path / "branding.toml").write_text(
        'name = "La Raffinerie"\nlogo = "logo.svg"\n[colours]\nbackground = "#1b1035"\ntext = "#ffe9c4"\n'
        '[fr]\nadmitted = "Bienvenue à la Raffinerie"\n'
    )
    screen = make_screen(branding=tmp_path / "branding.toml")
    screen.hold(State.READY)
    tab = open_page(screen.url)
    tab.wait_for("idle")
    tab.page.wait_for_function("() => document.querySelector('header img').naturalWidth === 40")
    assert "La Raffinerie" in tab.text()
    assert {each[2] for each in tab.page.evaluate(COLOURS)} == {"#1b1035"}
    looks_as_stored(tab, "branded-small")
    screen.hold(State.ADMITTED, ADMITTED)
    tab.wait_for("admitted")
    assert "Bienvenue à la Raffinerie" in tab.text()
    screen.hold(*SCENES["refused"][0])
    tab.wait_for("refused")
    assert {each[2] for each in tab.page.evaluate(COLOURS)} == {"#a8121f"}
