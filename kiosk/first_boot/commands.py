"""The commands of the first boot: join-wifi and first-boot for their units, cards for the printer."""

from __future__ import annotations

import sys
from pathlib import Path

from kiosk import settings
from kiosk.first_boot import network, report, taking
from kiosk.first_boot.outcome import Outcome


def join_wifi(connections: Path) -> int:
    """One card on standard input, words on standard output; 0 when its network was joined."""
    outcome = network.serve(sys.stdin.buffer, lambda word: print(word, flush=True), connections)
    return 0 if outcome is Outcome.JOINED else 1


def first_boot(config: Path, state: Path | None, boot: Path, templates: Path, connections: Path) -> int:
    """Take portillon.toml; 0 also when it has mistakes, which its report names: the gate starts all the same.

    Raises OSError when something can't be written.
    """
    try:
        chosen = settings.load(config, state, environment={})
    except settings.SettingsError:  # there is none yet, or the gate will say what is wrong with it
        chosen = settings.Settings.model_construct()
    folder = state or chosen.state_dir
    outcome = taking.take(taking.Places(boot, config, templates, connections, folder, chosen.unlock_file))
    told = {
        taking.Outcome.NOTHING: f"{boot / taking.FILE_NAME}: nothing to take",
        taking.Outcome.TAKEN: f"{boot / taking.FILE_NAME} was taken and emptied: see {report.FILE_NAME} beside it",
    }
    print(told.get(outcome, f"{boot / taking.FILE_NAME} was not taken: see {report.FILE_NAME} beside it"))
    return 0
