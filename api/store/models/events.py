"""What is sold: the organisation, its events, products and prices, and who ordered tickets together."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigIntegerField,
    CharField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    SmallIntegerField,
    TextField,
)

from api.store.models.row import Row


class Organisation(Row):
    """Who sells the tickets: one a database. ``secret`` signs pairing tokens, and never leaves."""

    id = AutoField()
    uuid = CharField()
    name = CharField()
    secret = CharField()


class Event(Row):
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


class Product(Row):
    """What is sold, such as « Billet de Concert »."""

    id = AutoField()
    uuid = CharField()
    name = CharField()


class Price(Row):
    """At which rate, such as « Plein tarif ». ``amount`` in hundredths, such as cents; None: not told."""

    id = AutoField()
    uuid = CharField()
    product = ForeignKeyField(Product)
    name = CharField()
    amount = BigIntegerField(null=True)


class EventProduct(Row):
    """An event sells this product."""

    event = ForeignKeyField(Event)
    product = ForeignKeyField(Product)

    class Meta:
        primary_key = CompositeKey("event", "product")


class Reservation(Row):
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
