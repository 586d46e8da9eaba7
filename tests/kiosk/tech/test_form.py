"""kiosk.toml as a form: what may be changed from afar, what is wrong in words, and what the file then says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from kiosk import settings
from kiosk.tech import form
from kiosk.tech.meanings import MEANINGS

ROOT = Path(__file__).parents[3]
BASE = (ROOT / "config" / "kiosk.toml").read_text("utf-8")
# Whatever decides when a line is on, who is admitted without a server, or which file is read or written.
NOT_FROM_AFAR = {
    *("gate." + name for name in (*settings.OUTPUTS, *settings.INPUTS, "active_high", "normally_closed", "profile")),
    *(
        "gate.pins",
        "gate.mode",
        "gate.emergency_opens",
        "gate.mock_inputs",
        "server.action",
        "server.event_uuid",
        "server.events",
        "state_dir",
        "unlock_file",
    ),
    *("camera.source", "camera.path", "screen.tty", "screen.guest_port", "screen.branding", "trace.file", "tech.port"),
}


def mistakes(base: str = BASE, environment: dict[str, str] | None = None, **changes: str) -> dict[str, list[str]]:
    with pytest.raises(form.Mistakes) as caught:
        form.changed(base, {key.replace("__", "."): value for key, value in changes.items()}, environment or {})
    return caught.value.by_key


def test_every_setting_is_either_for_afar_or_for_somebody_at_the_gate() -> None:
    known = {key for key, _ in settings.describe()}
    assert set(form.EDITABLE) | NOT_FROM_AFAR == known
    assert not set(form.EDITABLE) & NOT_FROM_AFAR


@pytest.mark.parametrize("key", sorted(NOT_FROM_AFAR))
def test_what_could_open_the_gate_or_name_a_file_is_refused(key: str) -> None:
    with pytest.raises(form.Mistakes):
        form.changed(BASE, {key: "0"}, {})
    rows = {row.key: row for row in form.rows(settings.validate(tomllib.loads(BASE), ""), {})}
    assert not rows[key].is_editable


@pytest.mark.parametrize("key", ["server.event_uuid", "server.events"])
def test_a_gate_for_some_events_does_not_admit_others_by_an_emptied_field(key: str) -> None:
    with pytest.raises(form.Mistakes):
        form.changed(BASE, {key: ""}, {})


def test_what_may_be_changed_is_explained_in_french_too() -> None:
    assert set(MEANINGS) == set(form.EDITABLE)


@pytest.mark.parametrize(
    ("key", "typed", "read"),
    [
        ("gate.pulse_ms", "450", 450),
        ("gate.buzzer_volume", "0.5", 0.5),
        ("camera.exposure", "auto", "auto"),
        ("camera.roi", "0.1, 0.1, 0.5, 0.5", [0.1, 0.1, 0.5, 0.5]),
        ("screen.languages", "en", ["en"]),
        ("screen.first_name", "true", True),
        ("server.answer_within_s", "1.5", 1.5),
    ],
)
def test_a_good_value_is_in_the_file_and_everything_else_as_it_was(key: str, typed: str, read: object) -> None:
    text = form.changed(BASE, {key: typed}, {})
    section, _, name = key.partition(".")
    before, after = tomllib.loads(BASE), tomllib.loads(text)
    assert after[section].pop(name) == read
    before[section].pop(name, None)
    assert after == before
    comments = [line for line in BASE.splitlines() if line.startswith("#") and f"{name} = " not in line]
    assert [line for line in text.splitlines() if line.startswith("#") and f"{name} = " not in line] == comments


def test_settings_that_go_together_are_changed_together() -> None:
    text = form.changed(BASE, {"gate.quiet_from": "22:00", "gate.quiet_to": "08:00"}, {})
    assert tomllib.loads(text)["gate"]["quiet_from"] == "22:00"
    assert "go together" in mistakes(gate__quiet_from="22:00")[""][0]


def test_an_emptied_value_is_the_default_again() -> None:
    text = form.changed(form.changed(BASE, {"gate.pulse_ms": "450"}, {}), {"gate.pulse_ms": ""}, {})
    assert "pulse_ms" not in tomllib.loads(text)["gate"]
    assert settings.validate(tomllib.loads(text), "").gate.pulse_ms == 300


def test_each_mistake_stands_at_its_setting_in_words() -> None:
    found = mistakes(gate__pulse_ms="50", camera__exposure="brackets", gate__debounce_ms="30")
    assert set(found) == {"gate.pulse_ms", "camera.exposure"}
    assert "greater than or equal to 100" in found["gate.pulse_ms"][0]
    assert "did you mean 'bracket'?" in found["camera.exposure"][0]


def test_what_the_environment_says_can_not_be_changed_in_the_file() -> None:
    told = {"PORTILLON_KIOSK__GATE__PULSE_MS": "500"}
    assert mistakes(environment=told, gate__pulse_ms="450")
    rows = {row.key: row for row in form.rows(settings.validate(tomllib.loads(BASE), ""), told)}
    assert not rows["gate.pulse_ms"].is_editable


def test_what_the_gate_could_not_start_with_beside_its_environment_is_refused() -> None:
    base = form.changed(BASE, {"gate.quiet_from": "21:00", "gate.quiet_to": "08:00"}, {})
    told = {"PORTILLON_KIOSK__GATE__QUIET_FROM": "22:00"}
    assert mistakes(base, told, gate__quiet_to="22:00")
    assert tomllib.loads(form.changed(base, {"gate.quiet_to": "23:00"}, told))["gate"]["quiet_from"] == "21:00"


def test_a_gate_that_has_its_relay_by_the_environment_can_be_changed_too() -> None:
    bare = '[camera]\nsource = "replay"\npath = "street"\n[gate]\npins = "mock"\n'
    told = {"PORTILLON_KIOSK__GATE__RELAY": "17"}
    after = tomllib.loads(form.changed(bare, {"gate.pulse_ms": "400"}, told))
    assert after["gate"] == {"pins": "mock", "pulse_ms": 400}


def test_a_file_laid_out_in_another_way_is_left_to_people() -> None:
    assert mistakes("gate = { relay = 17 }\n", gate__pulse_ms="450")


@pytest.mark.parametrize("typed", ['450"\nrelay = 9', "[1]", "nan", "1e999", "\x7f", "450 # x"])
def test_nothing_typed_adds_a_line_or_another_setting(typed: str) -> None:
    assert set(mistakes(gate__pulse_ms=typed)) == {"gate.pulse_ms"}


def test_the_file_is_replaced_whole_and_the_old_one_kept_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(BASE)
    file.chmod(0o640)
    form.write(file, form.changed(BASE, {"gate.pulse_ms": "450"}, {}))
    assert tomllib.loads(file.read_text())["gate"]["pulse_ms"] == 450
    assert (tmp_path / "kiosk.toml.before").read_text() == BASE
    assert file.stat().st_mode & 0o777 == 0o640
