"""The doors: devices, what they admit, their keys, what they asked and were answered, and what went wrong there."""

from __future__ import annotations

from peewee import AutoField, BigIntegerField, CharField, CompositeKey, ForeignKeyField, TextField

from api.store.models.events import Event, Product
from api.store.models.row import Row


class Device(Row):
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


class DeviceEvent(Row):
    """A device admits this event; a device with no such row admits every event."""

    device = ForeignKeyField(Device)
    event = ForeignKeyField(Event)

    class Meta:
        primary_key = CompositeKey("device", "event")


class DeviceProduct(Row):
    """A device admits tickets of this product; a device with no such row admits every product."""

    device = ForeignKeyField(Device)
    product = ForeignKeyField(Product)

    class Meta:
        primary_key = CompositeKey("device", "product")


class ApiKey(Row):
    """The key of a device, ``PREFIX.SECRET``: kept as its prefix and the SHA-256 of the whole."""

    id = AutoField()
    prefix = CharField()
    digest = CharField()
    device = ForeignKeyField(Device)
    created_at = BigIntegerField()
    used_at = BigIntegerField(null=True)


class Alert(Row):
    """Something at the doors that people should look at, since when and until when, and when it was told."""

    id = AutoField()
    kind = CharField()
    device = ForeignKeyField(Device, null=True)
    event = ForeignKeyField(Event, null=True)
    since = BigIntegerField()
    over_at = BigIntegerField(null=True)
    told_at = BigIntegerField(null=True)


class ScanLine(Row):
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
