"""portillon-kiosk doctor: what is wrong with this gate, and the fix for it. Beside a running gate or without one."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from kiosk import settings
from kiosk.clock import Clock
from kiosk.doctor import archive, board, disk, inside, lamps, network, outside, seeing, units
from kiosk.doctor.finding import Finding, Level
from kiosk.doctor.words import tell
from kiosk.first_boot.outcome import Outcome
from kiosk.screen.setup_words import TROUBLES
from kiosk.screen.words import Language
from kiosk.settings import Settings, SettingsError
from kiosk.status import BESIDE_A_GATE, Status, read_status


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


def bundle(file: Path, state_dir: Path | None, target: Path | None) -> int:
    """Write the archive for whoever helps; 0. Raises SettingsError, and OSError when it can't be written."""
    loaded = settings.load(file, state_dir)
    language: Language = loaded.screen.languages[0]
    try:
        written = archive.write(target, loaded, list(examine(file, loaded)))
    except OSError as error:
        failed = tell("bundle.failed", language, why=error.strerror or error)
        print(f"{failed.found}\n→ {failed.fix}", file=sys.stderr)
        return 1
    print(tell("bundle.written", language, file=written).found)
    return 0


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
    yield from _machine(loaded, language)
    state = list(_whole("state", inside.state_folder(folder, language), language))
    yield from state
    yield from _whole("gate", outside.gate(loaded.gate, language), language)
    if tell("state.unreadable", language, folder=folder) in state:
        return  # everything else is in there
    clock = Clock(folder)
    yield from _whole("clock", inside.clock(clock, datetime.now(UTC), language), language)
    status = read_status(folder)
    can_tell = all(finding.level is not Level.FAIL for finding in state)
    is_beside = BESIDE_A_GATE in os.environ
    if is_beside and not (status is not None and status.is_of_a_running_gate):
        status, can_tell = None, False  # of a gate of before: this one could not write its own
    yield from _whole("daemon", inside.running_gate(status, language, can_tell), language)
    runs = is_beside or (status is not None and status.is_of_a_running_gate)
    yield from _whole("camera", _edges(loaded, status, runs, language), language)
    yield from _whole("journal", inside.journal(folder, clock.now(), language), language)
    yield from _whole("pairing", inside.pairing(folder, language), language)
    yield from _whole("network", _way_to_server(loaded, status, clock, language), language)


def _machine(loaded: Settings, language: Language) -> Iterator[Finding]:
    yield from _whole("versions", board.versions(language), language)
    yield from _whole("power", board.power(language), language)
    yield from _whole("temperature", board.temperature(language), language)
    yield from _whole("disk", disk.disks(loaded.state_dir, language), language)
    yield from _whole("units", units.units(language), language)
    yield from _whole("reboot", units.reboot(loaded.state_dir, language), language)
    yield from _whole("boot_pins", board.boot_pins(loaded.gate, language), language)


def _whole(check: str, findings: Iterator[Finding], language: Language) -> Iterator[Finding]:
    """One check's findings. One that fails itself says so: what ails a machine may be what no check expects."""
    try:
        yield from findings
    except Exception as error:  # whatever it is, the other checks are made
        yield tell("doctor.broken", language, check=check, why=f"{type(error).__name__}: {error}")


def _edges(loaded: Settings, status: Status | None, runs: bool, language: Language) -> Iterator[Finding]:
    """Camera and inputs: by what the running gate tells, since it holds both; else by looking."""
    contacts = status.contacts if status is not None else None
    yield from outside.inputs(loaded.gate, contacts, runs, language)
    there = list(outside.camera(loaded.camera, runs, language))
    yield from there
    if all(finding.level is not Level.FAIL for finding in there):
        figures = status.camera if status is not None and runs else None
        yield from seeing.picture(loaded.camera, figures, runs, language)


def _way_to_server(loaded: Settings, status: Status | None, clock: Clock, language: Language) -> Iterator[Finding]:
    credentials = outside.paired_with(loaded.state_dir, status.server_found_at if status else None)
    yield from network.links(language, network.is_here(credentials))
    yield from network.wifi(language)
    if status is not None and status.wifi not in {None, Outcome.JOINED}:
        yield tell("wifi.card", language, why=TROUBLES[f"wifi_{status.wifi}"][language])
    if credentials is not None:
        yield from network.way_to(credentials, language)
        yield from outside.server(credentials, loaded.server, clock, language)


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
