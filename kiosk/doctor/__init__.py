"""portillon-kiosk doctor: what is wrong with this gate, and the fix for it. Beside a running gate or without one."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from kiosk import settings
from kiosk.clock import Clock
from kiosk.doctor import inside, lamps, outside
from kiosk.doctor.finding import Finding, Level
from kiosk.doctor.words import tell
from kiosk.screen.words import Language
from kiosk.settings import Settings, SettingsError
from kiosk.status import read_status


def run(file: Path, state_dir: Path | None, as_json: bool) -> int:
    """Look at everything and print it. 0: nothing failed; 1: something did; 2: the settings can't be used."""
    try:
        loaded = settings.load(file, state_dir)
    except SettingsError as error:
        language = settings.Screen().languages[0]
        _print([tell("settings.mistake", language, mistake=each, file=file) for each in error.mistakes], as_json)
        return 2
    findings = list(examine(file, loaded))
    _print(findings, as_json)
    return 1 if any(finding.level is Level.FAIL for finding in findings) else 0


def show_lamps() -> int:
    """Print what the lamps say, as the field guides have it. Needs no settings."""
    languages: tuple[Language, ...] = ("fr", "en")
    print("\n".join(table(language) for language in languages for table in (lamps.by_pattern, lamps.by_fault)), end="")
    return 0


def examine(file: Path, loaded: Settings) -> Iterator[Finding]:
    """Every finding, in the order in which a tech wants to know: the machine first, then what it depends on."""
    language: Language = loaded.screen.languages[0]
    folder = loaded.state_dir
    profile, action = loaded.gate.profile, loaded.server.action
    yield tell("settings.good", language, file=file, profile=profile, action=action)
    disk = list(inside.state_folder(folder, language))
    yield from disk
    yield from outside.gate(loaded.gate, language)
    if tell("state.unreadable", language, folder=folder) in disk:
        return  # everything else is in there
    clock = Clock(folder)
    yield from inside.clock(clock, datetime.now(UTC), language)
    status = read_status(folder)
    yield from inside.running_gate(status, language, all(finding.level is not Level.FAIL for finding in disk))
    gate_runs = status is not None and status.is_of_a_running_gate
    yield from outside.camera(loaded.camera, gate_runs, language)
    yield from inside.journal(folder, clock.now(), language)
    yield from inside.pairing(folder, language)
    yield from outside.server(folder, loaded.server, clock, language)


def _print(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
        return
    for finding in findings:
        print(f"{finding.level:<5} {finding.check:<20} {finding.found}")
        if finding.fix:
            print(f"{'':26} → {finding.fix}")
    levels = [finding.level for finding in findings]
    print(", ".join(f"{levels.count(level)} {level}" for level in Level))
