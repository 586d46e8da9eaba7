"""What systemd is told, through real datagram sockets. The server's own messages: commands/test_serving.py."""

from __future__ import annotations

import os
import socket

import pytest

from api.notify import Notify


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_signs_of_life_are_wanted_only_when_systemd_asks_this_process(environment, seconds):
    assert Notify(environment).watchdog_s == seconds


def test_without_systemd_nothing_is_sent():
    Notify({}).ready("listening")


def test_a_systemd_that_is_gone_stops_nothing(tmp_path):
    Notify({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive()


def test_readiness_carries_a_status_that_systemctl_shows(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        Notify({"NOTIFY_SOCKET": str(tmp_path / "notify")}).ready("listening on http://127.0.0.1:1")
        assert receiver.recv(4096) == b"READY=1\nSTATUS=listening on http://127.0.0.1:1"
