"""The gate's side of joining a network: hands the card to the helper, in a thread of its own, and tells the outcome."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.first_boot.network import JOIN_WITHIN_S
from kiosk.first_boot.outcome import Outcome
from kiosk.wifi_code import WifiCode

HELPER = Path("/run/portillon-wifi.sock")
ANSWER_WITHIN_S = JOIN_WITHIN_S + 30.0  # the helper's own bound, and a Pi that is busy booting
_ANSWER_BYTES = 256


class Joiner:
    """One network at a time; ``tell`` is called once for each, from a thread."""

    def __init__(self, tell: Callable[[Outcome], None], helper: Path = HELPER) -> None:
        self._tell = tell
        self._helper = helper

    def join(self, network: WifiCode) -> None:
        """Begin. The thread ends with the process: what the helper has begun it ends by itself."""
        threading.Thread(target=self._work, args=(network,), name="wifi", daemon=True).start()

    def _work(self, network: WifiCode) -> None:
        try:
            outcome = self._ask(network)
        except TimeoutError:
            outcome = Outcome.FAILED
        except OSError:  # no socket: the units are not installed, or not started
            outcome = Outcome.NO_MANAGER
        self._tell(outcome)

    def _ask(self, network: WifiCode) -> Outcome:
        deadline = time.monotonic() + ANSWER_WITHIN_S
        with socket.socket(socket.AF_UNIX) as helper:
            helper.settimeout(ANSWER_WITHIN_S)
            helper.connect(str(self._helper))
            helper.sendall(f"{network.text}\n".encode())
            helper.shutdown(socket.SHUT_WR)
            said = b""
            while len(said) < _ANSWER_BYTES and (more := helper.recv(_ANSWER_BYTES)):
                said += more
                helper.settimeout(max(0.01, deadline - time.monotonic()))
        words = said.decode("ascii", "replace").split()
        return Outcome(words[-1]) if words and words[-1] in set(Outcome) else Outcome.FAILED
