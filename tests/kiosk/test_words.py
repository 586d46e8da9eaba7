"""Everything a gate can say has words in both languages, and "already used" does not look like success."""

from datetime import datetime

import pytest

from kiosk.edges import State
from kiosk.pairing import PairingTrouble
from kiosk.screen.console import Console
from kiosk.screen.words import TROUBLES, say
from kiosk.verdict import ADMITTED, Fault, Reason, refused, unknown

LANGUAGES = ("fr", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_reason_and_fault_has_its_own_words(language):
    said = [say(state, None, None, language) for state in State]
    said += [say(State.REFUSED, refused(reason), None, language) for reason in Reason]
    said += [say(State.UNKNOWN, unknown(fault), None, language) for fault in Fault]
    assert all(words.title and words.hint for words in said)
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_keeps_a_gate_unpaired_has_words(language):
    assert set(TROUBLES) == {*PairingTrouble, "plain_http"}
    said = [say(State.UNPAIRED, None, trouble, language).hint for trouble in TROUBLES]
    assert len(set(said)) == len(said)


def test_a_used_ticket_says_when_and_where_it_was_used():
    at = datetime(2026, 11, 24, 14, 2).astimezone()
    verdict = refused(Reason.ALREADY_SCANNED, used_at=at.isoformat(), used_by="Gate 2")
    assert say(State.REFUSED, verdict, None, "en").hint.startswith("Used 14:02, Gate 2.")
    assert say(State.REFUSED, verdict, None, "fr").hint.startswith("Utilisé 14:02, Gate 2.")


def test_a_time_that_is_none_is_left_out():
    verdict = refused(Reason.ALREADY_SCANNED, used_at="yesterday", used_by=None)
    assert say(State.REFUSED, verdict, None, "en") == say(State.REFUSED, refused(Reason.ALREADY_SCANNED), None, "en")


def test_the_screen_writes_on_change_only_and_in_both_languages(capsys):
    screen = Console(LANGUAGES, None)
    screen.show(State.ADMITTED, ADMITTED)
    screen.show(State.ADMITTED, ADMITTED)
    shown = capsys.readouterr().out
    assert shown.count("Bienvenue") == shown.count("Welcome") == 1


def test_control_characters_of_a_server_never_reach_the_terminal(capsys):
    verdict = refused(Reason.ALREADY_SCANNED, used_by="Gate\x1b[2J\n2")
    Console(("en",), None).show(State.REFUSED, verdict)
    assert "\x1b" not in capsys.readouterr().out


def test_the_screen_can_be_a_terminal_of_its_own(tmp_path):
    tty = tmp_path / "tty"
    tty.touch()
    Console(("fr",), tty).show(State.READY)
    assert "Présentez votre billet" in tty.read_text("utf-8")


def test_a_terminal_that_is_missing_stops_nothing_and_is_said_once(tmp_path, caplog):
    screen = Console(("fr",), tmp_path / "no" / "tty")
    screen.show(State.READY)
    screen.show(State.ASKING)
    assert len(caplog.records) == 1
