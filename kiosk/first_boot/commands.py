"""The commands of the first boot: join-wifi and first-boot for their units, cards for the printer."""

from __future__ import annotations

import sys
from pathlib import Path

from kiosk.first_boot import network
from kiosk.first_boot.outcome import Outcome


def join_wifi(connections: Path) -> int:
    """One card on standard input, words on standard output; 0 when its network was joined."""
    outcome = network.serve(sys.stdin.buffer, lambda word: print(word, flush=True), connections)
    return 0 if outcome is Outcome.JOINED else 1
