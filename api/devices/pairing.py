"""Pairing tokens: signed, timed, and single use in two phases, so that a lost answer costs nothing.

A token can be read again until the key it gave has been used once; each reading voids the key given before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from itsdangerous import BadSignature, TimestampSigner

from api.devices import keys
from api.store import moments
from api.store.store import Store

DEFAULT_MAX_AGE_S = 3600
DAYS_MOST = 7  # that a token may say itself; a sheet of codes is carried about for that long
DAY_S = 24 * 3600
# Base64 of NONCE.TIME.SIGNATURE, as TiBillet's: letters, digits, - and _ only, whatever reads the QR.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{40,200}", re.ASCII)

_FIND = "SELECT id, uuid, name FROM device WHERE pairing_nonce = ? AND claimed_at IS NULL AND archived_at IS NULL"
_VOID = "DELETE FROM api_key WHERE device_id = ? AND used_at IS NULL"
_GIVE = "INSERT INTO api_key (prefix, digest, device_id, created_at) VALUES (?, ?, ?, ?)"


class InvalidTokenError(ValueError):
    """The token is unknown, used up, expired or tampered with. Which of these is nobody's business."""


@dataclass(frozen=True, slots=True)
class Paired:
    """What a reading of the token gives."""

    device_uuid: str
    device_name: str
    api_key: str


def new_nonce() -> str:
    """128 random bits that a token carries to name its device."""
    return secrets.token_urlsafe(16)


class Pairing:
    """Makes and reads the tokens of one server."""

    def __init__(
        self, store: Store, max_age_s: float = DEFAULT_MAX_AGE_S, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._max_age_s = max_age_s
        self._clock = clock
        secret = store.organisation().secret
        # The nonce's alphabet has neither dot nor colon, and so the separators are never in it.
        self._signer = TimestampSigner(secret, salt="portillon.pairing", digest_method=hashlib.sha256)

    def token(self, nonce: str, days: int | None = None) -> str:
        """The token of the device with this nonce; its age counts from now.

        ``days``: how long it is good for, at most 7, which it then says itself; None: as the server's settings say.
        """
        said = nonce if days is None else f"{nonce}:{days}"
        return base64.urlsafe_b64encode(self._signer.sign(said)).rstrip(b"=").decode("ascii")

    def check(self, token: str) -> None:
        """Look at a token without using it. Raises InvalidTokenError."""
        if self._store.db.run(_FIND, (self._nonce(token),)).fetchone() is None:
            raise InvalidTokenError

    def read(self, token: str) -> Paired:
        """Give the device a new key, and void the one given before. Raises InvalidTokenError."""
        nonce = self._nonce(token)
        key = keys.make()
        with self._store.writing():
            device = self._store.db.run(_FIND, (nonce,)).fetchone()
            if device is None:
                raise InvalidTokenError
            device_id, uuid, name = device
            self._store.db.run(_VOID, (device_id,))
            self._store.db.run(_GIVE, (key.prefix, key.digest, device_id, moments.now()))
        return Paired(uuid, name, key.text)

    def _nonce(self, token: str) -> str:
        if not _TOKEN.fullmatch(token):
            raise InvalidTokenError
        try:
            signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            said, signed_at = self._signer.unsign(signed, return_timestamp=True)
        except (binascii.Error, BadSignature) as error:
            raise InvalidTokenError from error
        nonce, _, days = said.decode("ascii").partition(":")
        longest_s = min(int(days), DAYS_MOST) * DAY_S if days else self._max_age_s
        # A clock that was set back makes a token young, not refused, unless it was set by more than an age.
        if abs(self._clock() - signed_at.timestamp()) > longest_s:
            raise InvalidTokenError
        return str(nonce)


def pairing_url(base_url: str, token: str) -> str:
    """What the admin's QR says. ``base_url`` is where gates reach the server, ``https://HOST[:PORT][/PATH]``.

    A fragment of it (the pin, see ``tls.pin.with_pin``) becomes the fragment of the whole.
    """
    address, mark, fragment = base_url.partition("#")
    return f"{address.rstrip('/')}/api/scan/{token}/pair{mark}{fragment}"
