"""portillon-kiosk doctor bundle: what somebody who helps from afar needs to know, in one file without any secret."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import re
import tarfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from kiosk import checked_lines, durable
from kiosk.credentials import PAIRED_FILE, PENDING_FILE
from kiosk.doctor.asking import ask, text_of
from kiosk.doctor.finding import Finding
from kiosk.doctor.redaction import Redactor
from kiosk.first_boot.handed import FILE_NAME as HANDED_FILE
from kiosk.first_boot.keyfile import FOLDER as CONNECTIONS
from kiosk.journal import FILE_NAME as JOURNAL
from kiosk.last_resort import RECORD_FILE
from kiosk.settings import Settings
from kiosk.status import FILE_NAME as STATUS

_TAIL = 512 * 1024  # bytes of journal, trace and logs each
_LINES = "2000"
_SECRET_FIELDS = re.compile(r'"(?:api_key|pairing_token)"\s*:\s*"([^"]+)"')
_PASSWORDS = re.compile(r"(?m)^(?:psk|password|wep-key\d)=(.+)$")  # of NetworkManager's keyfiles
_ABOUT = """What is in this archive, and what is not / Ce que contient cette archive, et ce qu'elle ne contient pas

Keys, passwords, pairing codes, tickets, scan ids, mail and hardware addresses are replaced by marks such as
~0123456789ab: the same thing has the same mark in all of these files, and no mark can be turned back. Server addresses,
the gate's name and its settings are as they are. Read it before you send it: it is plain text.

Clés, mots de passe, codes d'appairage, billets, identifiants de lecture, adresses de courriel et de matériel sont
remplacés par des marques comme ~0123456789ab : la même chose a la même marque dans tous ces fichiers, et aucune marque
ne se retourne. Adresses de serveurs, nom du portillon et réglages y sont tels quels. Relisez avant d'envoyer.
"""


def write(target: Path | None, loaded: Settings, findings: list[Finding]) -> Path:
    """Write the archive, 0600, whole or not at all; where it is. ``target`` None: in the folder one stands in.

    Raises OSError.
    """
    where = target or Path.cwd() / f"portillon-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz"
    redactor = Redactor(known_secrets(loaded.state_dir))
    durable.write(where.absolute(), packed(contents(loaded, findings, redactor)))
    return where


def packed(files: Iterable[tuple[str, str]]) -> bytes:
    """A tar.gz of these names and texts."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, text in files:
            content = text.encode("utf-8", "replace")
            member = tarfile.TarInfo(f"portillon/{name}")
            member.size, member.mode, member.mtime = len(content), 0o600, int(time.time())
            archive.addfile(member, io.BytesIO(content))
    return whole.getvalue()


def contents(loaded: Settings, findings: list[Finding], redactor: Redactor) -> Iterator[tuple[str, str]]:
    """Every file of the archive, redacted. What can't be read, or is not there, is left out."""
    folder = loaded.state_dir
    yield "README.txt", _ABOUT
    yield "doctor.json", redactor.text(_as_json([dataclasses.asdict(finding) for finding in findings]))
    yield "settings.json", redactor.text(_as_json(loaded.model_dump(mode="json")))
    yield "packages.txt", "".join(sorted(f"{each.name} {each.version}\n" for each in metadata.distributions()))
    yield "journal.jsonl", _lines(redactor, map(checked_lines.parse, _tail(folder / JOURNAL)))
    if loaded.trace.file is not None:
        yield "trace.jsonl", _lines(redactor, map(_parsed, _tail(loaded.trace.file)))
    for name in (STATUS, RECORD_FILE):
        with contextlib.suppress(OSError):
            yield name, redactor.text((folder / name).read_text("utf-8", "replace")[:_TAIL])
    journal = ("journalctl", "--no-pager", "--output=short-iso", "--lines", _LINES)
    units = ("--unit=portillon-*", "--unit=systemd-timesyncd", "--unit=chrony")
    for name, words in {
        "units.txt": (*journal, *units),
        "kernel.txt": (*journal, "--dmesg"),
        "dmesg.txt": ("dmesg", "--ctime"),
        "status.txt": ("systemctl", "--no-pager", "status", "portillon-*"),
        "disks.txt": ("df", "--human-readable"),
        "processes.txt": ("ps", "-eo", "pid,user,etimes,rss,pcpu,comm"),
    }.items():
        if (told := ask(*words)) is not None:
            yield name, redactor.text(told[-_TAIL:])


def known_secrets(folder: Path, connections: Path = CONNECTIONS) -> set[str]:
    """What this machine holds that may stand in a line anywhere: keys, pairing codes, Wi-Fi passwords."""
    known = set()
    for file in (folder / PAIRED_FILE, folder / PENDING_FILE, *sorted(folder.glob(f"{PAIRED_FILE}.*"))):
        for key in _SECRET_FIELDS.findall(text_of(file)):
            known |= {key, *key.split(".", 1)}
    known |= set(text_of(folder / HANDED_FILE).split())
    for file in _files(connections, "*.nmconnection"):
        for written in _PASSWORDS.findall(text_of(file)):
            known |= {written, written.replace("\\s", " ").replace("\\\\", "\\")}  # keyfiles escape both
    return known


def _lines(redactor: Redactor, lines: Iterable[dict[str, object] | None]) -> str:
    told = (redactor.line(line) if line is not None else {"damaged": True} for line in lines)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in told)


def _parsed(line: bytes) -> dict[str, object] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _tail(file: Path) -> list[bytes]:
    """The last whole lines of a file that is written to meanwhile."""
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(0, size - _TAIL))
            raw = opened.read(_TAIL)
    except OSError:
        return []
    lines = raw.split(b"\n")[:-1]
    return [line for line in (lines[1:] if size > _TAIL else lines) if line]


def _files(folder: Path, pattern: str) -> list[Path]:
    with contextlib.suppress(OSError):
        return sorted(folder.glob(pattern))
    return []


def _as_json(told: object) -> str:
    return json.dumps(told, ensure_ascii=False, indent=2)
