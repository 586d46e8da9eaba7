"""The helper with root's power: takes one Wi-Fi card from the gate and joins its network through NetworkManager.

systemd starts it for each connection to a socket that only the gate's user may open. What it is told is parsed again
by the card's own grammar, and all it can do is to replace the one connection that is Portillon's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from kiosk import codes, durable
from kiosk.first_boot import keyfile
from kiosk.first_boot.outcome import Outcome
from kiosk.wifi_code import WifiCode

JOINING = "joining"  # said before the outcome, when the network is about to be joined
JOIN_WITHIN_S = 60  # association 10 to 25 s on a Pi that scans first, DHCP 45 s at most by NetworkManager's default
# nmcli(1), "EXIT STATUS", and what it says of a device's state reason in the C locale (1.42 and later; the numbers
# in NMDeviceStateReason are 7, 8, 10, 11; 53; 5, 15, 16, 17).
_NOT_RUNNING = 8
_REASONS = {
    "Secrets were required, but not provided": Outcome.WRONG_PASSWORD,  # how NetworkManager says it of a wrong one
    "802.1X supplicant disconnected": Outcome.WRONG_PASSWORD,
    "802.1X supplicant failed": Outcome.WRONG_PASSWORD,
    "802.1X supplicant took too long to authenticate": Outcome.WRONG_PASSWORD,
    "The Wi-Fi network could not be found": Outcome.NOT_FOUND,
    "IP configuration could not be reserved": Outcome.NO_ADDRESS,
    "DHCP client": Outcome.NO_ADDRESS,
    "No suitable device found": Outcome.NO_DEVICE,
    "Could not create NMClient object": Outcome.NO_MANAGER,  # there is no bus
}
_TIMED_OUT = 3
_TRIES, _PAUSE_S = 6, 2.0  # a device that was blocked or is only just there needs a moment until it can be used


def serve(asked: BinaryIO, say: Callable[[str], None], folder: Path) -> Outcome:
    """Read one card, join its network, say how it goes: ``joining`` perhaps, and then the outcome. Never raises."""
    text = asked.readline(codes.MAX_LENGTH * 4 + 2).decode("utf-8", "replace")
    network = codes.parse(text)
    if isinstance(network, WifiCode):
        say(JOINING)
        outcome = join(network, folder)
    else:
        outcome = Outcome.REFUSED
    say(outcome)
    return outcome


def join(network: WifiCode, folder: Path) -> Outcome:
    """Make this Portillon's network and join it now; what was there before comes back when that fails."""
    try:
        keyfile.put_back(folder)  # of a helper that was ended while it tried
        keyfile.keep(folder)
        path = keyfile.write(folder, network)
    except OSError:
        return Outcome.DISK
    _nmcli("radio", "wifi", "on")  # Raspberry Pi OS leaves it blocked on a new card
    outcome = _activate(path)
    # A wrong password of WPA3 ends like a network that is not there (NetworkManager 1.42).
    if outcome is Outcome.NOT_FOUND and network.security != "open" and _is_on_the_air(network):
        outcome = Outcome.WRONG_PASSWORD
    with contextlib.suppress(OSError):  # the outcome is told all the same
        if outcome is Outcome.JOINED:
            keyfile.forget(folder)
        else:
            _go_back(path)
    return outcome


def _activate(path: Path) -> Outcome:
    _nmcli("connection", "load", str(path))
    outcome = _up()
    for _ in range(_TRIES - 1):
        if outcome is not Outcome.NO_DEVICE:
            break
        time.sleep(_PAUSE_S)
        outcome = _up()
    return outcome


def _up() -> Outcome:
    done = _nmcli("--wait", str(JOIN_WITHIN_S), "connection", "up", "uuid", keyfile.UUID)
    if done is None or done.returncode == _NOT_RUNNING:
        return Outcome.NO_MANAGER
    return Outcome.JOINED if done.returncode == 0 else reason_of(done.stderr)


def _is_on_the_air(network: WifiCode) -> bool:
    """By what NetworkManager has heard until now."""
    done = _nmcli("--get-values", "SSID-HEX", "device", "wifi", "list", "--rescan", "no")
    return done is not None and network.ssid.hex().upper() in done.stdout.upper().split()


def reason_of(said: str) -> Outcome:
    """What nmcli's last words about an activation mean."""
    return next((outcome for phrase, outcome in _REASONS.items() if phrase in said), Outcome.FAILED)


def _go_back(path: Path) -> None:
    """The network of before, joined again without waiting; none when there was none. Raises OSError."""
    if keyfile.put_back(path.parent):
        _nmcli("connection", "load", str(path))
        _nmcli("--wait", "0", "connection", "up", "uuid", keyfile.UUID)
    else:
        durable.remove(path)
        _nmcli("connection", "reload")


def _nmcli(*arguments: str) -> subprocess.CompletedProcess[str] | None:
    """No secret is ever among the arguments. None: there is no nmcli."""
    program = shutil.which("nmcli")
    if program is None:
        return None
    try:
        return subprocess.run(
            [program, "--colors", "no", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=JOIN_WITHIN_S + 10,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return subprocess.CompletedProcess(arguments, _TIMED_OUT, "", "")
