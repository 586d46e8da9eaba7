"""Relays, lamps and buzzer with a tech who answers: what is opened, what is journaled first, what is proposed."""

import pytest

from kiosk.trial import Answer, TechGone

YES, NO, AGAIN, SKIP = Answer.YES, Answer.NO, Answer.AGAIN, Answer.SKIP
OUTPUTS = {"relay": 17, "exit_relay": 26, "ready": 16, "green": 27, "red": 22, "amber": 23, "buzzer": 24}


def test_a_gate_that_works_is_said_to_work_and_nothing_is_proposed(site):
    assert site.test(**OUTPUTS) == 0
    assert set(site.outcomes().values()) == {"worked"}
    assert len(site.outcomes()) == len(OUTPUTS) + 1
    assert site.proposed() == []
    assert {pin: site.pulses(pin) for pin in ("relay", "exit_relay", "ready", "green", "red", "amber")} == {
        "relay": 1,
        "exit_relay": 1,
        "ready": 1,
        "green": 1,
        "red": 1,
        "amber": site.pulses("amber"),  # the buzzer's tones come with it
    }
    assert site.is_dark(*OUTPUTS)


def test_a_tech_is_led_in_french_where_the_settings_say_so(site):
    assert site.test(language="fr", **OUTPUTS) == 0
    assert "Le tourniquet s'est-il déverrouillé une fois ?" in site.tech.said
    assert "Feuille de câblage" in site.tech.text
    assert "Tout ce qui a été essayé fonctionne" in site.tech.text


def test_every_opening_is_journaled_before_it_is_given(site, tech):
    tech.script = {"unlocked": [AGAIN, AGAIN, YES]}
    assert site.test(relay=17) == 0
    assert [(cause, values.count(1)) for cause, values in site.notes] == [("relay, 100 ms", n) for n in range(3)]
    assert site.pulses("relay") == 3


def test_nothing_is_opened_when_the_journal_can_not_be_written(site):
    site.note_fails = True
    assert site.test(relay=17, green=27) == 1
    assert "disk full" in site.tech.text
    assert site.pulses("relay") == 0


def test_nothing_is_opened_while_the_way_is_not_clear(site, tech):
    tech.script = {"clear": [NO]}
    assert site.test(relay=17) == 1
    assert tech.said[-1] == "Nothing was opened."
    assert not site.trace.exists()


def test_a_relay_that_is_on_at_rest_is_turned_round_and_that_is_proposed(site, tech):
    tech.script = {"is_at_rest": [NO, YES]}
    assert site.test(relay=17) == 1
    assert site.proposed() == ["[gate]", "active_high = false"]
    assert site.outcomes() == {"At rest": "works once set", "Entry relay": "worked"}
    assert site.causes == ["active_high = False", "relay, 100 ms"]


def test_an_output_that_is_on_either_way_is_a_fault_of_the_wiring(site, tech):
    tech.script = {"is_at_rest": [NO, NO]}
    assert site.test(relay=17) == 1
    assert site.proposed() == []
    assert site.outcomes()["At rest"] == "FAILED"
    assert site.causes == ["active_high = False", "active_high = True", "relay, 100 ms"]


def test_a_turnstile_that_wants_a_longer_pulse_gets_the_shortest_that_worked_and_half_as_much_again(site, tech):
    tech.script = {"unlocked": [NO, NO, YES]}
    assert site.test(relay=17) == 1
    assert site.causes == ["relay, 100 ms", "relay, 200 ms", "relay, 300 ms"]
    assert site.proposed() == ["[gate]", "pulse_ms = 450"]
    assert site.outcomes()["Entry relay"] == "works once set"


def test_a_length_that_was_found_is_kept_for_what_comes_after(site, tech):
    tech.script = {"unlocked": [NO, YES]}
    site.test(relay=17, exit_relay=26)
    assert site.causes == ["relay, 100 ms", "relay, 200 ms", "exit_relay, 300 ms"]


def test_a_turnstile_that_reacts_to_no_length_is_a_fault_and_nothing_is_proposed(site, tech):
    tech.script = {"unlocked": [NO] * 9}
    assert site.test(relay=17) == 1
    assert site.causes == [f"relay, {length} ms" for length in (100, 200, 300, 500, 1000)]
    assert site.proposed() == []
    assert "COM–NO" in tech.text.partition("Summary")[2]


def test_a_relay_that_does_not_click_is_not_tried_with_other_lengths(site, tech):
    tech.script = {"unlocked": [NO], "clicked": [NO]}
    assert site.test(relay=17) == 1
    assert site.pulses("relay") == 1
    assert "the relay does not move" in tech.text


def test_what_is_skipped_is_listed_and_no_failure(site, tech):
    tech.script = {"unlocked": [SKIP], "is_red": [SKIP]}
    assert site.test(relay=17, red=22) == 0
    assert site.outcomes() == {"At rest": "worked", "Entry relay": "skipped", "Red lamp": "skipped"}


@pytest.mark.parametrize("lamp", ["green", "red", "amber", "buzzer"])
def test_a_lamp_that_does_not_light_fails_the_test_and_goes_dark(site, tech, lamp):
    tech.script = {f"is_{lamp}": [AGAIN, NO]}
    assert site.test(relay=17, **{lamp: 22}) == 1
    assert list(site.outcomes().values()).count("FAILED") == 1
    assert site.is_dark(lamp)


def test_on_a_gate_of_lamps_no_relay_is_moved_and_green_is_journaled(site):
    assert site.test(profile="light", relay=17, green=27) == 0
    assert site.pulses("relay") == 0
    assert site.causes == ["green"]
    assert site.outcomes() == {"At rest": "worked", "Entry relay": "skipped", "Green lamp": "worked"}


def test_a_gate_that_only_looks_moves_no_relay_either(site):
    assert site.test(profile="light", action="check", relay=17, green=27) == 0
    assert site.pulses("relay") == 0


def test_in_level_mode_the_relay_is_held_until_the_answer_and_no_longer(site, tech):
    held = []
    tech.acts = {"^Open until you answer, 10 s": lambda: held.append(site.values("relay"))}
    tech.script = {"nothing_seen": [SKIP]}
    assert site.test(within_s=0.1, relay=17, passage=5, mode="level", passage_within_s=10) == 0
    assert held == [[0, 1]]
    assert site.values("relay") == [0, 1, 0, 0, 1, 0]  # the second for the walk, on a gate that was opened anew
    assert site.causes == ["relay, 10000 ms"] * 2


def test_in_level_mode_no_length_of_pulse_is_looked_for(site, tech):
    tech.script = {"unlocked": [NO], "nothing_seen": [SKIP]}
    assert site.test(within_s=0.1, relay=17, passage=5, mode="level", passage_within_s=1) == 1
    assert site.outcomes()["Entry relay"] == "FAILED"
    assert site.causes == ["relay, 1000 ms"] * 2


@pytest.mark.parametrize("question", ["clear", "is_at_rest", "unlocked", "is_ready", "is_green", "is_red", "is_buzzer"])
@pytest.mark.parametrize(("leaving", "code"), [(KeyboardInterrupt, 130), (TechGone, 1)], ids=["Ctrl-C", "gone"])
def test_whoever_leaves_at_any_question_leaves_everything_off(site, tech, question, leaving, code):
    tech.script = {question: [leaving()]}
    assert site.test(**OUTPUTS) == code
    assert "everything is off" in tech.said[-1].lower()
    if question != "clear":
        assert site.is_dark(*OUTPUTS)


def test_a_gate_with_nothing_wired_is_told_so(site):
    assert site.test(profile="light") == 0
    assert "Nothing is wired" in site.tech.text
