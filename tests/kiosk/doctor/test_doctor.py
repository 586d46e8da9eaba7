"""portillon-kiosk doctor as a tech runs it: its lines, its JSON, its exit code."""

import json
import os

import pytest

from kiosk.__main__ import main
from kiosk.doctor.finding import Level
from kiosk.doctor.words import TEXTS
from kiosk.status import BESIDE_A_GATE

LOOKING = ("camera.no_usb", "gate.inputs_unread")  # what it finds here where it opens both itself
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


def test_a_check_that_fails_itself_is_one_line_and_all_others_are_made(doctor, monkeypatch):
    well = {finding["check"] for finding in json.loads(doctor("--json")[1])}
    monkeypatch.setattr(os, "statvfs", lambda _path: 1 / 0)  # below two of them: room and file system
    code, out = doctor("--json")
    findings = json.loads(out)
    broken = [finding["found"] for finding in findings if finding["check"] == "doctor"]
    assert code == 1
    assert broken
    assert all("ZeroDivisionError" in found for found in broken)
    assert {finding["check"] for finding in findings} >= well - {"state", "disk"}


@pytest.mark.parametrize("left", [None, '{"pid": 4, "pid_began": 1, "version": "1", "state": "ready"'])
def test_beside_a_gate_that_can_not_write_its_status_neither_camera_nor_pins_are_opened(
    tmp_path, state, monkeypatch, capsys, left
):
    """A disk that was full or read-only from the start on; ``left``: by the gate of before."""
    if left is not None:
        (state / "status.json").write_text(left + ', "since": "2026-11-28T00:00:00+00:00", "written_at": 1.0}')
    file = tmp_path / "kiosk.toml"
    file.write_text(
        f'state_dir = "{state}"\n[camera]\nsource = "usb"\npath = "{tmp_path}/none"\n'
        '[gate]\nrelay = 17\npassage = 5\n[screen]\nlanguages = ["en"]\n'
    )
    wanted = ["doctor", "--json", "--config", str(file)]
    main(wanted)
    without = {finding["found"] for finding in json.loads(capsys.readouterr().out)}
    monkeypatch.setenv(BESIDE_A_GATE, "1")
    main(wanted)
    beside = {finding["found"] for finding in json.loads(capsys.readouterr().out)}
    looked_at = {text.found["en"].partition("{")[0] for key, text in TEXTS.items() if key in LOOKING}
    assert {text for text in looked_at if any(found.startswith(text) for found in without)} == looked_at
    assert not any(found.startswith(text) for text in looked_at for found in beside)
    assert TEXTS["camera.in_use"].found["en"] in beside
    assert TEXTS["daemon.untold"].found["en"] in beside


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
