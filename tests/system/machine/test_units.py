"""The units as installed: nothing that systemd doesn't understand, and little that a stranger could do with them."""

from __future__ import annotations

import re

import pytest

from tests.system.machine.gate import API, KIOSK, Gate


def _ours(untouched: Gate) -> list[str]:
    return sorted(untouched.machine.run("sh", "-c", "cd /etc/systemd/system && ls -d portillon-*.*").split())


def test_systemd_has_nothing_to_say_about_our_units(untouched: Gate) -> None:
    units = [f"/etc/systemd/system/{unit}" for unit in _ours(untouched) if not unit.endswith((".wants", ".d"))]
    assert len(units) >= 4
    # It ends with 0 on a key that it does not know: whatever it says is a failure.
    assert untouched.machine.shell(f"systemd-analyze verify --man=no {' '.join(units)}") == ""


@pytest.mark.parametrize(("unit", "at_most"), [(KIOSK, 1.3), (API, 1.0)])
def test_a_stranger_who_takes_a_service_over_has_little(untouched: Gate, unit: str, at_most: float) -> None:
    said = untouched.machine.run("systemd-analyze", "security", "--no-pager", unit)
    score = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    assert score is not None
    assert float(score[1]) <= at_most, said


def test_what_listens_on_the_network_is_the_server_alone(untouched: Gate) -> None:
    sockets = [line.split() for line in untouched.machine.run("cat", "/proc/net/tcp", "/proc/net/tcp6").splitlines()]
    listening = {(row[1], row[7]) for row in sockets if row[3] == "0A"}  # state 0A: listens
    owner = untouched.machine.run("id", "-u", "portillon").strip()
    assert listening == {("0100007F:1F40", owner)}  # 127.0.0.1:8000: the gate is on the same machine


def test_nobody_but_the_gate_s_user_and_root_may_open_the_helper_s_socket(untouched: Gate) -> None:
    socket = "/run/portillon-wifi.sock"
    assert untouched.machine.run("stat", "--format=%a %U", socket) == "600 portillon\n"
    done = untouched.machine.tried(
        *("runuser", "-u", "nobody", "--", "python3", "-c"),
        f"import socket; socket.socket(socket.AF_UNIX).connect({socket!r})",
    )
    assert "PermissionError" in done.stderr
