"""What is on the page: both languages, readable colours, and the rows of the last presentations."""

from __future__ import annotations

import io
import re

import pytest
import zxingcpp
from PIL import Image

from kiosk.edges import Contact
from kiosk.guest.contrast import AA, contrast
from kiosk.tech import channel, invitation
from kiosk.tech.door import Over
from kiosk.tech.presentations import KEPT, Presentations
from kiosk.tech.stand import _PAGE
from kiosk.tech.words import WORDS, in_words, said

CSS = (_PAGE / "tech.css").read_text("utf-8")
SCRIPTS = "".join((_PAGE / name).read_text("utf-8") for name in ("tech.js", "form.js", "enter.js"))
INVITED = invitation.Invitation(("https://192.168.1.20:8443/",), "12345678", ":".join(["AB"] * 32))


def test_everything_is_said_in_both_languages() -> None:
    assert all(len(each) == 2 and all(each) and each[0] != "" for each in WORDS.values())


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", ["enter.html", "tech.html"])
def test_a_page_has_all_its_words(name: str, language: str) -> None:
    page = in_words((_PAGE / name).read_text("utf-8"), language)
    assert "{{" not in page
    assert f'<html lang="{language}">' in page
    assert said("title", language) in page


def test_every_word_that_a_script_asks_for_is_there() -> None:
    asked = set(re.findall(r"words\.(\w+)", SCRIPTS)) - {"states", "reasons", "fault_words", "meanings"}
    asked |= set(re.findall(r'data-sure="(\w+)"', (_PAGE / "tech.html").read_text("utf-8")))
    assert asked <= set(WORDS)


def test_every_button_answer_input_and_kind_of_code_has_a_word() -> None:
    answers = {"begun", "busy", "emergency", "looks_only", "not_opened", "no_answer", "restarting", "no_restart"}
    inputs = {"emergency_input" if each is Contact.EMERGENCY else str(each) for each in Contact}
    kinds = {"TicketCode", "PairingCode", "WifiCode", "TestCard", "Unreadable"}
    assert answers | inputs | kinds | {"over_time", "over_asked", "over_gate"} <= set(WORDS)
    assert {"time", "asked", "gate"} <= set(Over)
    assert set(channel.Press.__args__) <= set(WORDS)  # type: ignore[attr-defined]


def _colours(rule: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", rule))


@pytest.mark.parametrize("at", [0, 1], ids=["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_aa_asks_for(at: int) -> None:
    colours = [_colours(rule) for rule in re.findall(r":root \{([^}]+)\}", CSS)][at]
    pairs = [("ink", "field"), ("ink", "card"), ("soft", "card"), ("soft", "field"), ("on-act", "act")]
    pairs += [("good", "card"), ("bad", "card"), ("bad", "field")]
    unread = [(ink, field) for ink, field in pairs if contrast(colours[ink], colours[field]) < AA]
    assert unread == []
    assert all(contrast(colours[line], colours["field"]) >= 3 for line in ("line", "act")), (
        "what has to be seen, not read"
    )


def test_the_invitation_s_qr_codes_lead_to_the_page_with_the_code() -> None:
    seen = INVITED.as_seen(["fr", "en"])
    size, scale = seen["qr"]["size"], 4
    picture = Image.new("L", (size * scale, size * scale), 255)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", seen["qr"]["path"]):
        picture.paste(0, (int(x) * scale, int(y) * scale, (int(x) + 1) * scale, (int(y) + 1) * scale))
    assert [each.text for each in zxingcpp.read_barcodes(picture)] == ["https://192.168.1.20:8443/#12345678"]
    assert seen["title"] == "Page technique · Tech page"
    assert ":".join(seen["fingerprint"]) == INVITED.fingerprint
    assert io.StringIO(INVITED.qr()).readline().strip(" \n") != ""


def test_the_terminal_says_address_code_and_fingerprint() -> None:
    text = "\n".join(INVITED.lines("en"))
    assert "https://192.168.1.20:8443/" in text
    assert "1234 5678" in text
    assert text.count("AB") == 32


@pytest.fixture
def last() -> Presentations:
    return Presentations(lambda: "2026-11-28T23:37:00+00:00")


def present(last: Presentations, ticket: str, now: float) -> None:
    last.heard("presentation", {"ticket": ticket, "read_ms": 40.0}, now)
    last.heard("answered", {"scan_id": f"scan of {ticket}", "ask_ms": 55.5}, now + 0.06)
    told = {"ticket": ticket, "scan_id": f"scan of {ticket}", "verdict": "admitted", "reason": None, "fault": None}
    last.heard("verdict", told, now + 0.06)


def test_a_presentation_is_told_with_how_long_each_part_took_and_without_its_ticket(last: Presentations) -> None:
    present(last, "ticket-1", 100.0)
    (row,) = last.latest()
    assert (row["read_ms"], row["ask_ms"], row["total_ms"], row["verdict"]) == (40.0, 55.5, 100.0, "admitted")
    assert "ticket-1" not in str(row)


def test_the_last_fifty_are_kept_the_newest_first(last: Presentations) -> None:
    for number in range(KEPT + 5):
        present(last, f"ticket {number}", 100.0 + number)
        last.heard("presentation", {"ticket": None, "read_ms": None}, 100.5 + number)
    assert len(last.latest()) == KEPT
    assert last.latest()[0]["verdict"] is None
    assert last.latest()[1]["verdict"] == "admitted"


def test_what_came_after_no_answer_is_what_is_told(last: Presentations) -> None:
    last.heard("presentation", {"ticket": "one", "read_ms": 40.0}, 100.0)
    unknown = {"ticket": "one", "scan_id": "s", "verdict": "unknown", "reason": None, "fault": "timeout"}
    last.heard("verdict", unknown, 102.0)
    assert last.latest()[0]["fault"] == "timeout"
    last.heard("answered", {"scan_id": "s", "ask_ms": 20.0}, 103.0)
    last.heard("verdict", {**unknown, "verdict": "admitted", "fault": None}, 103.0)
    assert [(row["verdict"], row["fault"], row["ask_ms"]) for row in last.latest()] == [("admitted", None, 20.0)]


def test_what_is_no_presentation_changes_nothing(last: Presentations) -> None:
    last.heard("verdict", {"ticket": "nobody", "scan_id": "s", "verdict": "admitted"}, 100.0)
    last.heard("opened", {"scan_id": "s"}, 100.0)
    assert (last.latest(), last.changes) == ([], 0)
