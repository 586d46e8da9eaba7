"""What the ticket server knows, as peewee models. Unbound: every query is given the database that it runs on.

The tables themselves are made by ``migrations``; a test holds the two together.
Times are microseconds since 1970, UTC; uuids are text, lower case with dashes.
"""

from __future__ import annotations

from api.store.models.admins import Admin, AdminInvitation, AdminLine, AdminSession
from api.store.models.events import Event, EventProduct, Organisation, Price, Product, Reservation
from api.store.models.gates import Alert, ApiKey, Device, DeviceEvent, DeviceProduct, ScanLine
from api.store.models.row import Row
from api.store.models.tickets import ImportRow, Ticket, TicketImport, TicketStatus

__all__ = [
    "ALL",
    "Admin",
    "AdminInvitation",
    "AdminLine",
    "AdminSession",
    "Alert",
    "ApiKey",
    "Device",
    "DeviceEvent",
    "DeviceProduct",
    "Event",
    "EventProduct",
    "ImportRow",
    "Organisation",
    "Price",
    "Product",
    "Reservation",
    "Row",
    "ScanLine",
    "Ticket",
    "TicketImport",
    "TicketStatus",
]

# Parents first: a row's foreign keys point to tables above it.
ALL: tuple[type[Row], ...] = (
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
