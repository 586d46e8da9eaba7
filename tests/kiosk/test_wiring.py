"""The wiring sheet says what the settings say, draws it on one A4 page, and the one in the docs is up to date."""

import re
import string
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kiosk import settings
from kiosk.wiring import as_svg, as_text, draw_up, header, words

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("portillon-kiosk")
EVERYTHING = {
    "relay": 17,
    "exit_relay": 26,
    "ready": 16,
    "green": 27,
    "red": 22,
    "amber": 23,
    "buzzer": 24,
    "passage": 5,
    "exit_request": 6,
    "emergency": 12,
    "unlock": 13,
    "tamper": 25,
    "normally_closed": ("passage", "emergency", "tamper"),
}
LANGUAGES = ("fr", "en")


def sheet_of(language="en", **wiring):
    return draw_up(settings.Gate(**wiring), "kiosk.toml", language)


def row(sheet, pin):
    """The line of the text's drawing that this pin of the header is on."""
    odd = pin - 1 + pin % 2
    return next(line for line in as_text(sheet).splitlines() if re.search(rf" {odd} \[. .\] {odd + 1}\b", line))


def words_of(svg):
    return " ".join(node.text for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text"))


def test_each_bcm_number_is_on_one_pin_of_the_header():
    assert sorted(header.BCM.values()) == list(range(28))
    assert {**header.BCM, **header.POWER}.keys() == set(header.PINS)


# Spot checks against the pin-out that Raspberry Pi publishes.
@pytest.mark.parametrize(("bcm", "pin"), [(2, 3), (14, 8), (17, 11), (27, 13), (7, 26), (0, 27), (1, 28), (21, 40)])
def test_a_bcm_number_is_found_at_its_pin(bcm, pin):
    assert header.position(bcm) == pin


def test_grounds_are_near_and_shared_out_before_one_has_three_wires():
    shared = header.share_grounds(header.position(bcm) for bcm in (17, 27, 22, 23, 24, 5, 6, 13))
    assert all(abs(pin - ground) <= 10 for pin, ground in shared.items())
    assert max(list(shared.values()).count(ground) for ground in shared.values()) <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_shows_every_terminal_beside_its_pin(language):
    sheet = sheet_of(language, **EVERYTHING)
    assert len(sheet.terminals) == len(EVERYTHING) - 1
    for terminal in sheet.terminals:
        line = row(sheet, terminal.pin)
        assert terminal.title in line
        assert re.search(rf"BCM +{terminal.bcm}\b", line)


def test_the_arrows_tell_outputs_from_inputs():
    sheet = sheet_of(relay=17, passage=5)
    assert "Entry relay ─◄─" in row(sheet, 11)
    assert "Passage sensor ─►─" in row(sheet, 29)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_shows_every_terminal_with_its_number_contact_and_ground(language):
    sheet = sheet_of(language, **EVERYTHING)
    shown = words_of(as_svg(sheet))
    for terminal in sheet.terminals:
        assert terminal.title in shown
        assert f"BCM {terminal.bcm}" in shown
        assert words.label("ground", language, pin=terminal.ground) in shown


def test_the_picture_is_well_formed_whatever_the_file_is_called():
    sheet = draw_up(settings.Gate(relay=17), '<script>"&', "en")
    assert '<script>"&' in words_of(as_svg(sheet))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_fits_a_console_of_80_columns(language):
    worst = {**EVERYTHING, "green": 2, "red": 1, "amber": 4, "buzzer": 14, "unlock": 8, "active_high": False}
    assert max(map(len, as_text(sheet_of(language, **worst)).splitlines())) <= 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_fits_its_page_also_with_every_caution_there_is(language):
    worst = {**EVERYTHING, "relay": 14, "green": 2, "red": 1, "amber": 4, "buzzer": 0, "unlock": 8, "ready": 18}
    worst |= {"normally_closed": (), "active_high": False, "pulse_ms": 150, "emergency_opens": True, "tamper": 9}
    texts = [node for node in ElementTree.fromstring(as_svg(sheet_of(language, **worst))).iter() if "y" in node.attrib]
    assert max(float(node.attrib["y"]) for node in texts) < 297 - 5


def test_a_contact_that_is_closed_at_rest_is_called_so():
    text = as_text(sheet_of(relay=17, passage=5, unlock=13, normally_closed=("passage",)))
    passage, unlock = text.index("passage: "), text.index("unlock: ")
    assert "NC: closed at rest" in text[passage:unlock]
    assert "NO: open at rest" in text[unlock:]


def test_level_mode_tells_how_long_the_relay_is_held_and_no_pulse():
    facts = " ".join(sheet_of(relay=17, passage=5, mode="level", passage_within_s=6.5).facts)
    assert "6.5 s at most" in facts
    assert "pulse" not in facts


@pytest.mark.parametrize(
    ("wiring", "caution"),
    [
        ({"relay": 14}, "which opens the gate"),
        ({"green": 14}, "which makes it flicker"),
        ({"green": 5}, "on for seconds at every power-on"),
        ({"unlock": 2}, "1.8 kΩ"),
        ({"unlock": 1}, "looks for a HAT"),
        ({"unlock": 10}, "a pin of SPI as well"),
        ({"active_high": False}, "falls to 0 V"),
        ({"pulse_ms": 3500}, "close on the user"),
        ({"pulse_ms": 100}, "200 ms or more"),
        ({}, "counts as one person"),
        ({"emergency": 13}, "emergency is not in normally_closed"),
        ({"tamper": 13}, "tamper is not in normally_closed"),
        ({"emergency": 13, "emergency_opens": True}, "must open without it"),
    ],
)
def test_what_deserves_a_second_look_is_said_in_text_and_picture(wiring, caution):
    sheet = sheet_of(**{"relay": 17, **wiring})
    assert caution in " ".join(as_text(sheet).replace("\u00a0", " ").split())
    assert caution in words_of(as_svg(sheet)).replace("\u00a0", " ")


def test_settings_with_nothing_odd_have_no_cautions():
    assert sheet_of(**EVERYTHING).cautions == ()


def test_the_resistor_goes_where_off_is():
    assert any("pin to ground" in note for note in sheet_of(relay=17).advice)
    assert any("pin to 3.3 V" in note for note in sheet_of(relay=17, active_high=False).advice)


@pytest.mark.parametrize("table", [words.LABELS, words.CAUTIONS, words.ADVICE], ids=["labels", "cautions", "advice"])
def test_every_text_is_there_in_both_languages_with_the_same_values(table):
    for key, texts in table.items():
        assert texts.keys() == set(LANGUAGES), key
        fields = [{name for _, name, _, _ in string.Formatter().parse(text)} for text in texts.values()]
        assert fields[0] == fields[1], key


def test_every_terminal_of_the_settings_has_words_in_both_languages():
    assert words.TERMINALS.keys() == {*settings.OUTPUTS, *settings.INPUTS}
    assert all(each.keys() == set(LANGUAGES) for each in words.TERMINALS.values())


@pytest.mark.parametrize(("picture", "language"), [("docs/wiring.svg", "en"), ("docs/fr/cablage.svg", "fr")])
def test_the_picture_in_the_docs_is_drawn_from_config_kiosk_toml_with_every_line_uncommented(
    picture, language, tmp_path
):
    bare = re.sub(r"(?m)^# (\w+ = )", r"\1", (ROOT / "config" / "kiosk.toml").read_text("utf-8"))
    (tmp_path / "all.toml").write_text(bare)
    gate = settings.load(tmp_path / "all.toml", environment={}).gate
    fresh = tmp_path / "fresh.svg"
    fresh.write_text(as_svg(draw_up(gate, "config/kiosk.toml", language)), "utf-8")
    committed = ROOT / picture
    same = committed.exists() and committed.read_text("utf-8") == fresh.read_text("utf-8")
    assert same, f"look at it, then: cp {fresh} {picture}"


def test_gate_sheet_prints_the_text_and_draws_the_picture(tmp_path):
    file, picture = tmp_path / "kiosk.toml", tmp_path / "sheet.svg"
    file.write_text('[gate]\npins = "mock"\nrelay = 17\n[screen]\nlanguages = ["en"]\n')
    command = [PROGRAM, "gate", "sheet", "--config", file, "--sheet", picture]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "Entry relay ─◄─ BCM 17 11 [#" in done.stdout
    assert str(file) in done.stdout
    assert "Entry relay" in words_of(picture.read_text("utf-8"))
