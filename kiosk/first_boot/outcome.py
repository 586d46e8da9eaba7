"""What joining a Wi-Fi network came to; values only. The words go over the socket between the gate and the helper."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """One word each; ``wifi_`` and this word is what the screen is told."""

    JOINED = "joined"  # and an address was received
    WRONG_PASSWORD = "wrong_password"  # noqa: S105  (a word, no password)
    NOT_FOUND = "not_found"
    NO_ADDRESS = "no_address"
    NO_DEVICE = "no_device"  # no Wi-Fi in this machine, or blocked
    NO_MANAGER = "no_manager"  # NetworkManager, or the helper that may talk to it, is not there
    REFUSED = "refused"  # the helper was given something that is no Wi-Fi card
    DISK = "disk"
    FAILED = "failed"  # anything else, or nothing in time
