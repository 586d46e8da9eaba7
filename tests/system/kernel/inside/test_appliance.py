"""The whole appliance on a real kernel's lines: real server, real kiosk, and the relay as a meter would see it."""

import fcntl
import os
import signal
import socket
import struct

import pytest

RELAY = 17
ON_THE_CHIP = {"PORTILLON_KIOSK__GATE__PINS": "lgpio"}
_SET_FLAGS, _UP = 0x8914, 1  # SIOCSIFFLAGS, IFF_UP


@pytest.fixture(autouse=True)
def _loopback():
    """A kernel that has just booted has no loopback yet."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_ticket_moves_the_relay_and_the_end_of_the_daemon_in_mid_pulse_drives_it_off(
    server, make_kiosk, chip, eventually, number
):
    ticket = server.tickets(server.event())[0]["qrcode_data"]
    gate = make_kiosk(pulse_ms=10_000, environment=ON_THE_CHIP)
    gate.pair(server.device()["pairing_url"])
    gate.start()
    gate.wait_for("ready")
    assert chip.levels(RELAY) == [0]
    gate.hold_up(ticket)
    eventually("the relay is on", lambda: chip.level(RELAY) == 1)
    os.killpg(gate.process.pid, number)
    eventually("the relay is driven off", lambda: chip.levels(RELAY) == [0, 1, 0])
    on_at, off_at = (at for at, _ in chip.driven(RELAY)[-2:])
    assert off_at - on_at < 10
