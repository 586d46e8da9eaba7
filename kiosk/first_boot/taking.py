"""Takes ``portillon.toml`` once: checked whole, kept durably piece by piece, and only then wiped. For root, at boot.

Cut short anywhere, the next run begins again and comes to the same end: every piece is written over what an earlier
run left of it, and the file is there until all of it is kept. Wiping it proves that it was taken.
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from kiosk import codes, durable, firmware
from kiosk.codes import PairingCode
from kiosk.credentials import CredentialStore, DamagedCredentials
from kiosk.first_boot import boot_file, card, handed, keyfile, kiosk_toml, report
from kiosk.first_boot.boot_file import BootFile, Mistaken
from kiosk.first_boot.report import Taken
from kiosk.settings import validate
from kiosk.unlocking import USED_FILE, new_identity

FILE_NAME = "portillon.toml"
RECORD = "first-boot.json"  # in the state folder: digests of what was put into kiosk.toml
_REMEMBERED = 20
_SCREEN = {"guest_port": 8021}  # what `install.sh --screen` adds to the settings that it lays down


class Outcome(StrEnum):
    """What came of it."""

    NOTHING = "nothing"  # no file, or nothing in it
    MISTAKES = "mistakes"
    LOCKED = "locked"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything is."""

    boot: Path  # the partition with portillon.toml
    kiosk_toml: Path
    templates: Path  # kiosk.toml and kiosk-light.toml as they were shipped
    connections: Path  # NetworkManager's keyfiles
    state: Path
    unlock_file: Path


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be written: made whole before the first byte is."""

    said: BootFile
    settings: bytes | None  # the new kiosk.toml; None: stays
    taken: Taken


def take(places: Places) -> Outcome:
    """Do it. Raises OSError when something can't be written; the file is then as it was, and taken at the next boot."""
    file = places.boot / FILE_NAME
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return Outcome.NOTHING
    if card.is_wiped(content):
        card.write(file, report.REMAINS.encode())
        return Outcome.NOTHING
    said = boot_file.parse(content)
    if said == BootFile():
        return Outcome.NOTHING
    plan = _plan(said, places)
    if isinstance(plan, list):
        card.write(places.boot / report.FILE_NAME, report.of_mistakes(plan).encode())
        return Outcome.MISTAKES
    if _is_locked(places):
        card.write(places.boot / report.FILE_NAME, report.of_locked().encode())
        return Outcome.LOCKED
    card.write(places.boot / report.FILE_NAME, report.begun().encode())
    _keep(plan, places)
    card.write(places.boot / report.FILE_NAME, report.of_taken(plan.taken).encode())
    card.wipe(file, report.REMAINS.encode())
    return Outcome.TAKEN


def _is_locked(places: Places) -> bool:
    """True for a paired gate without a new unlock file. Damaged credentials pair nobody: the gate will say so too."""
    try:
        is_paired = CredentialStore(places.state).look() is not None
    except DamagedCredentials:
        is_paired = False
    return is_paired and new_identity(places.unlock_file, places.state / USED_FILE) is None


def _plan(said: BootFile | Mistaken, places: Places) -> _Plan | list[str]:
    """What to write, or every mistake: of the file itself, and what only this machine can know of."""
    wanted = said.settings
    profile = said.profile if isinstance(said, BootFile) else None
    settings, kept, mistakes = _settings(wanted, profile, places) if wanted else (None, False, [])
    if isinstance(said, Mistaken):
        return said.mistakes + mistakes
    if said.wifi is not None and not places.connections.is_dir():
        mistakes.insert(0, f"wifi: there is no NetworkManager here ({places.connections} is missing)")
    if mistakes:
        return mistakes
    told = tuple(f"{name}.{key} = {json.dumps(v, default=str)}" for name, e in wanted.items() for key, v in e.items())
    wifi = said.wifi.network.name if said.wifi is not None else None
    return _Plan(said, settings, Taken(wifi, told, kept, _server(said.pairing_url)))


