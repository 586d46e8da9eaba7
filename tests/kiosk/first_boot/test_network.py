"""The helper, with a real NetworkManager that has no Wi-Fi device: what it takes, what it refuses, what it leaves."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kiosk.first_boot import commands, keyfile, network, taking
from kiosk.first_boot.joining import Joiner
from kiosk.first_boot.outcome import Outcome
from kiosk.wifi_code import WifiCode

SECRET = "correct horse; battery"
CARD = WifiCode("Salle des fêtes".encode(), "wpa", SECRET)
HELPER = [sys.executable, "-m", "kiosk", "join-wifi"]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_PAUSE_S", 0)


def serve(text: bytes, folder: Path) -> list[str]:
    said: list[str] = []
    network.serve(io.BytesIO(text), said.append, folder)
    return said


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"PORTILLON-TEST\n",
        b"https://tickets.example/api/scan/token/pair\n",
        b"x" * 10_240,
        b"WIFI:T:WPA;S:" + b"x" * 10_240 + b";P:12345678;;\n",
        b"WIFI:T:WPA;S:x\n[ipv4]\nmethod=manual;P:12345678;;\n",
        b"WIFI:T:WPA;S:\xff\xfe;P:12345678;;\n",
        b"WIFI:T:WPA;S:x;P:12345678\r[vpn];;\n",
        b"\x00WIFI:T:WPA;S:x;P:12345678;;\n",
        bytes(range(256)),
    ],
)
def test_what_is_no_card_writes_nothing_and_reaches_no_network_manager(text: bytes, tmp_path: Path) -> None:
    assert serve(text, tmp_path) == [Outcome.REFUSED]
    assert list(tmp_path.iterdir()) == []


def test_without_a_wi_fi_device_it_says_so_and_leaves_nothing_behind(manager) -> None:
    assert serve(CARD.text.encode(), manager.connections) == [network.JOINING, Outcome.NO_DEVICE]
    assert list(manager.connections.iterdir()) == []
    assert manager.nmcli("-g", "NAME", "connection", "show") == ""


def test_a_network_that_can_not_be_joined_does_not_cost_the_one_before(manager) -> None:
    path = keyfile.write(manager.connections, CARD)
    manager.nmcli("connection", "load", str(path))
    assert network.join(WifiCode(b"another", "open"), manager.connections) is Outcome.NO_DEVICE
    assert path.read_bytes() == keyfile.keyfile(CARD)
    shown = manager.nmcli(
        "--escape",
        "no",
        "-s",
        "-g",
        "802-11-wireless.ssid,802-11-wireless-security.psk",
        "connection",
        "show",
        "portillon-wifi",
    )
    assert shown.splitlines() == ["Salle des fêtes", SECRET]


@pytest.mark.parametrize("then", ["the next boot", "the next card"])
def test_nor_does_one_that_was_being_joined_when_the_power_went(tmp_path: Path, then: str) -> None:
    connections, begun = tmp_path / "connections", tmp_path / "begun"
    connections.mkdir()
    path = keyfile.write(connections, CARD)
    environment = {**os.environ, "PATH": f"{_nmcli(tmp_path, f'mkfifo {begun}; cat {begun}')}:{os.environ['PATH']}"}
    command = [*HELPER, "--connections", str(connections)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as helper:
        assert helper.stdin is not None
        helper.stdin.write(WifiCode(CARD.ssid, "wpa", "mistyped").text.encode() + b"\n")
        helper.stdin.close()
        deadline = time.monotonic() + 60
        while not begun.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        helper.kill()
    with begun.open("w"):
        pass  # the nmcli that it had started ends
    assert path.read_bytes() != keyfile.keyfile(CARD)
    if then == "the next boot":
        state = tmp_path / "state"
        state.mkdir()
        assert commands.first_boot(tmp_path / "kiosk.toml", state, tmp_path, tmp_path, connections) == 0
    else:
        environment["PATH"] = f"{_nmcli(tmp_path, 'exit 4')}:{os.environ['PATH']}"
        subprocess.run(command, env=environment, input=b"WIFI:S:another;;\n", check=False, timeout=60)
    assert path.read_bytes() == keyfile.keyfile(CARD)
    assert [each.name for each in connections.iterdir()] == [keyfile.FILE_NAME]


def _nmcli(folder: Path, up: str) -> Path:
    """A folder with a program of that name, which does this when a network is to be joined."""
    program = folder / "bin" / "nmcli"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\ncase "$*" in *"connection up"*) {up};; esac\n')
    program.chmod(0o755)
    return program.parent


def test_at_boot_the_helper_s_leavings_are_looked_for_before_network_manager_starts() -> None:
    unit = (Path(__file__).parents[3] / "systemd" / "portillon-first-boot.service").read_text()
    wanted = {f"|{keyfile.FOLDER / keyfile.BEFORE}", f"|/boot/firmware/{taking.FILE_NAME}"}
    assert set(re.findall(r"(?m)^ConditionPathExists=(.*)$", unit)) == wanted
    assert re.search(r"(?m)^Before=.*\bNetworkManager\.service\b", unit)


def test_the_running_network_manager_takes_the_file_as_its_connection(manager) -> None:
    path = keyfile.write(manager.connections, CARD)
    manager.nmcli("connection", "load", str(path))
    fields = (
        "connection.id,connection.autoconnect-retries,802-11-wireless.ssid,802-11-wireless.powersave,"
        "802-11-wireless-security.psk"
    )
    shown = manager.nmcli("--escape", "no", "-s", "-g", fields, "connection", "show", keyfile.UUID)
    assert shown.splitlines() == ["portillon-wifi", "0", "Salle des fêtes", "disable", SECRET]


def test_without_a_network_manager_it_says_so(nmcli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PATH", "LD_LIBRARY_PATH"):
        monkeypatch.setenv(name, nmcli[name])
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    assert network.join(CARD, tmp_path) is Outcome.NO_MANAGER
    assert list(tmp_path.iterdir()) == []


def test_where_nmcli_is_missing_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert network.join(CARD, tmp_path) is Outcome.NO_MANAGER


def test_a_folder_that_can_not_be_written_is_told_as_a_full_or_missing_disk(tmp_path: Path) -> None:
    assert network.join(CARD, tmp_path / "missing") is Outcome.DISK


def test_the_words_that_are_looked_for_are_those_of_the_real_nmcli(programs: Path) -> None:
    spoken = (programs / "usr" / "bin" / "nmcli").read_bytes()
    for phrase in network._REASONS:
        if phrase not in {"No suitable device found", "Could not create NMClient object"}:  # both are seen above
            assert phrase.encode() in spoken, phrase


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Error: Connection activation failed: Secrets were required, but not provided", Outcome.WRONG_PASSWORD),
        ("Error: Connection activation failed: (53) The Wi-Fi network could not be found.", Outcome.NOT_FOUND),
        (
            "Error: Connection activation failed: IP configuration could not be reserved (no available address, "
            "timeout, etc.)\nHint: use 'journalctl -xe NM_CONNECTION=6f1c' to get more details.",
            Outcome.NO_ADDRESS,
        ),
        ("Error: Connection activation failed: Unknown error", Outcome.FAILED),
        ("", Outcome.FAILED),
    ],
)
def test_why_a_network_was_not_joined_is_read_from_what_nmcli_says(said: str, outcome: Outcome) -> None:
    assert network.reason_of(said) is outcome


def test_no_password_is_in_any_command_line_or_in_what_is_said(manager, tmp_path: Path) -> None:
    log = tmp_path / "strace"
    done = subprocess.run(
        [
            "strace",
            "-f",
            "-v",
            "-s",
            "4096",
            "-e",
            "trace=execve",
            "-o",
            log,
            *HELPER,
            "--connections",
            manager.connections,
        ],
        input=CARD.text.encode(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.decode().split() == ["joining", "no_device"]
    called = log.read_text("utf-8", "replace")
    assert called.count('"connection", "up"') >= 1
    for told in (called, done.stdout.decode(), done.stderr.decode()):
        assert "battery" not in told


def test_the_gate_reaches_the_helper_over_its_socket_and_is_told_the_outcome(manager, tmp_path: Path) -> None:
    path = tmp_path / "helper.sock"
    activate = ["systemd-socket-activate", "--accept", "--inetd", "--listen", str(path)]
    passed = [f"--setenv={name}" for name in ("PATH", "LD_LIBRARY_PATH", "DBUS_SYSTEM_BUS_ADDRESS")]
    with subprocess.Popen(
        [*activate, *passed, *HELPER, "--connections", manager.connections], stderr=subprocess.PIPE, text=True
    ) as helper:
        try:
            assert helper.stderr is not None
            assert "Listening" in helper.stderr.readline()
            told: list[Outcome] = []
            ended = threading.Event()
            Joiner(lambda outcome: (told.append(outcome), ended.set()), path).join(CARD)
            assert ended.wait(120)
            assert told == [Outcome.NO_DEVICE]
        finally:
            helper.terminate()


def test_a_gate_without_the_helper_is_told_that_there_is_none(tmp_path: Path) -> None:
    told: list[Outcome] = []
    ended = threading.Event()
    Joiner(lambda outcome: (told.append(outcome), ended.set()), tmp_path / "none").join(CARD)
    assert ended.wait(60)
    assert told == [Outcome.NO_MANAGER]
