"""What a page is told for each thing a gate has to say."""

from __future__ import annotations

import pytest

from kiosk.edges import State
from kiosk.guest.message import GRACE_S, Kind, Message, message
from kiosk.screen.words import TROUBLES, Language, Words
from kiosk.shown import SHOWN_S
from kiosk.verdict import ADMITTED, Fault, Outcome, Reason, Verdict, refused, unknown

BOTH: tuple[Language, ...] = ("fr", "en")


def told(state: State, verdict: Verdict | None = None, trouble: str | None = None) -> Message:
    return message(state, verdict, trouble, BOTH, {})


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_kind_and_words_in_both_languages(state: State) -> None:
    it = told(state)
    assert [language for language, _ in it.said] == ["fr", "en"]
    assert all(words.title for _, words in it.said)


def test_admitted_refused_unknown_and_ask_staff_never_look_alike() -> None:
    verdicts = [ADMITTED, refused(Reason.ALREADY_SCANNED), unknown(Fault.TIMEOUT), refused(Reason.ASK_STAFF)]
    kinds = [told(State(verdict.outcome), verdict).kind for verdict in verdicts]
    assert kinds == [Kind.ADMITTED, Kind.REFUSED, Kind.WAIT, Kind.STAFF]


def test_only_an_admission_looks_like_one() -> None:
    assert [state for state in State if told(state).kind is Kind.ADMITTED] == [State.ADMITTED]


@pytest.mark.parametrize("outcome", Outcome)
def test_a_verdict_ends_in_the_page_a_moment_after_the_gate_ends_it(outcome: Outcome) -> None:
    seen = told(State(outcome)).as_seen(age_s=0.0)
    assert seen["ends_ms"] == 1000 * (SHOWN_S[outcome] + GRACE_S)


def test_a_page_that_comes_late_shows_a_verdict_for_the_rest_of_its_time_only() -> None:
    it = told(State.ADMITTED, ADMITTED)
    assert it.as_seen(age_s=4.0)["ends_ms"] == 1500
    assert it.as_seen(age_s=100.0)["ends_ms"] == 0


def test_what_is_no_verdict_stays() -> None:
    assert told(State.READY).as_seen(1000.0)["ends_ms"] is None
    assert told(State.EMERGENCY).as_seen(1000.0)["ends_ms"] is None


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_tells_its_reason_and_what_to_do_without_the_sign_that_the_page_draws(reason: Reason) -> None:
    for _, words in told(State.REFUSED, refused(reason)).said:
        assert not set("✓✗→") & set(words.title)
        assert words.title == words.title.strip()
        assert words.hint


def test_the_servers_words_to_the_guest_are_said_once_instead_of_our_own_hints() -> None:
    it = told(State.REFUSED, refused(Reason.TOO_EARLY, guest_message="Apre alle 18:00"))
    assert it.note == "Apre alle 18:00"
    assert [words.hint for _, words in it.said] == ["", ""]
    assert [words.title for _, words in it.said] == ["Trop tôt", "Too early"]


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_has_its_code_and_its_words_for_the_tech_and_a_guest_is_only_told_what_to_do(fault: Fault) -> None:
    it = told(State.FAULT, unknown(fault))
    assert it.code == fault
    assert [words.hint for _, words in it.said] == ["Adressez-vous à l'équipe.", "Please ask the staff."]
    assert all(text for _, text in it.tech)


def test_a_gate_that_is_not_paired_shows_the_way_in_three_pictures() -> None:
    seen = told(State.UNPAIRED).as_seen(0.0)
    assert [step["picture"] for step in seen["steps"]] == ["wifi", "test", "pairing"]
    assert all(len(step["said"]) == 2 for step in seen["steps"])


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_keeps_it_unpaired_is_said_instead_of_the_steps(trouble: str) -> None:
    it = told(State.UNPAIRED, None, trouble)
    assert it.as_seen(0.0)["steps"] == []
    assert dict(it.said)["en"].hint == TROUBLES[trouble]["en"]


def test_one_language_is_alone_where_the_settings_say_so() -> None:
    assert [language for language, _ in message(State.READY, None, None, ("en",), {}).said] == ["en"]


def test_the_organisers_words_stand_where_they_set_some_and_nowhere_else() -> None:
    own = {(Kind.ADMITTED, "fr"): Words("Bienvenue à la Raffinerie", "")}
    said = dict(message(State.ADMITTED, ADMITTED, None, BOTH, own).said)  # type: ignore[arg-type]
    assert said == {"fr": Words("Bienvenue à la Raffinerie", ""), "en": Words("Welcome", "Go through.")}


NAMED = Verdict(Outcome.ADMITTED, first_name="Camille")


def test_a_guest_is_greeted_by_name_where_the_settings_want_it_and_nowhere_else() -> None:
    greeted = message(State.ADMITTED, NAMED, None, BOTH, {}, greets_by_name=True)
    assert [words.title for _, words in greeted.said] == ["Bienvenue, Camille", "Welcome, Camille"]
    assert "Camille" not in str(told(State.ADMITTED, NAMED).as_seen(0.0))


def test_who_has_no_name_is_greeted_without_one() -> None:
    assert dict(message(State.ADMITTED, ADMITTED, None, BOTH, {}, greets_by_name=True).said)["en"].title == "Welcome"
