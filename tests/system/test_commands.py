"""portillon-kiosk as a tech types it: what it says, and its exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import apart

PROGRAM = Path(sys.executable).with_name("portillon-kiosk")
MOCK = '[gate]\npins = "mock"\nrelay = 17\n'


@pytest.fixture
def kiosk(tmp_path):
    """Runs one command; ``config`` is written to a file and named where the command takes one."""

    def run(*words, config=MOCK):
        file = tmp_path / "kiosk.toml"
        file.write_text(f'state_dir = "{tmp_path / "state"}"\n{config}')
        command = [PROGRAM, *(str(file) if word == "FILE" else word for word in words)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    return run


def test_config_check_lists_three_mistakes_at_once_each_with_the_nearest_key(kiosk):
    done = kiosk("config", "check", "FILE", config=MOCK + "puls_ms = 3\nrelais = 4\n[camra]\nfps = 3\n")
    assert done.returncode == 2
    for near in ("gate.pulse_ms", "gate.relay", "camera"):
        assert f"did you mean {near}?" in done.stderr


def test_config_check_says_that_a_file_is_good(kiosk):
    assert kiosk("config", "check", "FILE").stdout.endswith("kiosk.toml: good\n")


def test_config_show_prints_what_is_in_force_with_the_key_masked(kiosk, tmp_path):
    (tmp_path / "state").mkdir(mode=0o700)
    told = {
        "base_url": "https://tickets.example",
        "prefix": "/api/scan",
        "api_key": "SECRETSECRETSECRET",
        "device_uuid": "45e71a3f-aaeb-481f-a8b4-a76f35eda75f",
        "device_name": "Gate 1",
    }
    (tmp_path / "state" / "credentials.json").write_text(json.dumps(told))
    done = kiosk("config", "show", "--config", "FILE")
    assert json.loads(done.stdout)["gate"]["pulse_ms"] == 300
    assert json.loads(done.stdout)["pairing"]["device"] == "Gate 1"
    assert "SECRETSECRET" not in done.stdout + done.stderr


def test_gate_off_switches_every_output_off(kiosk):
    assert kiosk("gate", "off", "--config", "FILE").returncode == 0


@pytest.mark.parametrize("command", [("gate", "off"), ("run",)])
def test_a_machine_without_pins_is_told_so_without_a_traceback(tmp_path, command):
    file = tmp_path / "kiosk.toml"
    camera = '[camera]\nsource = "replay"\npath = "."\n'
    file.write_text(f'state_dir = "{tmp_path / "state"}"\n[gate]\nrelay = 17\n{camera}')
    words = [str(PROGRAM), *command, "--config", str(file)]
    done = apart.run(words, space="mount", first=apart.without("gpiochip"))
    assert done.returncode == 1
    assert "no relay can be moved" in done.stderr
    assert "Traceback" not in done.stderr


def test_pair_refuses_what_is_no_pairing_url_and_says_what_one_looks_like(kiosk):
    done = kiosk("pair", "https://example.org/", "--config", "FILE")
    assert done.returncode == 1
    assert "/api/scan/TOKEN/pair" in done.stderr


def test_pair_sends_nothing_over_plain_http_to_the_internet(kiosk):
    done = kiosk("pair", "http://tickets.example/api/scan/abc/pair", "--config", "FILE")
    assert "private addresses only" in done.stderr


def test_unpair_of_an_unpaired_gate_says_so(kiosk):
    done = kiosk("unpair", "--config", "FILE")
    assert (done.returncode, done.stdout) == (0, "this gate was not paired\n")


def test_settings_that_are_missing_are_named(kiosk, tmp_path):
    done = subprocess.run(
        [PROGRAM, "run", "--config", tmp_path / "none.toml"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "can't be read" in done.stderr
