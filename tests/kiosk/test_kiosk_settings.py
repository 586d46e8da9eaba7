"""kiosk.toml: every mistake at once, each with what to do."""

from pathlib import Path

import pytest

from kiosk import settings

GOOD = "[gate]\nrelay = 17\n"


@pytest.fixture
def load(tmp_path):
    def load(text, **environment):
        file = tmp_path / "kiosk.toml"
        file.write_text(text)
        return settings.load(
            file, environment={f"PORTILLON_KIOSK__{name}": value for name, value in environment.items()}
        )

    return load


def mistakes(load, text, **environment):
    with pytest.raises(settings.SettingsError) as caught:
        load(text, **environment)
    return caught.value.mistakes


def test_three_mistakes_are_named_at_once_each_with_the_nearest_valid_key(load):
    told = mistakes(load, '[gate]\nrelais = 17\npulse_msec = 300\nrelay = 17\n[sever]\naction = "scan"\n')
    assert told == [
        "gate.relais: no such setting; did you mean gate.relay?",
        "gate.pulse_msec: no such setting; did you mean gate.pulse_ms?",
        "sever: no such setting; did you mean server?",
    ]


def test_a_key_in_the_wrong_section_is_pointed_to_its_own(load):
    assert mistakes(load, "pulse_ms = 300\n" + GOOD) == ["pulse_ms: no such setting; did you mean gate.pulse_ms?"]


def test_a_word_that_is_nearly_right_is_recognised(load):
    assert "did you mean 'turnstile'?" in mistakes(load, '[gate]\nprofile = "turnstyle"\nrelay = 17\n')[0]


def test_a_relay_on_a_pin_that_is_pulled_up_from_power_on_is_refused(load):
    assert mistakes(load, "[gate]\nrelay = 5\n")[0].startswith("gate.relay: ")


def test_two_outputs_on_one_pin_are_refused(load):
    assert "relay and red are both on BCM 17" in mistakes(load, "[gate]\nrelay = 17\nred = 17\n")[0]


def test_the_tech_page_and_the_guest_screen_at_one_port_are_refused(load):
    at_both = GOOD + "[screen]\nguest_port = 8443\n[tech]\nport = 8443\n"
    assert "[tech] port and [screen] guest_port are both 8443" in mistakes(load, at_both)[0]
    assert load(at_both.replace("guest_port = 8443", "guest_port = 8021")).tech.port == 8443


def test_a_turnstile_needs_a_relay_and_never_only_checks(load):
    assert "needs relay" in mistakes(load, "")[0]
    assert "never moves the relay" in mistakes(load, GOOD + '[server]\naction = "check"\n')[0]


@pytest.mark.parametrize("pulse", [99, 10_001, 0, -1])
def test_a_pulse_has_a_shortest_and_a_longest_length(load, pulse):
    assert mistakes(load, GOOD + f"pulse_ms = {pulse}\n")[0].startswith("gate.pulse_ms: ")


def test_the_environment_overrides_numbers_words_truths_and_lists(load):
    loaded = load(GOOD, GATE__PULSE_MS="400", GATE__ACTIVE_HIGH="false", SCREEN__LANGUAGES="en", STATE_DIR="/x")
    assert (loaded.gate.pulse_ms, loaded.gate.active_high, loaded.screen.languages) == (400, False, ("en",))
    assert loaded.state_dir == Path("/x")


def test_a_mistake_in_the_environment_is_named_as_well(load):
    assert "gate.pulse_msec" in mistakes(load, GOOD, GATE__PULSE_MSEC="400")[0]


def test_an_environment_that_contradicts_the_file_s_shape_is_a_mistake_and_no_crash(load):
    assert mistakes(load, 'gate = "turnstile"\n', GATE__RELAY="17")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("relay = 17\npassage = 17\n", "relay and passage are both on BCM 17"),
        ("relay = 17\nexit_relay = 5\n", "gate.exit_relay: "),
        ("relay = 17\nready = 5\n", "gate.ready: "),
        ('relay = 17\nnormally_closed = ["passage"]\n', "normally_closed names passage, which is not wired"),
        ('relay = 17\npassage = 5\nnormally_closed = ["pasage"]\n', "did you mean 'passage'?"),
        ('profile = "light"\nexit_request = 6\n', "exit_request moves a relay: add relay"),
        ("relay = 17\nemergency_opens = true\n", "emergency_opens needs emergency"),
        ('profile = "light"\nemergency = 6\nemergency_opens = true\n', "a relay to hold"),
        ('profile = "light"\nmode = "level"\n', 'needs profile = "turnstile"'),
        ('relay = 17\nmode = "level"\n', "add passage = BCM NUMBER"),
        ("relay = 17\npassage_within_s = 10.1\n", "gate.passage_within_s: "),
        ("relay = 17\ndebounce_ms = 4\n", "gate.debounce_ms: "),
    ],
)
def test_wiring_that_can_not_work_is_refused_with_what_to_do(load, text, advice):
    assert advice in mistakes(load, f"[gate]\n{text}")[0]


def test_a_gate_with_everything_wired_is_good(load):
    inputs = "passage = 5\nexit_request = 6\nemergency = 13\nunlock = 19\ntamper = 26\nemergency_opens = true\n"
    loaded = load(GOOD + "exit_relay = 25\nready = 18\n" + inputs, GATE__NORMALLY_CLOSED="passage,tamper")
    assert loaded.gate.normally_closed == ("passage", "tamper")


@pytest.mark.parametrize("text", ["[gate", "\x00", "a = [1,"])
def test_what_is_no_toml_is_said_so(load, text):
    assert "is not TOML" in mistakes(load, text)[0]


def test_a_file_that_is_missing_is_said_so(tmp_path):
    with pytest.raises(settings.SettingsError, match="can't be read"):
        settings.load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "hours",
    [
        'quiet_from = "22:00"',
        'quiet_from = "22:00"\nquiet_to = "22:00"',
        "quiet_from = 22\nquiet_to = 8",
        'quiet_from = "22h"\nquiet_to = "08:00"',
        'quiet_from = "24:00"\nquiet_to = "08:00"',
        'quiet_from = "22:00Z"\nquiet_to = "08:00"',
        "quiet_from = 22:00:00\nquiet_to = 08:00:00",
    ],
)
def test_quiet_hours_are_two_times_of_the_day(load, hours):
    assert all("22:00" in mistake for mistake in mistakes(load, f"{GOOD}{hours}\n"))


def test_quiet_hours_can_come_from_the_environment(load):
    wiring = load(f'{GOOD}quiet_from = "22:00"\n', GATE__QUIET_TO="08:30").gate
    assert (wiring.quiet_from.hour, wiring.quiet_to.minute) == (22, 30)
