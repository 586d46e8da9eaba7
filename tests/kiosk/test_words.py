"""Everything a gate can say has words in both languages of its own."""

from datetime import datetime

import pytest

from kiosk.edges import State
from kiosk.first_boot.outcome import Outcome
from kiosk.pairing import PairingTrouble
from kiosk.screen.words import TROUBLES, Words, say
from kiosk.verdict import Fault, Reason, refused, unknown

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
    of_cards = {"plain_http", "bad_wifi", "wifi_unsupported", "no_network_yet", "test_not_now", "tech_page"}
    assert set(TROUBLES) == {*PairingTrouble, *(f"wifi_{outcome}" for outcome in Outcome), *of_cards}
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_server_says_to_the_guest_comes_instead_of_the_gates_own_hint(language):
    verdict = refused(Reason.ALREADY_SCANNED, "2026-11-24T14:02:00Z", "Gate 2", guest_message="Usato alle 14:02")
    own = say(State.REFUSED, refused(Reason.ALREADY_SCANNED), None, language)
    assert say(State.REFUSED, verdict, None, language) == Words(own.title, "Usato alle 14:02")
