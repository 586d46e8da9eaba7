"""What the server benches are played on: a database of so many tickets, and the requests of its gates."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from api.devices.devices import add_device
from api.devices.pairing import Pairing
from api.store.store import open_store
from api.tickets import codes, events, issue
from benchmarks.load import request

GATES = 16  # devices, each with a key of its own; clients share them out
SCAN = "/api/scan/ticket/"
CHECK = "/api/scan/check_ticket/"
_A_RESERVATION = 4  # tickets

# uuids in order: the index is laid down page after page, 1 million tickets in 20 s in place of minutes.
_MANY = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count),
    ids AS (SELECT lower(hex(randomblob(16))) AS h FROM n ORDER BY 1)
    SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 14, 3) || '-a' || substr(h, 18, 3) || '-'
        || substr(h, 21) AS uuid, row_number() OVER () - 1 AS number FROM ids"""


@dataclass(frozen=True, slots=True)
class Stock:
    """A closed database file, and the gates' keys. No gate has scanned yet."""

    file: Path
    keys: tuple[str, ...]
    private_pem: str

    def copy(self, name: str) -> Path:
        """A fresh copy beside it: what was scanned in one turn is valid again in the next."""
        file = self.file.with_name(name)
        for suffix in ("", "-wal", "-shm"):
            file.with_name(f"{name}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.file, file)
        return file

    def requests(self, path: str, count: int, start: int = 0) -> list[bytes]:
        """Requests to ``path`` for ``count`` tickets, spread over the whole table; other ``start``, other tickets."""
        with sqlite3.connect(self.file) as database:
            (total,) = database.execute("SELECT COUNT(*) FROM ticket").fetchone()
            step = max(1, total // (start + count))
            rows = database.execute("SELECT uuid FROM ticket WHERE id % ? = 0 ORDER BY id", (step,)).fetchall()
        database.close()
        gates = itertools.cycle(self.keys)
        uuids = [row[0] for row in rows[start : start + count]]
        if len(uuids) < count:
            raise ValueError(f"{total} tickets are too few for {start + count} scans")
        return [request(path, next(gates), self._body(uuid)) for uuid in uuids]

    def _body(self, uuid: str) -> bytes:
        return json.dumps({"qrcode_data": codes.sign(self.private_pem, uuid)}).encode()


def make(file: Path, tickets: int) -> Stock:
    """A database with one event, ``tickets`` valid tickets of named guests, and GATES paired gates."""
    store = open_store(f"sqlite:///{file}")
    event = events.add_event(store, "Bench")
    first = issue.Order(first_name="Ada", last_name="Lovelace", email="ada@example.org", product="Entry", price="Full")
    issue.add_tickets(store, UUID(event.uuid), first)
    devices = [add_device(store, f"Gate {number}", "http://127.0.0.1") for number in range(1, GATES + 1)]
    keys = tuple(Pairing(store).read(device.token).api_key for device in devices)
    (private_pem,) = store.db.run("SELECT private_key_pem FROM event").fetchone()
    store.close()
    _fill(file, tickets - 1)
    return Stock(file, keys, str(private_pem))


def _fill(file: Path, tickets: int) -> None:
    database = sqlite3.connect(file)
    with database:
        database.execute("UPDATE api_key SET used_at = created_at")  # a key's first use is a write of its own
        database.execute(f"CREATE TEMP TABLE many AS {_MANY}", {"count": max(1, tickets)})
        database.execute(
            """INSERT INTO reservation (id, uuid, event_id, email, tickets_count, created_at)
            SELECT 2 + number / :each, m.uuid, r.event_id, r.email, :each, r.created_at
            FROM many m, reservation r WHERE r.id = 1 AND m.number % :each = 0 AND :tickets > 0""",
            {"each": _A_RESERVATION, "tickets": tickets},
        )
        database.execute(
            """INSERT INTO ticket (uuid, event_id, reservation_id, price_id, status, first_name, last_name, created_at)
            SELECT m.uuid, t.event_id, 2 + m.number / :each, t.price_id, t.status, t.first_name, t.last_name,
                t.created_at FROM many m, ticket t WHERE t.id = 1 AND :tickets > 0 ORDER BY m.number""",
            {"each": _A_RESERVATION, "tickets": tickets},
        )
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
