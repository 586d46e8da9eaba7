"""Contacts that somebody presses, or nobody does, on mock pins: the tech acts on what the test says."""

from kiosk.trial import Answer

YES, NO, AGAIN, SKIP = Answer.YES, Answer.NO, Answer.AGAIN, Answer.SKIP
INPUTS = {"exit_request": 6, "emergency": 13, "unlock": 19, "tamper": 26}
PROMPTS = {
    "exit_request": "^Press it",
    "emergency": "^Have the fire panel",
    "unlock": "^Turn the key",
    "tamper": "^Open the housing",
    "passage": "^Walk through now",
}
QUICK_S = 0.2  # nobody presses: nothing is waited for


def pressing(site, *contacts):
    """What a tech does who presses each contact when told to, and lets go once it was seen."""
    held = []

    def press(contact):
        held.append(contact)
        site.press(contact)

    presses = {PROMPTS[contact]: (lambda contact=contact: press(contact)) for contact in contacts}
    return {**presses, r" active$": lambda: site.let_go(held[-1])}


def test_every_contact_that_is_pressed_and_let_go_works(site, tech):
    tech.acts = pressing(site, *INPUTS)
    assert site.test(relay=17, **INPUTS) == 0
    assert list(site.outcomes().values()) == ["worked"] * 6
    assert site.causes == ["relay, 100 ms"]


def test_a_contact_that_was_sensed_works_also_where_nobody_looks(site, tech):
    tech.looks = False
    tech.acts = pressing(site, "unlock")
    assert site.test(relay=17, unlock=19) == 0
    assert site.outcomes() == {"At rest": "moved, unseen", "Entry relay": "moved, unseen", "Unlock": "worked"}


def test_a_contact_that_nobody_presses_fails_after_another_try(site, tech):
    tech.script = {"nothing_seen": [AGAIN, NO]}
    assert site.test(within_s=QUICK_S, relay=17, unlock=19) == 1
    assert tech.asked.count("nothing_seen") == 2
    assert site.outcomes()["Unlock"] == "FAILED"
    assert "contact between pin and ground" in tech.text


def test_a_contact_can_be_skipped(site, tech):
    tech.script = {"nothing_seen": [SKIP]}
    assert site.test(within_s=QUICK_S, relay=17, unlock=19) == 0
    assert site.outcomes()["Unlock"] == "skipped"


def test_a_contact_that_stays_active_fails(site, tech):
    tech.acts = {PROMPTS["unlock"]: lambda: site.press("unlock")}
    tech.script = {"still_active": [NO]}
    assert site.test(within_s=1.0, relay=17, unlock=19) == 1
    assert "it stayed active" in tech.text.partition("Summary")[2]


def test_a_contact_that_is_active_at_rest_is_turned_round_and_that_is_proposed(site, tech):
    site.press("unlock")
    # The folder presses relative to the rest that is set: turned round, the same finger is no finger.
    tech.acts = {"^Then this is its rest": lambda: site.let_go("unlock"), **pressing(site, "unlock")}
    assert site.test(relay=17, unlock=19) == 1
    assert site.proposed() == ["[gate]", 'normally_closed = ["unlock"]']
    assert site.outcomes()["Unlock"] == "works once set"


def test_one_that_was_taken_for_closed_at_rest_is_taken_out_and_the_others_stay(site, tech):
    site.press("tamper")
    tech.acts = {"^Then this is its rest": lambda: site.let_go("tamper"), **pressing(site, "tamper", "emergency")}
    wiring = {"emergency": 13, "tamper": 26, "normally_closed": ("emergency", "tamper")}
    assert site.test(relay=17, **wiring) == 1
    assert site.proposed() == ["[gate]", 'normally_closed = ["emergency"]']


def test_a_contact_that_is_active_whichever_way_it_is_turned_fails_and_nothing_is_proposed(site, tech):
    site.press("unlock")
    assert site.test(relay=17, unlock=19) == 1
    assert tech.asked.count("active_at_rest") == 2
    assert site.outcomes()["Unlock"] == "FAILED"
    assert site.proposed() == []


def test_a_contact_that_should_not_be_active_at_rest_fails(site, tech):
    site.press("tamper")
    tech.script = {"active_at_rest": [NO]}
    assert site.test(relay=17, tamper=26) == 1
    assert site.proposed() == []
    assert "cut wire" in tech.text.partition("Summary")[2]


def test_a_housing_that_was_open_is_closed_and_looked_at_again(site, tech):
    site.press("tamper")
    tech.acts = {"^Active, though": lambda: site.let_go("tamper"), **pressing(site, "tamper")}
    tech.script = {"active_at_rest": [AGAIN]}
    assert site.test(relay=17, tamper=26) == 0


def test_one_person_who_walks_through_is_timed_from_the_pulse_which_is_journaled(site, tech):
    tech.acts = pressing(site, "passage")
    assert site.test(relay=17, passage=5, debounce_ms=5) == 0
    assert "Passage seen" in tech.text
    assert site.causes == ["relay, 100 ms", "relay, 100 ms"]
    assert site.pulses("relay") == 2
    assert site.outcomes()["Passage sensor"] == "worked"


def test_a_contact_that_bounces_is_told(site, tech):
    tech.acts = pressing(site, "passage")
    bounces = [lambda: site.press("passage")]
    tech.acts[" at rest$"] = lambda: bounces.pop()() if bounces else None
    site.test(relay=17, passage=5)
    assert "2 contacts for one person" in tech.text


def test_a_walk_that_nobody_sees_is_opened_for_again_and_fails_then(site, tech):
    tech.script = {"nothing_seen": [YES, NO]}
    assert site.test(within_s=QUICK_S, relay=17, passage=5) == 1
    assert site.causes == ["relay, 100 ms"] * 3
    assert site.outcomes()["Passage sensor"] == "FAILED"


def test_a_contact_that_never_comes_to_rest_is_not_watched_for_ever(site, tech):
    tech.acts = pressing(site, "passage") | {" at rest$": lambda: site.press("passage")}
    tech.script = {"still_active": [NO]}
    assert site.test(within_s=3.0, relay=17, passage=5) == 1


def test_on_a_gate_of_lamps_the_walk_opens_nothing(site, tech):
    tech.acts = pressing(site, "passage")
    assert site.test(profile="light", passage=5, debounce_ms=5) == 0
    assert site.causes == []


def test_a_folder_of_fingers_that_can_not_be_read_any_more_ends_the_test_with_everything_off(site, tech):
    tech.acts = {PROMPTS["unlock"]: lambda: site.inputs.rename(site.folder / "gone")}
    tech.script = {"nothing_seen": [NO]}
    assert site.test(within_s=QUICK_S, relay=17, red=22, unlock=19) == 1
    assert site.is_dark("relay", "red")
