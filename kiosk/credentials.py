"""What pairing gave this gate, and where it is kept: 0600, surviving power cuts. The API key is never shown."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, StringConstraints, TypeAdapter, ValidationError

from kiosk import durable

PAIRED_FILE = "credentials.json"
PENDING_FILE = "credentials.pending.json"
_DAMAGED = "damaged"

log = logging.getLogger(__name__)


def _canonical_uuid(text: str) -> str:
    return str(UUID(text))


def printable(text: str, limit: int = 80) -> str:
    """What of a server's text may be shown: printable characters only, at most ``limit`` of them."""
    return "".join(character for character in text[: 4 * limit] if character.isprintable()).strip()[:limit]


# It becomes a header: visible ASCII only. TiBillet's keys have 41 characters, ours less than 80.
ApiKey = Annotated[str, StringConstraints(pattern=r"^[!-~]{8,256}$")]
CanonicalUuid = Annotated[str, AfterValidator(_canonical_uuid)]
Shown = Annotated[str, AfterValidator(printable)]


@dataclass(frozen=True, slots=True)
class Credentials:
    """One pairing. ``base_url`` has no slash at the end; ``prefix`` chooses the dialect of the scan API."""

    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")]
    prefix: Literal["/api/scan", "/scan"]
    api_key: ApiKey = field(repr=False)
    device_uuid: CanonicalUuid
    device_name: Shown
    tenant: Shown = ""
    extensions: frozenset[str] = frozenset()  # what this server offers beyond the documented calls
    # SHA-256 of the server's public key, as the pairing code had it; "": the certificate's authority vouches for it.
    pin: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_-]{43})?$")] = ""

    def __post_init__(self) -> None:
        """Raises ValueError when there is a pin and no TLS to hold it against."""
        if self.pin and not self.base_url.startswith("https://"):
            raise ValueError("a pinned key needs https")

    @property
    def masked_key(self) -> str:
        """Enough of the key to tell two apart in a log, and no more."""
        return f"{self.api_key[:4]}…"

    @property
    def is_deployed(self) -> bool:
        """True for the dialect of today's TiBillet servers (/scan/…), false for the documented one."""
        return self.prefix == "/scan"


_FILE = TypeAdapter(Credentials)


class DamagedCredentials(ValueError):
    """A file of credentials that makes no sense. The message names the fields, never what is in them."""


class CredentialStore:
    """``credentials.json`` in the state folder, and beside it the pending one that was not yet tested."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir

    def load(self) -> Credentials | None:
        """The pairing in force, or None. A damaged file is set aside, see ``damaged``. Raises OSError."""
        return self._read(self._folder / PAIRED_FILE)

    def look(self) -> Credentials | None:
        """The pairing in force, or None; changes nothing, so for doctor. Raises DamagedCredentials, OSError."""
        return _parse(self._folder / PAIRED_FILE)

    def load_pending(self) -> Credentials | None:
        """Credentials that a server gave and no test has confirmed yet, or None. Raises OSError."""
        return self._read(self._folder / PENDING_FILE)

    def prepare(self) -> None:
        """Make the folder, 0700, and see that it can be written, before a token is spent on it. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._folder.stat().st_mode & 0o077:
            self._folder.chmod(0o700)
        trial = self._folder / ".writable"
        durable.write(trial, bytes(4096))
        durable.remove(trial)

    def save_pending(self, credentials: Credentials) -> None:
        """Keep them until they are tested; durable when this returns. After ``prepare``. Raises OSError."""
        durable.write(self._folder / PENDING_FILE, _FILE.dump_json(credentials))

    def promote(self) -> None:
        """The pending credentials are in force from now on: one rename. Raises OSError."""
        durable.move(self._folder / PENDING_FILE, self._folder / PAIRED_FILE)

    def forget_pending(self) -> None:
        """Drop the pending credentials only. Raises OSError."""
        if self._folder.is_dir():
            durable.remove(self._folder / PENDING_FILE)

    def forget(self) -> None:
        """Drop the pairing and whatever was pending. Raises OSError."""
        if self._folder.is_dir():
            durable.remove(self._folder / PENDING_FILE)
            durable.remove(self._folder / PAIRED_FILE)
            for draft in self._folder.glob(".credentials*"):  # a power cut while writing leaves one, key and all
                durable.remove(draft)

    def damaged(self) -> list[Path]:
        """Files that could not be understood and were set aside; doctor names them. None in an unreadable folder."""
        try:
            return sorted(self._folder.glob(f"credentials*.{_DAMAGED}-*"))
        except OSError:
            return []

    def _read(self, file: Path) -> Credentials | None:
        try:
            return _parse(file)
        except DamagedCredentials as damage:
            try:
                log.warning("%s is damaged (%s): set aside as %s", file, damage, self._set_aside(file).name)
            except OSError as error:
                log.error("%s is damaged (%s) and can't be set aside: %s", file, damage, error)
            return None

    def _set_aside(self, file: Path) -> Path:
        number = 1
        while (kept := file.with_name(f"{file.name}.{_DAMAGED}-{number}")).exists():
            number += 1
        durable.move(file, kept)
        kept.chmod(0o600)
        return kept


def _parse(file: Path) -> Credentials | None:
    """What the file says; None when there is none. Raises DamagedCredentials, OSError."""
    try:
        return _FILE.validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        places = sorted({".".join(str(part) for part in e["loc"]) or "the file" for e in error.errors()})
        raise DamagedCredentials(", ".join(places)) from None  # the error itself quotes the key
