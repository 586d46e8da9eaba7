"""Passwords of admins: scrypt hashes that carry their own parameters, at most two computed at a time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading

# OWASP Password Storage Cheat Sheet: scrypt with N=2^16, r=8, p=2 is one of its equal choices: 64 MiB for a moment.
_N, _R, _P = 2**16, 8, 2
_MEMORY = 128 * _R * (_N + _P + 2) + 2**20  # bytes that OpenSSL may take (RFC 7914, section 2), and a margin
_LENGTH = 32
SHORTEST, LONGEST = 10, 200  # characters
# Whoever floods the sign-in page takes neither the machine nor the threads from the gates: two hashes are computed at
# a time, two requests wait for their turn, and all others are told at once to come back.
_AT_ONCE = threading.BoundedSemaphore(2)
_PLACES = threading.BoundedSemaphore(4)


class BusyError(Exception):
    """Too many passwords are being looked at just now; nothing was looked at."""


class WeakPasswordError(ValueError):
    """The password is too short, too long, or one that is tried first. ``key`` names the sentence to show."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def check_strength(password: str, name: str) -> None:
    """Raise WeakPasswordError for one that a guesser has soon: short, one character repeated, or the name itself."""
    if len(password) < SHORTEST:
        raise WeakPasswordError("password_short")
    if len(password) > LONGEST:
        raise WeakPasswordError("password_long")
    plain = password.casefold()
    if len(set(plain)) < 4 or plain in "0123456789" * 20 or name.strip().casefold() == plain.strip():
        raise WeakPasswordError("password_obvious")


def make(password: str) -> str:
    """``scrypt$N$r$p$SALT$HASH`` of this password, with a salt of its own."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_N}${_R}${_P}${_text(salt)}${_text(_hash(password, salt, _N, _R, _P))}"


def fits(password: str, kept: str | None) -> bool:
    """True when ``kept`` was made of this password. None (nobody of that name) takes as long, and is False."""
    if kept is None:
        _hash(password, b"nobody of that name", _N, _R, _P)
        return False
    _, n, r, p, salt, digest = kept.split("$")
    wanted = base64.b64decode(digest)
    return hmac.compare_digest(_hash(password, base64.b64decode(salt), int(n), int(r), int(p)), wanted)


def _hash(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    raw = password[:LONGEST].encode("utf-8", "surrogatepass")
    if not _PLACES.acquire(blocking=False):
        raise BusyError
    try:
        with _AT_ONCE:
            return hashlib.scrypt(raw, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=_LENGTH)
    finally:
        _PLACES.release()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