def _settings(
    wanted: dict[str, dict[str, Any]], profile: str | None, places: Places
) -> tuple[bytes | None, bool, list[str]]:
    """The new kiosk.toml, None when it stays; whether it was changed by hand; the mistakes in what is wanted."""
    current = _read(places.kiosk_toml)
    templates = {name: _read(places.templates / file) for name, file in kiosk_toml.TEMPLATES.items()}
    shipped = [each for each in templates.values() if each is not None]
    with_screen = [kiosk_toml.with_settings(each.decode(), {"screen": _SCREEN}).encode() for each in shipped]
    base = templates[profile] if profile else current or templates["turnstile"]
    kept = not kiosk_toml.is_untouched(current, [*shipped, *with_screen], _written(places))
    if kept and base == current and not _is_sound(current):
        base = templates["turnstile"]  # looked at all the same: a misplaced password must not be told in the report
    if current in with_screen:
        wanted = wanted | {"screen": _SCREEN | wanted.get("screen", {})}
    if base is None:
        lost = f"the settings that a gate begins with are missing in {places.templates}: run install.sh again"
        return None, kept, [lost]
    mistakes = kiosk_toml.mistakes(base.decode(), wanted)
    if kept or mistakes:
        return None, kept, mistakes
    return kiosk_toml.with_settings(base.decode(), wanted).encode(), kept, []


def _is_sound(text: bytes | None) -> bool:
    try:
        return text is not None and not kiosk_toml.mistakes(text.decode(), {})
    except ValueError:  # no TOML, or not even text
        return False


def _keep(plan: _Plan, places: Places) -> None:
    """Each piece is on its disk before the next one is begun. Raises OSError."""
    if plan.said.wifi is not None:
        keyfile.write(places.connections, plan.said.wifi.network)
    if plan.settings is not None:
        _remember(places, kiosk_toml.digest(plan.settings))
        _replace(places.kiosk_toml, plan.settings)
        _tell_firmware(places.boot / firmware.FILE_NAME, plan.settings)
    if plan.said.pairing_url is not None:
        handed.write(places.state, plan.said.pairing_url)
        _own(places.state / handed.FILE_NAME, places.state)


def _remember(places: Places, digest: str) -> None:
    """Before kiosk.toml is written: after a cut between the two both the old one and the new one are known as ours."""
    written = [*(each for each in _written(places) if each != digest), digest][-_REMEMBERED:]
    durable.write(places.state / RECORD, json.dumps({"kiosk_toml": written}).encode())
    _own(places.state / RECORD, places.state)


def _written(places: Places) -> list[str]:
    try:
        return [str(each) for each in json.loads((places.state / RECORD).read_bytes())["kiosk_toml"]]
    except (OSError, ValueError, KeyError, TypeError):  # lost: then a kiosk.toml of ours counts as somebody's
        return []


def _replace(path: Path, content: bytes) -> None:
    before = path.stat() if path.exists() else None
    durable.write(path, content, 0o644)  # no secrets; readable by the gate whenever the power goes
    if before is None:
        _own(path, path.parent)
        return
    _give(path, before)
    path.chmod(before.st_mode & 0o777)


def _tell_firmware(file: Path, settings_text: bytes) -> None:
    """Its block for these pins, from the next power-on; a config.txt without one is not of ``install.sh``."""
    before = (_read(file) or b"").decode("utf-8", "surrogateescape")
    if firmware.block(before) is None:
        return
    gate = validate(tomllib.loads(settings_text.decode()), "kiosk.toml").gate
    after = firmware.with_block(before, gate)
    if after != before:
        card.write(file, after.encode("utf-8", "surrogateescape"))


def _own(path: Path, like: Path) -> None:
    """Give it the owner of ``like``."""
    _give(path, like.stat())


def _give(path: Path, owner: os.stat_result) -> None:
    """Where this is root; a folder of another's is only met in tests. A link that was laid there leads nowhere."""
    if os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _server(url: str | None) -> str | None:
    code = codes.parse(url) if url is not None else None
    return code.base_url if isinstance(code, PairingCode) else None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
