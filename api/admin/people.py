"""Admins: invited by a link that works once, signed in by name and password, shut out. Knows no web."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import uuid4

from api.admin import passwords
from api.admin.digests import digest
from api.scan.words import Language
from api.store import acts, moments
from api.store.store import Store
from api.tickets.events import NotPossibleError

_HOUR = 3600 * 1_000_000  # microseconds
INVITATION_HOURS = 24
_LONGEST = 200  # characters of a name
_OPEN = "SELECT id FROM admin_invitation WHERE digest = ? AND used_at IS NULL AND expires_at > ?"


@dataclass(frozen=True, slots=True)
class Person:
    """An admin as others see them."""

    uuid: str
    name: str
    language: str
    is_disabled: bool


class InvitationError(ValueError):
    """The link is unknown, used or too old."""


def invite(store: Store, admin_id: int | None = None) -> str:
    """The secret of a new link, good once and for 24 hours. It is kept as its SHA-256 only."""
    secret, now = secrets.token_urlsafe(32), moments.now()
    with store.writing():
        store.db.run("DELETE FROM admin_invitation WHERE expires_at < ? AND used_at IS NULL", (now,))
        store.db.run(
            "INSERT INTO admin_invitation (digest, created_at, expires_at) VALUES (?, ?, ?)",
            (digest(secret), now, now + INVITATION_HOURS * _HOUR),
        )
        acts.note(store, "admin.invite", admin_id=admin_id)
    return secret


def is_open(store: Store, secret: str) -> bool:
    """True while this link can make an admin."""
    return store.db.run(_OPEN, (digest(secret), moments.now())).fetchone() is not None


def accept(store: Store, secret: str, name: str, password: str, language: Language) -> int:
    """Make the admin that this link was for; or, for a name that is there, give it this new password. Gives its id.

    Raises InvitationError, WeakPasswordError, or NotPossibleError for a name that is no name.
    """
    if not is_open(store, secret):  # before the costly hash, which strangers could ask for all the time
        raise InvitationError
    name = name.strip()
    if not 1 <= len(name) <= _LONGEST or not name.isprintable():
        raise NotPossibleError("an admin needs a name of 1 to 200 characters")
    passwords.check_strength(password, name)
    kept = passwords.make(password)  # outside the transaction: it takes long on purpose
    now = moments.now()
    with store.writing():
        row = store.db.run(_OPEN, (digest(secret), now)).fetchone()
        if row is None:
            raise InvitationError
        store.db.run("UPDATE admin_invitation SET used_at = ? WHERE id = ?", (now, row[0]))
        found = store.db.run("SELECT id FROM admin WHERE name = ?", (name,)).fetchone()
        if found is None:
            store.db.run(
                "INSERT INTO admin (uuid, name, password, language, created_at) VALUES (?, ?, ?, ?, ?)",
                (str(uuid4()), name, kept, language, now),
            )
            found = store.db.run("SELECT id FROM admin WHERE name = ?", (name,)).fetchone()
        else:
            store.db.run("UPDATE admin SET password = ?, disabled_at = NULL WHERE id = ?", (kept, found[0]))
            store.db.run("DELETE FROM admin_session WHERE admin_id = ?", (found[0],))
        admin_id = int(found[0])
        acts.note(store, "admin.accept", admin_id=admin_id)
    return admin_id


def sign_in(store: Store, name: str, password: str) -> int | None:
    """The id of the admin with this name and password, None for anybody else. Takes as long either way."""
    row = store.db.run(
        "SELECT id, password FROM admin WHERE name = ? AND disabled_at IS NULL", (plain(name),)
    ).fetchone()
    if not passwords.fits(password, row[1] if row else None) or row is None:
        return None
    # Looking at it took long: it may have been changed meanwhile, which ended all that the old one had begun.
    still = store.db.run("SELECT 1 FROM admin WHERE id = ? AND password = ?", row).fetchone()
    return int(row[0]) if still else None


def plain(name: str) -> str:
    """A name as it was typed to sign in, without what no name has: blanks around it, and a length beyond all."""
    return name.strip()[: _LONGEST + 1]


def has_admin(store: Store) -> bool:
    """True when somebody can sign in."""
    return store.db.run("SELECT 1 FROM admin WHERE disabled_at IS NULL").fetchone() is not None


def everybody(store: Store) -> list[Person]:
    """All admins by name."""
    rows = store.db.run("SELECT uuid, name, language, disabled_at FROM admin ORDER BY name")
    return [Person(uuid, name, language, disabled_at is not None) for uuid, name, language, disabled_at in rows]


def disable(store: Store, name: str, by: int | None = None) -> None:
    """Shut this admin out, at once. Raises NotPossibleError for an unknown name and for the last one.

    Set-up links that are open are void then, whoever made them: with one made before, this admin would be back.
    """
    with store.writing():
        row = store.db.run("SELECT id, uuid FROM admin WHERE name = ? AND disabled_at IS NULL", (name,)).fetchone()
        if row is None:
            raise NotPossibleError(
                "there is no admin « {name} » who can sign in: `portillon-api admin list` shows them", name=name
            )
        if store.db.run("SELECT COUNT(*) FROM admin WHERE disabled_at IS NULL").fetchone()[0] == 1:
            raise NotPossibleError("{name} is the last admin: invite another before", name=name)
        store.db.run("UPDATE admin SET disabled_at = ? WHERE id = ?", (moments.now(), row[0]))
        store.db.run("DELETE FROM admin_session WHERE admin_id = ?", (row[0],))
        store.db.run("DELETE FROM admin_invitation WHERE used_at IS NULL")
        acts.note(store, "admin.disable", admin_id=by, subject=row[1])


def change_password(store: Store, admin_id: int, old: str, new: str, session_id: int) -> bool:
    """Give this admin another password and end their other sessions; False when ``old`` is not theirs.

    Raises WeakPasswordError.
    """
    name, kept = store.db.run("SELECT name, password FROM admin WHERE id = ?", (admin_id,)).fetchone()
    if not passwords.fits(old, kept):
        return False
    passwords.check_strength(new, name)
    made = passwords.make(new)
    with store.writing():
        store.db.run("UPDATE admin SET password = ? WHERE id = ?", (made, admin_id))
        store.db.run("DELETE FROM admin_session WHERE admin_id = ? AND id <> ?", (admin_id, session_id))
        acts.note(store, "admin.password", admin_id=admin_id)
    return True


def has_password(store: Store, admin_id: int, password: str) -> bool:
    """True when it is this admin's own."""
    (kept,) = store.db.run("SELECT password FROM admin WHERE id = ?", (admin_id,)).fetchone()
    return passwords.fits(password, kept)


def change_language(store: Store, admin_id: int, language: Language) -> None:
    """Which language this admin's pages speak."""
    with store.writing():
        store.db.run("UPDATE admin SET language = ? WHERE id = ?", (language, admin_id))
