"""What the ticket server knows, as peewee models. Unbound: every query is given the database that it runs on.

The tables themselves are made by ``migrations``; a test holds the two together.
Times are microseconds since 1970, UTC; uuids are text, lower case with dashes.
"""

from __future__ import annotations

from enum import StrEnum

from peewee import AutoField, BigIntegerField, CharField, ForeignKeyField, IntegerField, Model, TextField


class _Row(Model):
    class Meta:
        legacy_table_names = False  # ScanLine is kept in scan_line


class TicketStatus(StrEnum):
    """Where a ticket stands. Only a valid one can be scanned."""

    CREATED = "created"
    INACTIVE = "inactive"
    VALID = "valid"
    SCANNED = "scanned"
    CANCELLED = "cancelled"


class Organisation(_Row):
    """Who sells the tickets: one a database. ``secret`` signs pairing tokens, and never leaves."""

    id = AutoField()
    uuid = CharField()
    name = CharField()
    secret = CharField()


class Event(_Row):
    """One evening with its own keys. Imported events have a public key only; doors without a time are open."""

    id = AutoField()
    uuid = CharField()
    organisation = ForeignKeyField(Organisation)
    name = CharField()
    public_key_pem = TextField()
    private_key_pem = TextField(null=True)
    opens_at = BigIntegerField(null=True)
    closes_at = BigIntegerField(null=True)
    created_at = BigIntegerField()


class Product(_Row):
    """What is sold, such as « Billet de Concert »."""

    id = AutoField()
    uuid = CharField()
    name = CharField()


class Price(_Row):
    """At which rate, such as « Plein tarif »."""

    id = AutoField()
    uuid = CharField()
    product = ForeignKeyField(Product)
    name = CharField()


class Reservation(_Row):
    """Tickets ordered together. ``tickets_count`` is written with them, so that a scan needs no counting."""

    id = AutoField()
    uuid = CharField()
    event = ForeignKeyField(Event)
    email = CharField(null=True)
    tickets_count = IntegerField()
    created_at = BigIntegerField()


class Device(_Row):
    """A paired gate, or one that waits for its first request. ``event`` set: it admits that event alone."""

    id = AutoField()
    uuid = CharField()
    name = CharField()
    event = ForeignKeyField(Event, null=True)
    pairing_nonce = CharField()
    claimed_at = BigIntegerField(null=True)
    archived_at = BigIntegerField(null=True)
    created_at = BigIntegerField()


class ApiKey(_Row):
    """The key of a device, ``PREFIX.SECRET``: kept as its prefix and the SHA-256 of the whole."""

    id = AutoField()
    prefix = CharField()
    digest = CharField()
    device = ForeignKeyField(Device)
    created_at = BigIntegerField()
    used_at = BigIntegerField(null=True)


class Ticket(_Row):
    """One person's entry. ``scan_id``: the admission in force, as the device that scanned it calls it."""

    id = AutoField()
    uuid = CharField()
    event = ForeignKeyField(Event)
    reservation = ForeignKeyField(Reservation)
    price = ForeignKeyField(Price, null=True)
    status = CharField()
    first_name = CharField(null=True)
    last_name = CharField(null=True)
    scanned_at = BigIntegerField(null=True)
    scanned_by = ForeignKeyField(Device, null=True, column_name="scanned_by")
    scan_id = CharField(null=True)
    created_at = BigIntegerField()


class ScanLine(_Row):
    """The audit log: what was asked and answered. It holds no names, and gives a repeated scan id its answer again.

    ``scan_id`` is the id that this line is the answer for: NULL when none was sent, when the code held no ticket, when
    the id had its answer already, or when an annulment was refused. ``status``, ``used_at`` and ``used_by`` are the
    ticket's at that moment. ``scanned_at`` is when it happened as the device told it; ``reason`` is an annulment's.
    """

    id = AutoField()
    action = CharField()
    device = ForeignKeyField(Device)
    ticket_uuid = CharField(null=True)
    event = ForeignKeyField(Event, null=True)
    scan_id = CharField(null=True)
    code = CharField()
    status = CharField(null=True)
    used_at = BigIntegerField(null=True)
    used_by = ForeignKeyField(Device, null=True, column_name="used_by")
    arrived_at = BigIntegerField()
    scanned_at = BigIntegerField(null=True)
    reason = CharField(null=True)


ALL: tuple[type[Model], ...] = (
    Organisation,
    Event,
    Product,
    Price,
    Reservation,
    Device,
    ApiKey,
    Ticket,
    ScanLine,
)
