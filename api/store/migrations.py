"""The schema, version by version. A step that was released is never changed: a new one is added below it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from uuid import uuid4

from api.store.database import Database

Step = Callable[[Database], None]


class NewerSchemaError(RuntimeError):
    """The database was written by a newer Portillon."""


_VERSION_1 = (
    """CREATE TABLE organisation (
        id INTEGER PRIMARY KEY, uuid CHAR(36) NOT NULL UNIQUE, name VARCHAR(200) NOT NULL,
        secret VARCHAR(64) NOT NULL)""",
    """CREATE TABLE event (
        id INTEGER PRIMARY KEY, uuid CHAR(36) NOT NULL UNIQUE,
        organisation_id INTEGER NOT NULL REFERENCES organisation (id), name VARCHAR(200) NOT NULL,
        public_key_pem TEXT NOT NULL, private_key_pem TEXT, opens_at BIGINT, closes_at BIGINT,
        created_at BIGINT NOT NULL)""",
    """CREATE TABLE product (
        id INTEGER PRIMARY KEY, uuid CHAR(36) NOT NULL UNIQUE, name VARCHAR(200) NOT NULL UNIQUE)""",
    """CREATE TABLE price (
        id INTEGER PRIMARY KEY, uuid CHAR(36) NOT NULL UNIQUE,
        product_id INTEGER NOT NULL REFERENCES product (id), name VARCHAR(200) NOT NULL,
        UNIQUE (product_id, name))""",
    """CREATE TABLE reservation (
        id INTEGER PRIMARY KEY, uuid CHAR(36) NOT NULL UNIQUE, event_id INTEGER NOT NULL REFERENCES event (id),
        email VARCHAR(254), tickets_count INTEGER NOT NULL, created_at BIGINT NOT NULL)""",
    """CREATE TABLE device (
        id INTEGER PRIMARY KEY, uuid CHAR(36) NOT NULL UNIQUE, name VARCHAR(200) NOT NULL,
        event_id INTEGER REFERENCES event (id), pairing_nonce CHAR(22) NOT NULL UNIQUE,
        claimed_at BIGINT, archived_at BIGINT, created_at BIGINT NOT NULL)""",
    """CREATE TABLE api_key (
        id INTEGER PRIMARY KEY, prefix CHAR(8) NOT NULL UNIQUE, digest CHAR(64) NOT NULL,
        device_id INTEGER NOT NULL REFERENCES device (id), created_at BIGINT NOT NULL, used_at BIGINT)""",
    "CREATE INDEX api_key_device ON api_key (device_id)",
    # No index on status or scan time: it quadruples the pages that one scan writes (facts: the scan server).
    """CREATE TABLE ticket (
        id INTEGER PRIMARY KEY, uuid CHAR(36) NOT NULL UNIQUE, event_id INTEGER NOT NULL REFERENCES event (id),
        reservation_id INTEGER NOT NULL REFERENCES reservation (id), price_id INTEGER REFERENCES price (id),
        status VARCHAR(9) NOT NULL CHECK (status IN ('created', 'inactive', 'valid', 'scanned', 'cancelled')),
        first_name VARCHAR(200), last_name VARCHAR(200), scanned_at BIGINT,
        scanned_by INTEGER REFERENCES device (id), created_at BIGINT NOT NULL)""",
    "CREATE INDEX ticket_event ON ticket (event_id)",
    """CREATE TABLE scan_line (
        id INTEGER PRIMARY KEY, action VARCHAR(8) NOT NULL, device_id INTEGER NOT NULL REFERENCES device (id),
        ticket_uuid CHAR(36), event_id INTEGER REFERENCES event (id), scan_id CHAR(36), code VARCHAR(20) NOT NULL,
        status VARCHAR(9), used_at BIGINT, used_by INTEGER REFERENCES device (id), arrived_at BIGINT NOT NULL,
        scanned_at BIGINT)""",
    "CREATE UNIQUE INDEX scan_line_answer ON scan_line (device_id, scan_id, action)",
)


def _version_1(db: Database) -> None:
    _lay_down(db, _VERSION_1)
    db.run(
        "INSERT INTO organisation (uuid, name, secret) VALUES (?, ?, ?)",
        (str(uuid4()), "Portillon", secrets.token_urlsafe(32)),
    )


_VERSION_2 = (
    "ALTER TABLE scan_line ADD COLUMN reason VARCHAR(200)",
    "ALTER TABLE ticket ADD COLUMN scan_id CHAR(36)",
    # What was let in before can be given back too. Version 1 knew no annulling: one admission a ticket at most.
    """UPDATE ticket SET scan_id = l.scan_id FROM scan_line l
        WHERE l.ticket_uuid = ticket.uuid AND l.device_id = ticket.scanned_by AND ticket.status = 'scanned'
        AND l.action = 'scan' AND l.code = 'ok'""",
)


def _version_2(db: Database) -> None:
    _lay_down(db, _VERSION_2)


_VERSION_3 = (
    # Events: their own times beside the doors', re-entry, and whether their guests' names were forgotten.
    "ALTER TABLE event ADD COLUMN starts_at BIGINT",
    "ALTER TABLE event ADD COLUMN ends_at BIGINT",
    "ALTER TABLE event ADD COLUMN reentry SMALLINT NOT NULL DEFAULT 0",
    "ALTER TABLE event ADD COLUMN forgotten_at BIGINT",
    # What an event sells, and at what price.
    "ALTER TABLE price ADD COLUMN amount BIGINT",
    """CREATE TABLE event_product (
        event_id INTEGER NOT NULL REFERENCES event (id), product_id INTEGER NOT NULL REFERENCES product (id),
        PRIMARY KEY (event_id, product_id))""",
    """INSERT INTO event_product (event_id, product_id)
        SELECT DISTINCT t.event_id, p.product_id FROM ticket t JOIN price p ON p.id = t.price_id""",
    "ALTER TABLE reservation ADD COLUMN language CHAR(2)",
    # What a gate admits: no row means everything. Which way it leads, and what it last said of itself.
    """CREATE TABLE device_event (
        device_id INTEGER NOT NULL REFERENCES device (id), event_id INTEGER NOT NULL REFERENCES event (id),
        PRIMARY KEY (device_id, event_id))""",
    """CREATE TABLE device_product (
        device_id INTEGER NOT NULL REFERENCES device (id), product_id INTEGER NOT NULL REFERENCES product (id),
        PRIMARY KEY (device_id, product_id))""",
    "INSERT INTO device_event (device_id, event_id) SELECT id, event_id FROM device WHERE event_id IS NOT NULL",
    "ALTER TABLE device DROP COLUMN event_id",
    "ALTER TABLE device ADD COLUMN direction VARCHAR(3) NOT NULL DEFAULT 'in' CHECK (direction IN ('in', 'out'))",
    "ALTER TABLE device ADD COLUMN heartbeat TEXT",
    "ALTER TABLE device ADD COLUMN heartbeat_at BIGINT",
    # Who runs the server, by web page.
    """CREATE TABLE admin (
        id INTEGER PRIMARY KEY, uuid CHAR(36) NOT NULL UNIQUE, name VARCHAR(200) NOT NULL UNIQUE,
        password VARCHAR(200) NOT NULL, language CHAR(2) NOT NULL, created_at BIGINT NOT NULL, disabled_at BIGINT)""",
    """CREATE TABLE admin_invitation (
        id INTEGER PRIMARY KEY, digest CHAR(64) NOT NULL UNIQUE, created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL, used_at BIGINT)""",
    """CREATE TABLE admin_session (
        id INTEGER PRIMARY KEY, digest CHAR(64) NOT NULL UNIQUE, admin_id INTEGER NOT NULL REFERENCES admin (id),
        created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL)""",
    """CREATE TABLE admin_line (
        id INTEGER PRIMARY KEY, at BIGINT NOT NULL, admin_id INTEGER REFERENCES admin (id), act VARCHAR(40) NOT NULL,
        event_id INTEGER REFERENCES event (id), subject VARCHAR(200), detail TEXT)""",
    # Tickets from elsewhere: laid down row by row, then taken in at once.
    """CREATE TABLE ticket_import (
        id INTEGER PRIMARY KEY, uuid CHAR(36) NOT NULL UNIQUE, event_id INTEGER NOT NULL REFERENCES event (id),
        source VARCHAR(300) NOT NULL, state VARCHAR(8) NOT NULL, rows_total INTEGER, rows_done INTEGER NOT NULL,
        created_at BIGINT NOT NULL, created_by INTEGER REFERENCES admin (id), ended_at BIGINT)""",
    """CREATE TABLE import_row (
        import_id INTEGER NOT NULL REFERENCES ticket_import (id), number INTEGER NOT NULL, fields TEXT NOT NULL,
        PRIMARY KEY (import_id, number))""",
    "ALTER TABLE ticket ADD COLUMN import_id INTEGER REFERENCES ticket_import (id)",
    """CREATE TABLE alert (
        id INTEGER PRIMARY KEY, kind VARCHAR(20) NOT NULL, device_id INTEGER REFERENCES device (id),
        event_id INTEGER REFERENCES event (id), since BIGINT NOT NULL, over_at BIGINT, told_at BIGINT)""",
)


def _version_3(db: Database) -> None:
    _lay_down(db, _VERSION_3)


_VERSION_4 = (
    # Of the code that this server made for the ticket, so that a scan need not verify its signature. NULL: it must,
    # as for tickets from elsewhere, and for those made before this version.
    "ALTER TABLE ticket ADD COLUMN code_digest CHAR(32)",
)


def _version_4(db: Database) -> None:
    _lay_down(db, _VERSION_4)


_VERSION_5 = (
    # When a gate last asked, whatever the length of the log; and who went out on a ticket, of which there are few.
    "CREATE INDEX scan_line_device ON scan_line (device_id, arrived_at)",
    "CREATE INDEX scan_line_out ON scan_line (ticket_uuid) WHERE action = 'out'",
)


def _version_5(db: Database) -> None:
    _lay_down(db, _VERSION_5)


STEPS: tuple[Step, ...] = (_version_1, _version_2, _version_3, _version_4, _version_5)


def migrate(db: Database, steps: tuple[Step, ...] = STEPS) -> int:
    """Bring the schema to its newest version, each step in a transaction of its own; gives that version.

    Raises NewerSchemaError for a database that a newer Portillon wrote; it is left as it is.
    """
    with db.migrating():
        with db.atomic():
            db.run("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
            if version(db) == 0 and not db.run("SELECT 1 FROM schema_version").fetchone():
                db.run("INSERT INTO schema_version (version) VALUES (0)")
        while True:
            with db.atomic():  # read again inside: another process may have made this step meanwhile
                found = version(db)
                if found > len(steps):
                    raise NewerSchemaError(
                        f"this database has schema version {found}, this Portillon knows up to {len(steps)}: "
                        "nothing was changed; install the newer Portillon, or open a backup made before the update"
                    )
                if found == len(steps):
                    return found
                steps[found](db)
                db.run("UPDATE schema_version SET version = ?", (found + 1,))


def _lay_down(db: Database, statements: tuple[str, ...]) -> None:
    for statement in statements:
        db.run(statement.replace("id INTEGER PRIMARY KEY", db.row_id))


def version(db: Database) -> int:
    """The schema's version; 0 for an empty database."""
    row = db.run("SELECT version FROM schema_version").fetchone()
    return int(row[0]) if row else 0
