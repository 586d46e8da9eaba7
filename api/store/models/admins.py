"""Who runs the server by web page: admins, how they come in, and what they did."""

from __future__ import annotations

from peewee import AutoField, BigIntegerField, CharField, ForeignKeyField, TextField

from api.store.models.events import Event
from api.store.models.row import Row


class Admin(Row):
    """Somebody who runs the server by its web pages. ``password`` is a scrypt hash with its parameters."""

    id = AutoField()
    uuid = CharField()
    name = CharField()
    password = CharField()
    language = CharField()
    created_at = BigIntegerField()
    disabled_at = BigIntegerField(null=True)


class AdminInvitation(Row):
    """A link that makes one admin, once: kept as the SHA-256 of its secret."""

    id = AutoField()
    digest = CharField()
    created_at = BigIntegerField()
    expires_at = BigIntegerField()
    used_at = BigIntegerField(null=True)


class AdminSession(Row):
    """An admin who is signed in: kept as the SHA-256 of the cookie."""

    id = AutoField()
    digest = CharField()
    admin = ForeignKeyField(Admin)
    created_at = BigIntegerField()
    seen_at = BigIntegerField()


class AdminLine(Row):
    """The audit log of what admins did. ``admin`` None: by the shell. ``subject``: a uuid; ``detail``: JSON."""

    id = AutoField()
    at = BigIntegerField()
    admin = ForeignKeyField(Admin, null=True)
    act = CharField()
    event = ForeignKeyField(Event, null=True)
    subject = CharField(null=True)
    detail = TextField(null=True)
