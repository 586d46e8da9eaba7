"""The calls of the scan API: a request's values in, a JSON object out. Knows no web framework but WSGI's environ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any

from api.clock import Clock
from api.devices import heartbeats, keys
from api.devices.keys import Caller
from api.devices.limiter import Limiter
from api.devices.pairing import InvalidTokenError, Pairing
from api.scan import bodies, errors, listing, openapi, shapes
from api.scan.judge import Judge
from api.scan.shapes import Manner
from api.scan.words import Language, language_of
from api.store import moments, settled
from api.store.annul import Annulment, Annuls
from api.store.settled import Settled
from api.store.store import Store

Environ = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its environ, and whether its path began with ``/scan/`` as on the deployed servers."""

    environ: Environ
    deployed: bool

    @property
    def address(self) -> str:
        """Where the request came from."""
        return str(self.environ.get("REMOTE_ADDR", ""))

    @property
    def host(self) -> str:
        """The name by which the server was called, without the port."""
        host = str(self.environ.get("HTTP_HOST") or self.environ.get("SERVER_NAME", ""))
        name, colon, port = host.rpartition(":")
        return name if colon and port.isdigit() else host


class Endpoints:
    """All calls, for one store.

    ``language`` is what ``status`` speaks when the caller doesn't say, and guests whose own is not known. ``zone`` is
    that of the times that guests are told; None: this machine's.
    """

    def __init__(
        self, store: Store, pairing: Pairing, language: Language, clock: Clock, zone: tzinfo | None = None
    ) -> None:
        self._store = store
        self._pairing = pairing
        self._language = language
        self._zone = zone
        self._judge = Judge(store, clock)
        self._annuls = Annuls(store)
        self._limiter = Limiter()

    def pair(self, call: Call, token: str) -> dict[str, Any]:
        """``GET {token}/pair``: the device's key. May be read again until that key has been used."""
        try:
            paired = self._pairing.read(token)
        except InvalidTokenError as error:
            raise self._failed(call, errors.invalid_token()) from error
        answer: dict[str, Any] = {
            "success": True,
            "message": "Device successfully paired",
            "api_key": paired.api_key,
            "device_uuid": paired.device_uuid,
            "device_name": paired.device_name,
            "extensions": shapes.EXTENSIONS,
            "code": "ok",
        }
        return answer | {"tenant_name": self._store.organisation().name} if call.deployed else answer

    def look_at_token(self, call: Call, token: str) -> dict[str, Any]:
        """``HEAD {token}/pair``: gives nothing and burns nothing."""
        try:
            self._pairing.check(token)
        except InvalidTokenError as error:
            raise self._failed(call, errors.invalid_token()) from error
        return {"success": True}

    def test_api(self, call: Call) -> dict[str, Any]:
        """``GET test_api/``: whether the key is good, and whose it is."""
        caller = self._caller(call)
        return {
            "success": True,
            "message": "API key is valid",
            "device_info": {"uuid": caller.uuid, "name": caller.name, "claimed": True, "archived": False},
            "server_info": {
                "tenant": self._store.organisation().name,
                "domain": call.host,
                "timestamp": datetime.now(UTC).isoformat(timespec="microseconds"),
            },
            "extensions": shapes.EXTENSIONS,
            "code": "ok",
        }

    def check_ticket(self, call: Call) -> dict[str, Any]:
        """``POST check_ticket/``: how the ticket stands; nothing changes."""
        caller, body = self._caller(call), bodies.read(call.environ, bodies.TicketBody)
        return shapes.checked(self._judge.check(caller, body), self._manner(call))

    def tickets(self, calls: Sequence[Call]) -> list[Settled[dict[str, Any]]]:
        """``POST ticket/``, by any number of gates at once: use the tickets. To each what it would hear alone.

        Who calls, and for what, is known before anything is written: what is settled together are scans and no more.
        """
        heard = [settled.of(partial(self._asked, call)) for call in calls]
        judged = iter(self._judge.scan([each.get() for each in heard if each.error is None]))
        judgements = [each.then(lambda _: next(judged).get()) for each in heard]
        told = zip(judgements, map(self._manner, calls), strict=True)
        return [each.then(partial(shapes.scanned, manner=manner)) for each, manner in told]

    def annul(self, call: Call) -> dict[str, Any]:
        """``POST annul/``: give an admission back that nobody went through on."""
        caller, body = self._caller(call), bodies.read(call.environ, bodies.AnnulBody)
        annulment = Annulment(
            device_id=caller.id,
            scan_id=body.scan_id,
            reason=body.reason,
            arrived_at=moments.now(),
            annulled_at=body.annulled_at,
            scanned_at=body.scanned_at,
        )
        return shapes.annulled(self._annuls.annul(annulment), body.scan_id)

    def heartbeat(self, call: Call) -> dict[str, Any]:
        """``POST heartbeat/``: how the gate is. What it says too soon after the last time is not kept."""
        caller, body = self._caller(call), bodies.read(call.environ, bodies.HeartbeatBody)
        told = body.model_dump(exclude={"clock"}, exclude_none=True)
        if body.clock is not None:
            told["clock_off_s"] = round((body.clock - moments.now()) / 1_000_000, 1)
        heartbeats.note(self._store, caller.id, told)
        return {"success": True, "message": "Heartbeat noted", "code": "ok"}

    def openapi(self, _call: Call) -> dict[str, Any]:
        """``GET openapi.json``: all of this, for machines."""
        return openapi.description()

    def check_api_scan(self, call: Call) -> dict[str, Any]:
        """``GET check_api_scan/``: whose key this is, as deployed servers say it."""
        return {"scan_app": self._caller(call).name}

    def check_allow_any(self, _call: Call) -> dict[str, Any]:
        """``GET check_allow_any/``: the server is up, whatever the key."""
        return {"allow_any": True}

    def list_tickets(self, call: Call) -> dict[str, Any]:
        """``POST list_tickets/``: an event's tickets, page by page."""
        caller, body = self._caller(call), bodies.read(call.environ, bodies.ListBody)
        return listing.page(self._store, caller, body, self._manner(call).language)

    def search_ticket(self, call: Call) -> dict[str, Any]:
        """``POST search_ticket/``: an event's tickets with this text in them."""
        caller, body = self._caller(call), bodies.read(call.environ, bodies.SearchBody)
        return listing.search(self._store, caller, body, self._manner(call).language)

    def events(self, _call: Call) -> list[dict[str, Any]]:
        """``GET /api/events/``: public keys, for everybody."""
        return listing.events(self._store)

    def _asked(self, call: Call) -> tuple[Caller, bodies.TicketBody]:
        return self._caller(call), bodies.read(call.environ, bodies.TicketBody)

    def _caller(self, call: Call) -> Caller:
        """The device that calls. Raises ApiError 401, 403 or 429; a good key is served whatever failed before."""
        scheme, _, key = str(call.environ.get("HTTP_AUTHORIZATION", "")).strip().partition(" ")
        key = key.strip()
        if scheme.lower() != "api-key" or not key:
            raise errors.unauthorized()
        caller = keys.caller(self._store, key)
        if caller is None:
            raise self._failed(call, errors.unauthorized())
        if caller.is_archived:
            raise errors.device_archived()
        return caller

    def _failed(self, call: Call, error: errors.ApiError) -> errors.ApiError:
        seconds = self._limiter.failed(call.address)
        return errors.rate_limited(seconds) if seconds else error

    def _manner(self, call: Call) -> Manner:
        accepted = str(call.environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        return Manner(language_of(accepted, self._language), call.deployed, self._language, self._zone)
