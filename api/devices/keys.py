"""API keys, ``PREFIX.SECRET``: made, kept as prefix and SHA-256, looked up with each request."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass

from api.store import moments
from api.store.store import Store

_PREFIX = 8  # characters, as TiBillet's
_LONGEST = 100
_ALPHABET = string.ascii_letters + string.digits
_NO_DIGEST = "0" * 64

_LOOK_UP = """SELECT k.digest, k.used_at, d.id, d.uuid, d.name, d.archived_at
    FROM api_key k JOIN device d ON d.id = k.device_id WHERE k.prefix = ?"""
# By digest and not by id: the id of a voided key may be the next key's.
_FIRST_USE = "UPDATE api_key SET used_at = ? WHERE prefix = ? AND digest = ? AND used_at IS NULL"
_IS_USED = "SELECT 1 FROM api_key WHERE prefix = ? AND digest = ? AND used_at IS NOT NULL"
_CLAIM = "UPDATE device SET claimed_at = ? WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Caller:
    """The device that a good key belongs to."""

    id: int
    uuid: str
    name: str
    is_archived: bool


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is given once and kept."""

    text: str
    prefix: str
    digest: str


def make() -> NewKey:
    """A fresh key of 256 random bits. A slow hash would add nothing to that, and 0.1 s and more to a scan."""
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(_PREFIX))
    text = f"{prefix}.{secrets.token_urlsafe(32)}"
    return NewKey(text, prefix, _digest(text))


def caller(store: Store, key: str) -> Caller | None:
    """Whose key this is, or None. The first use ends the pairing: the token that gave the key is dead from then on.

    Nothing is remembered between requests, so that revoking acts at once.
    """
    prefix, dot, _ = key.partition(".")
    row = None
    if dot and len(prefix) == _PREFIX and len(key) <= _LONGEST and key.isascii():
        row = next(iter(store.db.read(_LOOK_UP, (prefix,))), None)
    digest = _digest(key)
    if not hmac.compare_digest(digest, row[0] if row else _NO_DIGEST) or row is None:
        return None
    _, used_at, device_id, uuid, name, archived_at = row
    is_archived = archived_at is not None
    if not is_archived and used_at is None and not _use_first(store, (prefix, digest), device_id):
        return None
    return Caller(device_id, uuid, name, is_archived)


def _use_first(store: Store, key: tuple[str, str], device_id: int) -> bool:
    """False when the token was read again meanwhile, which voided this key."""
    now = moments.now()
    with store.writing():
        if store.db.run(_FIRST_USE, (now, *key)).rowcount == 0:
            return store.db.run(_IS_USED, key).fetchone() is not None
        store.db.run(_CLAIM, (now, device_id))
        return True


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
