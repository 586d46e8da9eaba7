"""The whole appliance on a real kernel's lines: real server, real kiosk, and the relay as a meter would see it."""

import fcntl
import os
import signal
import socket
import struct

import pytest

from kiosk.gate.orders import HOLD_S

RELAY = 17
ON_THE_CHIP = {"PORTILLON_KIOSK__GATE__PINS": "lgpio"}
_SET_FLAGS, _UP = 0x8914, 1  # SIOCSIFFLAGS, IFF_UP


@pytest.fixture(autouse=True)
def _loopback():
    """A kernel that has just booted has no loopback yet."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP))


def test_a_ticket_moves_the_relay_and_the_end_of_the_daemon_in_mid_pulse_drives_it_off(
    server, make_kiosk, chip, eventually
):
    killed, stopped = server.tickets(server.event(), count=2)
    gate = make_kiosk(pulse_ms=10_000, environment=ON_THE_CHIP)
    gate.pair(server.device()["pairing_url"])
    for ticket, number in ((killed, signal.SIGKILL), (stopped, signal.SIGTERM)):
        chip.forget()
        gate.start()
        gate.wait_for("ready")
        assert chip.levels(RELAY) == [0]
        gate.hold_up(ticket["qrcode_data"])
        eventually("the relay is on", lambda: chip.level(RELAY) == 1)
        os.killpg(gate.process.pid, number)
        eventually("the relay is driven off", lambda: chip.levels(RELAY) == [0, 1, 0])
        assert chip.seconds_on(RELAY) < 10
        gate.process.wait(30)
        gate.trace_file.unlink()


def test_the_emergency_contact_holds_the_gate_open_until_it_is_back_though_nothing_is_paired(
    make_kiosk, chip, eventually
):
    wired = {"EMERGENCY": "13", "EMERGENCY_OPENS": "true"}
    gate = make_kiosk(
        environment=ON_THE_CHIP | {f"PORTILLON_KIOSK__GATE__{key}": value for key, value in wired.items()}
    )
    gate.start()
    gate.wait_for("unpaired")
    chip.pull(13, 0)
    eventually("the gate is open", lambda: chip.level(RELAY) == 1)
    eventually("a lease has been renewed", lambda: chip.driven(RELAY)[-1][0] - chip.driven(RELAY)[1][0] > HOLD_S)
    assert chip.levels(RELAY) == [0, 1]
    chip.pull(13, 1)
    eventually("the gate is shut", lambda: chip.levels(RELAY) == [0, 1, 0])
