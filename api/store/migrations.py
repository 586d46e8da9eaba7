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
    for statement in _VERSION_1:
        db.run(statement)
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
    for statement in _VERSION_2:
        db.run(statement)


STEPS: tuple[Step, ...] = (_version_1, _version_2)


def migrate(db: Database, steps: tuple[Step, ...] = STEPS) -> int:
    """Bring the schema to its newest version, each step in a transaction of its own; gives that version.

    Raises NewerSchemaError for a database that a newer Portillon wrote; it is left as it is.
    """
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


def version(db: Database) -> int:
    """The schema's version; 0 for an empty database."""
    row = db.run("SELECT version FROM schema_version").fetchone()
    return int(row[0]) if row else 0
