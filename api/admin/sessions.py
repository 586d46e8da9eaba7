"""Who is signed in: random cookies, kept as their SHA-256, that end by themselves."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import cast

import peewee

from api.admin.digests import digest
from api.scan.words import Language
from api.store import moments
from api.store.store import Store
from api.store.trouble import is_away

COOKIE = "portillon_session"
_SECOND = 1_000_000  # microseconds
_SEEN_EVERY = 60 * _SECOND  # how exactly a session's last use is kept: a write a minute at most
_FIND = """SELECT s.id, s.created_at, s.seen_at, a.id, a.uuid, a.name, a.language
    FROM admin_session s JOIN admin a ON a.id = s.admin_id WHERE s.digest = ? AND a.disabled_at IS NULL"""


@dataclass(frozen=True, slots=True)
class Admin:
    """Somebody who runs the server."""

    id: int
    uuid: str
    name: str
    language: Language


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in admin's session, and the token that every form of it must carry."""

    id: int
    admin: Admin
    csrf: str


class Sessions:
    """The sessions of one store. They end ``idle_s`` seconds after the last request, ``longest_s`` after sign-in."""

    def __init__(self, store: Store, idle_s: float, longest_s: float) -> None:
        self._store = store
        self._idle = int(idle_s * _SECOND)
        self._longest = int(longest_s * _SECOND)

    def begin(self, admin_id: int) -> str:
        """Sign this admin in; gives the cookie's value. Sessions that have ended are swept out."""
        cookie, now = secrets.token_urlsafe(32), moments.now()
        with self._store.writing():
            self._store.db.run(
                "DELETE FROM admin_session WHERE seen_at < ? OR created_at < ?", (now - self._idle, now - self._longest)
            )
            self._store.db.run(
                "INSERT INTO admin_session (digest, admin_id, created_at, seen_at) VALUES (?, ?, ?, ?)",
                (digest(cookie), admin_id, now, now),
            )
        return cookie

    def find(self, cookie: str | None) -> Session | None:
        """The session of this cookie, None when there is none or it has ended."""
        if not cookie or len(cookie) > 100:
            return None
        row = self._store.db.run(_FIND, (digest(cookie),)).fetchone()
        if row is None:
            return None
        session_id, created_at, seen_at, admin_id, uuid, name, language = row
        now = moments.now()
        if now - seen_at > self._idle or now - created_at > self._longest:
            return None
        if now - seen_at > _SEEN_EVERY:
            self._seen(session_id, now)
        admin = Admin(admin_id, uuid, name, cast(Language, language))
        return Session(session_id, admin, _csrf(cookie))

    def _seen(self, session_id: int, now: int) -> None:
        """Pages tell why tickets can't be scanned: a disk that is full keeps nobody from looking at them."""
        try:
            with self._store.writing():
                self._store.db.run("UPDATE admin_session SET seen_at = ? WHERE id = ?", (now, session_id))
        except (peewee.DatabaseError, peewee.InterfaceError) as error:
            if not is_away(error):
                raise

    def end(self, session_id: int) -> None:
        """Sign out."""
        with self._store.writing():
            self._store.db.run("DELETE FROM admin_session WHERE id = ?", (session_id,))

    def end_all(self, admin_id: int, but: int = 0) -> None:
        """Sign this admin out everywhere, but for one session. Call it inside ``store.writing()``."""
        self._store.db.run("DELETE FROM admin_session WHERE admin_id = ? AND id <> ?", (admin_id, but))


def is_token(session: Session, told: str) -> bool:
    """True when a form carries the session's own token."""
    return hmac.compare_digest(session.csrf.encode(), told.encode("utf-8", "surrogatepass"))


def _csrf(cookie: str) -> str:
    """Derived from the cookie, which no page shows: nothing to keep, and a new one with each session."""
    return hmac.new(cookie.encode("utf-8", "surrogatepass"), b"portillon.csrf", hashlib.sha256).hexdigest()
