"""Tickets, and those on their way in from elsewhere."""

from __future__ import annotations

from enum import StrEnum

from peewee import AutoField, BigIntegerField, CharField, CompositeKey, ForeignKeyField, IntegerField, TextField

from api.store.models.admins import Admin
from api.store.models.events import Event, Price, Reservation
from api.store.models.gates import Device
from api.store.models.row import Row


class TicketStatus(StrEnum):
    """Where a ticket stands. Only a valid one can be scanned."""

    CREATED = "created"
    INACTIVE = "inactive"
    VALID = "valid"
    SCANNED = "scanned"
    CANCELLED = "cancelled"


class TicketImport(Row):
    """Tickets taken over from a file or another server.

    ``state``: "laying", "ready" (waits to be confirmed), "taking", "done", "undoing" or "undone".
    """

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


class ImportRow(Row):
    """One row of an import that is not taken in yet: ``fields`` is JSON."""

    import_ = ForeignKeyField(TicketImport, column_name="import_id")
    number = IntegerField()
    fields = TextField()

    class Meta:
        primary_key = CompositeKey("import_", "number")


class Ticket(Row):
    """One person's entry. ``scan_id``: the admission in force, as the device that scanned it calls it.

    ``code_digest``: of the ticket code that this server signed, by ``codes.digest``; None: made elsewhere, or long ago.
    """

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
    code_digest = CharField(null=True)
