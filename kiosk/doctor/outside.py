"""What doctor looks at beyond this machine's disk: server, camera, pins. Moves nothing, consumes nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from kiosk import settings
from kiosk.camera import CameraFault
from kiosk.camera.picamera import attached
from kiosk.camera.usb import plugged_in
from kiosk.clock import Clock
from kiosk.credentials import CredentialStore
from kiosk.doctor.finding import Finding
from kiosk.doctor.inside import fault
from kiosk.doctor.words import tell
from kiosk.scan_client import ScanClient
from kiosk.screen.words import Language
from kiosk.settings import INPUTS, OUTPUTS


def server(folder: Path, asked: settings.Server, clock: Clock, language: Language) -> Iterator[Finding]:
    """Link, TLS and key, by a call that consumes nothing; nothing where the gate is not paired. Up to 15 s."""
    try:
        credentials = CredentialStore(folder).look()
    except (OSError, ValueError):  # told by the check of the pairing
        return
    if credentials is None:
        return
    client = ScanClient(credentials, asked, clock_is_good=clock.is_good)
    began = time.monotonic()
    try:
        trouble = client.probe()
    finally:
        client.close()
    if trouble is not None:
        yield fault(trouble, credentials.base_url, language)
    else:
        yield tell("server.good", language, ms=1000 * (time.monotonic() - began))


def camera(chosen: settings.Camera, gate_runs: bool, language: Language) -> Iterator[Finding]:
    """Whether there is one. A running gate has it, and tells of its faults itself."""
    if chosen.source == "replay" and chosen.path is not None:
        yield tell("camera.replay" if chosen.path.exists() else "camera.no_replay", language, path=chosen.path)
        return
    if gate_runs:
        yield tell("camera.in_use", language)
        return
    if chosen.source == "usb":
        wanted = chosen.path and chosen.path.resolve()  # a name in /dev/v4l/by-id is a link
        names = [name for path, name in plugged_in() if wanted in {None, path}]
        yield tell("camera.found" if names else "camera.no_usb", language, models=", ".join(names))
        return
    try:
        models = attached()
    except CameraFault as missing:
        yield tell("camera.unusable", language, why=missing.__cause__)
        return
    yield tell("camera.found" if models else "camera.none", language, models=", ".join(models))


def gate(wired: settings.Gate, language: Language, devices: Path = Path("/dev")) -> Iterator[Finding]:
    """What is wired by the settings, and whether there are pins. Touches none of them."""
    lines = [_line(wired, name) for name in (*OUTPUTS, *INPUTS) if getattr(wired, name) is not None]
    yield tell("gate.wired", language, lines=f"{wired.profile}: {', '.join(lines) or '-'}")
    if wired.pins == "mock":
        yield tell("gate.mock", language)
    elif not any(os.access(chip, os.R_OK | os.W_OK) for chip in devices.glob("gpiochip*")):
        yield tell("gate.no_chip", language)
    if wired.profile == "turnstile" and wired.passage is None:
        yield tell("gate.no_passage_sensor", language)


def _line(wired: settings.Gate, name: str) -> str:
    contact = "" if name in OUTPUTS else " (NC)" if name in wired.normally_closed else " (NO)"
    return f"{name} BCM {getattr(wired, name)}{contact}"
