"""What systemd is told: ready, alive, stopping. Does nothing where no systemd asked (NOTIFY_SOCKET unset)."""

from __future__ import annotations

import os
import socket


def notify(message: str) -> None:
    """Send one ``sd_notify(3)`` message, such as ``READY=1``; an unreachable socket is no reason to stop a gate."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.connect(address)
            channel.send(message.encode())
    except OSError:
        return
