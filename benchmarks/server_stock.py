"""What the server benches are played on: a database of so many tickets, and the requests of its gates."""

from __future__ import annotations

import base64
import functools
import itertools
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from api.devices.devices import numbered
from api.devices.organising import add_devices
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
    signed: Callable[[str], str]  # a ticket's uuid → its code

    def copy(self, name: str) -> Path:
        """A fresh copy beside it: what was scanned in one turn is valid again in the next."""
        file = self.file.with_name(name)
        for suffix in ("", "-wal", "-shm"):
            file.with_name(f"{name}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.file, file)
        with file.open("rb") as copied:
            os.fsync(copied)  # else the server's first sync would be of all of it
        return file

    def tickets(self) -> int:
        """How many there are."""
        with closing(sqlite3.connect(self.file)) as database:
            (count,) = database.execute("SELECT COUNT(*) FROM ticket").fetchone()
        return int(count)

    def requests(self, path: str, count: int, start: int = 0) -> list[bytes]:
        """Requests to ``path`` for ``count`` tickets, spread over the whole table; other ``start``, other tickets."""
        total = self.tickets()
        step = max(1, total // (start + count))
        with closing(sqlite3.connect(self.file)) as database:
            rows = database.execute("SELECT uuid FROM ticket WHERE id % ? = 0 ORDER BY id", (step,)).fetchall()
        gates = itertools.cycle(self.keys)
        uuids = [row[0] for row in rows[start : start + count]]
        if len(uuids) < count:
            raise ValueError(f"{total} tickets are too few for {start + count} scans")
        return [request(path, next(gates), _body(self.signed(uuid))) for uuid in uuids]


def make(file: Path, tickets: int, *, imported: bool = False) -> Stock:
    """A database with one event, ``tickets`` valid tickets of named guests, and GATES paired gates.

    Its codes are our own, Ed25519; or, ``imported``, TiBillet's: RSA of 2048 bits, PSS.
    """
    store = open_store(f"sqlite:///{file}")
    theirs = rsa.generate_private_key(public_exponent=65537, key_size=2048) if imported else None
    event = events.add_event(store, "Bench", public_key_pem=None if theirs is None else _public_pem(theirs))
    first = issue.Order(first_name="Ada", last_name="Lovelace", email="ada@example.org", product="Entry", price="Full")
    issue.add_tickets(store, UUID(event.uuid), first)
    devices = add_devices(store, numbered("Gate", GATES), "http://127.0.0.1")
    keys = tuple(Pairing(store).read(device.token).api_key for device in devices)
    (ours,) = store.db.run("SELECT private_key_pem FROM event").fetchone()
    store.close()
    _fill(file, tickets - 1, None if theirs else ours)
    if theirs is not None:
        return Stock(file, keys, functools.partial(_rsa, theirs))
    return Stock(file, keys, functools.partial(codes.sign, ours))


def make_valid(file: Path) -> None:
    """All tickets of a database once more, while a server has it open."""
    with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as database:
        database.execute("PRAGMA wal_autocheckpoint = 0")  # the server's log is the server's to copy
        database.execute("UPDATE ticket SET status = 'valid'")


def _body(code: str) -> bytes:
    return json.dumps({"qrcode_data": code}).encode()


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()


def _rsa(key: rsa.RSAPrivateKey, uuid: str) -> str:
    data = base64.urlsafe_b64encode(json.dumps({"uuid": uuid}).encode())
    longest = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.MAX_LENGTH)
    return f"{data.decode()}:{base64.urlsafe_b64encode(key.sign(data, longest, hashes.SHA256())).decode()}"


def _fill(file: Path, tickets: int, private_pem: str | None) -> None:
    database = sqlite3.connect(file)
    database.create_function("digest", 1, functools.partial(issue.digest_of, private_pem))
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
            """INSERT INTO ticket (uuid, event_id, reservation_id, price_id, status, first_name, last_name, created_at,
                code_digest)
            SELECT m.uuid, t.event_id, 2 + m.number / :each, t.price_id, t.status, t.first_name, t.last_name,
                t.created_at, digest(m.uuid) FROM many m, ticket t WHERE t.id = 1 AND :tickets > 0 ORDER BY m.number""",
            {"each": _A_RESERVATION, "tickets": tickets},
        )
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
