"""portillon-kiosk doctor as a tech runs it: its lines, its JSON, its exit code."""

import json

import pytest

from kiosk.__main__ import main
from kiosk.doctor.finding import Level

GATE = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"
WELL = {"success": True, "device_info": {"uuid": GATE, "name": "Entrée", "claimed": True, "archived": False}}


@pytest.fixture
def doctor(tmp_path, state, capsys):
    """Runs it on a gate with mock pins and a replay: the exit code, and what it printed."""
    (tmp_path / "street").mkdir()
    file = tmp_path / "kiosk.toml"
    file.write_text(
        f'state_dir = "{state}"\n[camera]\nsource = "replay"\npath = "{tmp_path / "street"}"\n'
        '[gate]\npins = "mock"\nrelay = 17\n'
    )

    def run(*words):
        return main(["doctor", "--config", str(file), *words]), capsys.readouterr().out

    return run


def test_a_gate_without_a_failure_ends_with_0_and_the_counts(doctor, paired, raw_server, respond):
    paired(raw_server(lambda heard: respond(200, WELL)).url)
    code, out = doctor()
    assert code == 0
    assert out.splitlines()[-1].endswith(" 0 fail")


def test_a_failure_ends_with_1_and_names_its_fix(doctor, paired, raw_server, respond):
    paired(raw_server(lambda heard: respond(401, {"success": False})).url)
    code, out = doctor()
    assert code == 1
    lines = out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("fail  fault.key_refused"))
    assert lines[at + 1].strip().startswith("→ ")


def test_json_is_a_list_of_objects(doctor):
    findings = json.loads(doctor("--json")[1])
    assert all(set(finding) == {"check", "level", "found", "fix"} for finding in findings)
    assert all(finding["level"] in set(Level) for finding in findings)
    assert {finding["check"] for finding in findings} >= {
        *("settings", "state", "gate", "clock", "daemon", "camera", "journal", "pairing")
    }


def test_it_speaks_the_settings_first_language(doctor, monkeypatch):
    assert "Pas appairé" in doctor()[1]
    monkeypatch.setenv("PORTILLON_KIOSK__SCREEN__LANGUAGES", "en,fr")
    assert "Not paired" in doctor()[1]


def test_the_key_is_never_shown(doctor, paired, raw_server, respond):
    paired(raw_server(lambda heard: respond(401, {"success": False})).url)
    assert "secret" not in doctor()[1] + doctor("--json")[1]


def test_settings_that_can_not_be_used_are_told_one_by_one_with_2(tmp_path, capsys):
    file = tmp_path / "kiosk.toml"
    file.write_text("[gate]\npuls_ms = 3\nrelais = 4\n")
    assert main(["doctor", "--config", str(file), "--json"]) == 2
    findings = json.loads(capsys.readouterr().out)
    assert [finding["check"] for finding in findings] == ["settings", "settings"]
    assert "did you mean gate.pulse_ms?" in findings[0]["found"]


def test_nothing_in_the_state_folder_is_changed_not_even_what_is_damaged(doctor, state):
    for name in ("credentials.json", "journal.jsonl", "status.json", "clock"):
        (state / name).write_bytes(b"rubbish\nrubbish")
    before = {path.name: path.stat().st_mtime_ns for path in state.iterdir()}
    assert doctor()[0] == 1
    assert {path.name: path.stat().st_mtime_ns for path in state.iterdir()} == before
