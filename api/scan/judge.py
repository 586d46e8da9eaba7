"""One ticket code in front of one gate → what is answered: grammar, signature, event, product, doors, status.

The signature comes first: without a genuine code nobody learns whether a ticket exists, nor anything about it.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from api.clock import Clock
from api.devices.keys import Caller
from api.scan import facts
from api.scan.bodies import TicketBody
from api.scan.facts import TicketFacts
from api.store import moments
from api.store.scan import Action, Attempt, Code, Outcome, Scans, happened_at
from api.store.settled import Settled
from api.store.store import Store
from api.tickets import codes


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome with the ticket it is about; ``facts`` is None where no ticket may be shown.

    ``other_gates``: where a ticket that this gate does not admit may go in. ``now``: microseconds since 1970.
    """

    outcome: Outcome
    facts: TicketFacts | None
    other_gates: tuple[str, ...] = ()
    now: int = 0


class Judge:
    """Judges codes for the gates of one store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._scans = Scans(store)

    def scan(self, asked: Sequence[tuple[Caller, TicketBody]]) -> list[Settled[Judgement]]:
        """What each of these callers is answered about its ticket, after all their scans have become durable.

        A scan is judged whole in the transaction that settles it: on SQLite over the connection that writes, which
        alone needs no page anew after each commit.
        """
        now = moments.now()
        return self._store.settle_all([partial(self._judge, "scan", caller, body, now) for caller, body in asked])

    def check(self, caller: Caller, body: TicketBody) -> Judgement:
        """What this caller is told of a ticket that it looks at. Only with a scan id a line is left, for its answer."""
        work = partial(self._judge, "check", caller, body, moments.now())
        return work() if body.scan_id is None else self._store.settle(work)

    def _judge(self, action: Action, caller: Caller, body: TicketBody, now: int) -> Judgement:
        code, found, refusal = self._known(caller, body)
        if found is not None and refusal is None:
            refusal = _rules(found, happened_at(now, body.scanned_at), self._clock)
        attempt = Attempt(
            action=action,
            device_id=caller.id,
            device_uuid=caller.uuid,
            device_name=caller.name,
            arrived_at=now,
            scanned_at=body.scanned_at,
            scan_id=body.scan_id,
            ticket_uuid=code.uuid if code else None,
            event_id=found.event_id if found else None,
            refusal=refusal,
            way=found.way if found else "in",
            reentry=bool(found and found.reentry),
        )
        outcome = (
            self._scans.look(attempt) if action == "check" and body.scan_id is None else self._scans.settle(attempt)
        )
        is_elsewhere = found is not None and outcome.code is Code.WRONG_GATE
        gates = tuple(facts.other_gates(self._store, found)) if found is not None and is_elsewhere else ()
        return Judgement(outcome, found, gates, now)

    def _known(
        self, caller: Caller, body: TicketBody
    ) -> tuple[codes.TicketCode | None, TicketFacts | None, Code | None]:
        """The code, the ticket in it, and the refusal that needs neither clock nor status."""
        try:
            code = codes.parse(body.qrcode_data)
        except codes.MalformedCodeError:
            return None, None, Code.MALFORMED_CODE
        found = facts.find(self._store, code.uuid, caller.id)
        if not self._is_genuine(code, found):
            return code, found, Code.INVALID_SIGNATURE
        if found is None:  # a genuine code of one of our events: an imported one, perhaps, whose ticket is missing
            return code, None, Code.UNKNOWN_TICKET
        is_asked = _normal(body.event_uuid) in (None, found.event_uuid)
        return code, found, None if found.is_admitted and is_asked else Code.WRONG_EVENT

    def _is_genuine(self, code: codes.TicketCode, found: TicketFacts | None) -> bool:
        """True for the very code that this server made for the ticket; of any other, the signature is verified.

        Verifying Ed25519 costs 70 µs, in which no other thread runs; the digest costs two.
        """
        if found is None:
            return any(codes.is_genuine(code, pem) for pem in facts.public_keys(self._store))
        if found.code_digest is not None and hmac.compare_digest(codes.digest(code), found.code_digest):
            return True
        return codes.is_genuine(code, found.public_key_pem)


def _normal(event_uuid: str | None) -> str | None:
    """The uuid as the database writes it; what is no uuid stays as it is, and matches none."""
    if event_uuid is None:
        return None
    try:
        return str(UUID(event_uuid))
    except ValueError:
        return event_uuid


def _rules(found: TicketFacts, happened_at: int, clock: Clock) -> Code | None:
    """What the organiser set for this gate and this hour. Doors are for coming in: out, one may go at any time.

    A clock that may be wrong refuses nobody: at a door without a network it can be days behind after a power cut.
    """
    if not found.is_product_admitted:
        return Code.WRONG_GATE
    if found.way == "out":
        return None
    hour: Code | None = None
    if found.opens_at is not None and happened_at < found.opens_at:
        hour = Code.TOO_EARLY
    elif found.closes_at is not None and happened_at >= found.closes_at:
        hour = Code.TOO_LATE
    return None if hour is None or clock.is_doubtful() else hour
