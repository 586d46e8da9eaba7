"""What doctor looks at beyond this machine's disk: server, camera, pins. Moves nothing, consumes nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kiosk import settings
from kiosk.camera import CameraFault
from kiosk.camera.picamera import attached
from kiosk.camera.usb import plugged_in
from kiosk.clock import Clock
from kiosk.credentials import Credentials, CredentialStore
from kiosk.doctor.finding import Finding
from kiosk.doctor.inside import fault
from kiosk.doctor.words import tell
from kiosk.gate import active_contacts
from kiosk.scan_client import ScanClient
from kiosk.screen.words import Language
from kiosk.settings import INPUTS, OUTPUTS


def paired_with(folder: Path, found_at: str | None) -> Credentials | None:
    """The pairing, with the address where the gate found its server; None where there is no good one.

    Without a pinned key no other address than the pairing's is asked, whatever an older status says.
    """
    try:
        credentials = CredentialStore(folder).look()
    except (OSError, ValueError):  # told by the check of the pairing
        return None
    return replace(credentials, base_url=found_at) if credentials and credentials.pin and found_at else credentials


def server(credentials: Credentials, asked: settings.Server, clock: Clock, language: Language) -> Iterator[Finding]:
    """Its key and what it offers, by a call that consumes nothing. Up to 15 s."""
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
        wanted = ", ".join(map(str, filter(None, (asked.event_uuid, *asked.events))))
        yield tell(
            "server.offers", language, extensions=", ".join(sorted(client.extensions)) or "-", event=wanted or "*"
        )


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


def inputs(
    wired: settings.Gate, active: tuple[str, ...] | None, gate_runs: bool, language: Language
) -> Iterator[Finding]:
    """Which contacts are active now: as the running gate tells, if it can; or read here where none runs."""
    if not any(getattr(wired, name) is not None for name in INPUTS):
        return
    if not gate_runs:
        try:
            active = active_contacts(wired)
        except Exception as error:  # lgpio's own error is a bare Exception
            yield tell("gate.inputs_unread", language, why=error)
            return
    if active is None:
        return
    yield tell("gate.pressed" if active else "gate.inputs", language, names=", ".join(active))


def _line(wired: settings.Gate, name: str) -> str:
    contact = "" if name in OUTPUTS else " (NC)" if name in wired.normally_closed else " (NO)"
    return f"{name} BCM {getattr(wired, name)}{contact}"
