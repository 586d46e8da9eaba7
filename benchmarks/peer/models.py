"""Our tables as Django models, those columns that a scan touches. Django neither makes nor changes them."""

from __future__ import annotations

from django.db import models

_NO = models.DO_NOTHING


class _Ours(models.Model):  # type: ignore[misc]  # the framework ships no types
    id = models.AutoField(primary_key=True)

    class Meta:
        abstract = True
        app_label = "peer"
        managed = False


class Event(_Ours):
    """Whose key signed the tickets."""

    uuid = models.CharField(max_length=36)
    name = models.CharField(max_length=200)
    public_key_pem = models.TextField()

    class Meta(_Ours.Meta):
        db_table = "event"


class Product(_Ours):
    """What is sold."""

    name = models.CharField(max_length=200)

    class Meta(_Ours.Meta):
        db_table = "product"


class Price(_Ours):
    """At what price."""

    name = models.CharField(max_length=200)
    product = models.ForeignKey(Product, _NO)

    class Meta(_Ours.Meta):
        db_table = "price"


class Reservation(_Ours):
    """Who bought how many."""

    uuid = models.CharField(max_length=36)
    tickets_count = models.IntegerField()

    class Meta(_Ours.Meta):
        db_table = "reservation"


class Device(_Ours):
    """A gate."""

    uuid = models.CharField(max_length=36)
    name = models.CharField(max_length=200)
    archived_at = models.BigIntegerField(null=True)

    class Meta(_Ours.Meta):
        db_table = "device"


class ApiKey(_Ours):
    """A gate's key, hashed."""

    prefix = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    device = models.ForeignKey(Device, _NO)

    class Meta(_Ours.Meta):
        db_table = "api_key"


class Ticket(_Ours):
    """What a guest holds up."""

    uuid = models.CharField(max_length=36, unique=True)
    event = models.ForeignKey(Event, _NO)
    reservation = models.ForeignKey(Reservation, _NO)
    price = models.ForeignKey(Price, _NO, null=True)
    status = models.CharField(max_length=9)
    first_name = models.CharField(max_length=200, null=True)
    last_name = models.CharField(max_length=200, null=True)
    scanned_at = models.BigIntegerField(null=True)
    scanned_by = models.ForeignKey(Device, _NO, null=True, db_column="scanned_by", related_name="+")

    class Meta(_Ours.Meta):
        db_table = "ticket"


class ScanLine(_Ours):
    """The audit log."""

    action = models.CharField(max_length=8)
    device = models.ForeignKey(Device, _NO, related_name="+")
    ticket_uuid = models.CharField(max_length=36, null=True)
    event = models.ForeignKey(Event, _NO, null=True)
    code = models.CharField(max_length=20)
    status = models.CharField(max_length=9, null=True)
    used_at = models.BigIntegerField(null=True)
    used_by = models.ForeignKey(Device, _NO, null=True, db_column="used_by", related_name="+")
    arrived_at = models.BigIntegerField()

    class Meta(_Ours.Meta):
        db_table = "scan_line"
