"""The scan API from the kiosk's side, both dialects: one question in, one verdict out, before a deadline."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import requests

from kiosk.credentials import Credentials
from kiosk.edges import Question
from kiosk.scan_client import annulling
from kiosk.scan_client.annulling import AnnulOutcome
from kiosk.scan_client.asking import Asking
from kiosk.scan_client.events import Events
from kiosk.scan_client.exchange import Answer, Exchanges
from kiosk.scan_client.probe import examine
from kiosk.settings import Server
from kiosk.verdict import Fault, Verdict

# The others (key, certificate, event, scan id) would be the same a moment later.
_WORTH_ANOTHER_TRY = {Fault.NO_NETWORK, Fault.TIMEOUT, Fault.SERVER_TROUBLE, Fault.ODD_ANSWER}
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 0.5
_LEAST_TRY_S = 0.1  # with less time than this another try would only turn its fault into "timeout"
_PROBE_S = 5.0


class ScanClient:
    """Asks one ticket server on behalf of one paired gate. What asks belongs to one thread; the rest to any."""

    def __init__(
        self,
        credentials: Credentials,
        server: Server,
        session: requests.Session | None = None,
        clock_is_good: Callable[[], bool] = lambda: True,
    ) -> None:
        """``clock_is_good``: whether a certificate's dates can be judged here; False makes of such a fault CLOCK."""
        self._credentials = credentials
        self._server = server
        self._exchanges = Exchanges(credentials.base_url, credentials.api_key, session, clock_is_good, credentials.pin)
        self._extensions = credentials.extensions
        self._events = Events(self._exchanges)
        self._closed = threading.Event()

    def ask(self, question: Question, deadline: float, about_to_consume: Callable[[], None]) -> Verdict:
        """May this ticket enter? Tries again, after jittered pauses, until ``deadline`` (monotonic seconds).

        ``about_to_consume`` is called once, before the first ``ticket/`` request goes out; what it raises passes
        through, and then nothing was sent. Nothing else is raised: without an answer the verdict is unknown.
        """
        asking = Asking(question, deadline, about_to_consume, self._credentials, self._server)
        for pause in _pauses():
            verdict = asking.once(self._exchanges, self._events)
            if verdict.is_final or verdict.fault not in _WORTH_ANOTHER_TRY:
                return verdict
            wait = max(pause, asking.retry_after)
            if time.monotonic() + wait + _LEAST_TRY_S > deadline or self._closed.wait(wait):
                return verdict
        raise AssertionError("the pauses never end")

    @property
    def extensions(self) -> frozenset[str]:
        """What the server offers: as the last ``probe`` that went well was told, until then as pairing was.

        Scans keep to what pairing was told: an attempt must not change its manner between two tries.
        """
        return self._extensions

    def annul(self, scan_id: str, annulled_at: datetime, scanned_at: datetime | None, deadline: float) -> AnnulOutcome:
        """Give the admission with this scan id back, since nobody went through. Only where "annul" is offered.

        ``annulled_at`` and ``scanned_at`` (when the admission was answered) are aware, and of this gate's clock. One
        try before ``deadline`` (monotonic seconds); never raises. Asking again later can't give back twice.
        """
        body = annulling.body(scan_id, annulled_at, scanned_at)
        return annulling.outcome(self._exchanges.post(f"{self._credentials.prefix}/annul/", body, deadline), scan_id)

    def heartbeat(self, body: dict[str, Any], deadline: float) -> bool:
        """Say how this gate is. One try before ``deadline`` (monotonic seconds); True when it was taken; never raises.

        No fault comes of it: whether the server is there is found by ``probe`` and by questions.
        """
        answer = self._exchanges.post(f"{self._credentials.prefix}/heartbeat/", body, deadline)
        return isinstance(answer, Answer) and answer.status == 200

    def probe(self) -> Fault | None:
        """None when the server is there and knows this gate; at most 5 s for each of its two or three requests.

        Where tickets' events must be found, their keys are fetched too, so that no guest waits for them.
        """
        fault, extensions = examine(self._exchanges, self._credentials, time.monotonic() + _PROBE_S)
        if extensions is not None:
            self._extensions = extensions
        if fault is None and Asking.needs_events(self._credentials, self._server):
            return self._events.fetch(time.monotonic() + _PROBE_S)
        return fault

    def close(self) -> None:
        """End the connections; a question that waits for its next try returns at once."""
        self._closed.set()
        self._exchanges.close()


def _pauses() -> Iterator[float]:
    """Seconds between tries: doubling, capped, and spread so that fifty gates do not come back together."""
    pause = _FIRST_PAUSE_S
    while True:
        yield pause * random.uniform(0.5, 1.5)  # noqa: S311  (not a secret)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
