"""What the ticket server knows, as peewee models. Unbound: every query is given the database that it runs on.

The tables themselves are made by ``migrations``; a test holds the two together.
Times are microseconds since 1970, UTC; uuids are text, lower case with dashes.
"""

from __future__ import annotations

from enum import StrEnum

from peewee import (
    AutoField,
    BigIntegerField,
    CharField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    Model,
    SmallIntegerField,
    TextField,
)


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
    """One evening with its own keys. Imported events have a public key only; doors without a time are open.

    ``opens_at`` and ``closes_at`` are the doors'; ``starts_at`` and ``ends_at`` are for people to read. ``reentry``: 1
    when a ticket scanned out at an exit may come in again. ``forgotten_at``: since when its guests' names are gone.
    """

    id = AutoField()
    uuid = CharField()
    organisation = ForeignKeyField(Organisation)
    name = CharField()
    public_key_pem = TextField()
    private_key_pem = TextField(null=True)
    opens_at = BigIntegerField(null=True)
    closes_at = BigIntegerField(null=True)
    starts_at = BigIntegerField(null=True)
    ends_at = BigIntegerField(null=True)
    reentry = SmallIntegerField(default=0)
    forgotten_at = BigIntegerField(null=True)
    created_at = BigIntegerField()


class Product(_Row):
    """What is sold, such as « Billet de Concert »."""

    id = AutoField()
    uuid = CharField()
    name = CharField()


class Price(_Row):
    """At which rate, such as « Plein tarif ». ``amount`` in hundredths, such as cents; None: not told."""

    id = AutoField()
    uuid = CharField()
    product = ForeignKeyField(Product)
    name = CharField()
    amount = BigIntegerField(null=True)


class EventProduct(_Row):
    """An event sells this product."""

    event = ForeignKeyField(Event)
    product = ForeignKeyField(Product)

    class Meta:
        primary_key = CompositeKey("event", "product")


class Reservation(_Row):
    """Tickets ordered together. ``tickets_count`` is written with them, so that a scan needs no counting.

    ``language``: "fr" or "en" where it is known what these guests speak.
    """

    id = AutoField()
    uuid = CharField()
    event = ForeignKeyField(Event)
    email = CharField(null=True)
    language = CharField(null=True)
    tickets_count = IntegerField()
    created_at = BigIntegerField()


class Device(_Row):
    """A paired gate, or one that waits for its first request.

    ``direction``: "in", or "out" for an exit. ``heartbeat``: the JSON that it last said of itself.
    """

    id = AutoField()
    uuid = CharField()
    name = CharField()
    direction = CharField(default="in")
    pairing_nonce = CharField()
    claimed_at = BigIntegerField(null=True)
    archived_at = BigIntegerField(null=True)
    heartbeat = TextField(null=True)
    heartbeat_at = BigIntegerField(null=True)
    created_at = BigIntegerField()


class DeviceEvent(_Row):
    """A device admits this event; a device with no such row admits every event."""

    device = ForeignKeyField(Device)
    event = ForeignKeyField(Event)

    class Meta:
        primary_key = CompositeKey("device", "event")


class DeviceProduct(_Row):
    """A device admits tickets of this product; a device with no such row admits every product."""

    device = ForeignKeyField(Device)
    product = ForeignKeyField(Product)

    class Meta:
        primary_key = CompositeKey("device", "product")


class ApiKey(_Row):
    """The key of a device, ``PREFIX.SECRET``: kept as its prefix and the SHA-256 of the whole."""

    id = AutoField()
    prefix = CharField()
    digest = CharField()
    device = ForeignKeyField(Device)
    created_at = BigIntegerField()
    used_at = BigIntegerField(null=True)


class Admin(_Row):
    """Somebody who runs the server by its web pages. ``password`` is a scrypt hash with its parameters."""

    id = AutoField()
    uuid = CharField()
    name = CharField()
    password = CharField()
    language = CharField()
    created_at = BigIntegerField()
    disabled_at = BigIntegerField(null=True)


class AdminInvitation(_Row):
    """A link that makes one admin, once: kept as the SHA-256 of its secret."""

    id = AutoField()
    digest = CharField()
    created_at = BigIntegerField()
    expires_at = BigIntegerField()
    used_at = BigIntegerField(null=True)


class AdminSession(_Row):
    """An admin who is signed in: kept as the SHA-256 of the cookie."""

    id = AutoField()
    digest = CharField()
    admin = ForeignKeyField(Admin)
    created_at = BigIntegerField()
    seen_at = BigIntegerField()


class AdminLine(_Row):
    """The audit log of what admins did. ``admin`` None: by the shell. ``subject``: a uuid; ``detail``: JSON."""

    id = AutoField()
    at = BigIntegerField()
    admin = ForeignKeyField(Admin, null=True)
    act = CharField()
    event = ForeignKeyField(Event, null=True)
    subject = CharField(null=True)
    detail = TextField(null=True)


class TicketImport(_Row):
    """Tickets taken over from a file or another server. ``state``: "laying", "ready", "done" or "undone"."""

    id = AutoField()
    uuid = CharField()
    event = ForeignKeyField(Event)
    source = CharField()
    state = CharField()
    rows_total = IntegerField(null=True)
    rows_done = IntegerField()
    created_at = BigIntegerField()
    created_by = ForeignKeyField(Admin, null=True, column_name="created_by")
    ended_at = BigIntegerField(null=True)


class ImportRow(_Row):
    """One row of an import that is not taken in yet: ``fields`` is JSON."""

    import_ = ForeignKeyField(TicketImport, column_name="import_id")
    number = IntegerField()
    fields = TextField()

    class Meta:
        primary_key = CompositeKey("import_", "number")


class Alert(_Row):
    """Something at the doors that people should look at, since when and until when, and when it was told."""

    id = AutoField()
    kind = CharField()
    device = ForeignKeyField(Device, null=True)
    event = ForeignKeyField(Event, null=True)
    since = BigIntegerField()
    over_at = BigIntegerField(null=True)
    told_at = BigIntegerField(null=True)


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
    import_ = ForeignKeyField(TicketImport, null=True, column_name="import_id")
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
    EventProduct,
    Reservation,
    Device,
    DeviceEvent,
    DeviceProduct,
    ApiKey,
    Admin,
    AdminInvitation,
    AdminSession,
    AdminLine,
    TicketImport,
    ImportRow,
    Alert,
    Ticket,
    ScanLine,
)
