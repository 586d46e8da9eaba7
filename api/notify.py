"""Tells systemd the truth: ready, alive, stopping. Without systemd nothing is sent."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Notify:
    """The datagram socket of sd_notify(3), from ``NOTIFY_SOCKET``; a name that starts with @ is abstract."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        env = os.environ if environment is None else environment
        address = env.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_s = _watchdog(env)  # seconds between two signs of life that systemd asks for, or None

    def ready(self, status: str) -> None:
        """The socket listens: units ordered after this one may start."""
        self._send(f"READY=1\nSTATUS={status}")

    def alive(self) -> None:
        """A sign of life; sent only while requests can be answered."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """No new request is taken from now on."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            try:
                sender.sendto(state.encode(), self._address)
            except OSError:
                return  # systemd went away or restarts: tickets are still scanned


def _watchdog(env: Mapping[str, str]) -> float | None:
    """WATCHDOG_USEC in seconds, when it is meant for this process (sd_watchdog_enabled(3))."""
    micros, pid = env.get("WATCHDOG_USEC", ""), env.get("WATCHDOG_PID", str(os.getpid()))
    return int(micros) / 1e6 if micros.isdigit() and int(micros) > 0 and pid == str(os.getpid()) else None
