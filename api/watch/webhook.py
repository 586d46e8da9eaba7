"""Alerts by webhook: signed JSON to one address, tried again with growing pauses, in a thread that nobody waits for."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

import requests

from api.store import moments
from api.watch.alerts import Alert

WAITING = 200  # alerts at most; older news would help nobody
PAUSES_S = (2.0, 10.0, 60.0, 300.0)
_AGAIN_AFTER_S = 600.0  # seconds without news, then an end that was not taken is posted again
_TIMEOUT_S = (5.0, 10.0)  # to connect, and between two bytes of the answer
_log = logging.getLogger(__name__)


class Webhook:
    """Posts alerts one after another. Nothing here raises into who tells, or waits for the network there."""

    def __init__(
        self,
        url: str,
        secret: str,
        told: Callable[[Alert], None],
        pauses_s: tuple[float, ...] = PAUSES_S,
        again_after_s: float = _AGAIN_AFTER_S,
    ) -> None:
        """``told`` is called, in this object's thread, after a beginning was taken (an answer of 200 to 299).

        A beginning that was not is told anew by whoever told it, while it stands; an end is kept and posted again here.
        """
        self._url = url
        self._secret = secret.encode()
        self._told = told
        self._pauses_s = pauses_s
        self._again_after_s = again_after_s
        self._not_taken: deque[Alert] = deque(maxlen=WAITING)  # ends
        self._waiting: queue.Queue[Alert | None] = queue.Queue(WAITING)
        self._begun: set[int] = set()  # alerts whose beginning waits or is under way
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="webhook", daemon=True)
        self._thread.start()

    def tell(self, alert: Alert) -> None:
        """Post this soon, unless its beginning waits already. When too many wait, it is dropped and logged."""
        if alert.over_at is None and alert.id in self._begun:
            return
        try:
            if alert.over_at is None:
                self._begun.add(alert.id)
            self._waiting.put_nowait(alert)
        except queue.Full:
            self._begun.discard(alert.id)
            _log.error("too many alerts wait for the webhook: one about %s is not told", alert.kind)

    def close(self) -> None:
        """Give up what waits; the thread is waited for a second at most."""
        self._closed.set()
        with contextlib.suppress(queue.Full):  # then it finds itself closed after the one under way
            self._waiting.put_nowait(None)
        self._thread.join(timeout=1.0)

    def _work(self) -> None:
        while (alert := self._next()) is not None and not self._closed.is_set():
            is_taken = self._deliver(alert)
            if not is_taken and alert.over_at is not None:
                self._not_taken.append(alert)
            if is_taken and alert.over_at is None:
                try:
                    self._told(alert)
                except Exception as error:  # the database may be away: the next alert is told all the same
                    _log.error("an alert was told, which could not be noted: %s", type(error).__name__)
            if alert.over_at is None:
                self._begun.discard(alert.id)

    def _next(self) -> Alert | None:
        try:
            return self._waiting.get(timeout=self._again_after_s if self._not_taken else None)
        except queue.Empty:
            return self._not_taken.popleft()

    def _deliver(self, alert: Alert) -> bool:
        body = body_of(alert)
        for pause in (*self._pauses_s, None):
            why = self._post(body)
            if why is None:
                return True
            if pause is None or self._closed.wait(pause):
                break
        _log.error("the webhook did not take an alert about %s: %s", alert.kind, why)
        return False

    def _post(self, body: bytes) -> str | None:
        """One try; None when it was taken, else why not, without the address, which may hold a secret."""
        at = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "portillon-api",
            "X-Portillon-Timestamp": at,
            "X-Portillon-Signature": signature(self._secret, at, body),
        }
        try:
            with requests.post(
                self._url, data=body, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False, stream=True
            ) as answer:
                return None if 200 <= answer.status_code < 300 else f"HTTP {answer.status_code}"
        except (requests.RequestException, OSError, ValueError) as error:
            return type(error).__name__


def body_of(alert: Alert) -> bytes:
    """The JSON of one alert: what, of which gate or event, since when, and when it was over (null: it stands).

    The beginning of ``gate_fault`` has the gate's ``faults``, that of ``gate_clock`` its ``clock_off_s``.
    """
    told: dict[str, object] = {
        "id": alert.id,
        "kind": alert.kind,
        "name": alert.name,
        "since": moments.to_rfc3339(alert.since),
        "over_at": None if alert.over_at is None else moments.to_rfc3339(alert.over_at),
    }
    if alert.faults:
        told["faults"] = list(alert.faults)
    if alert.clock_off_s is not None:
        told["clock_off_s"] = alert.clock_off_s
    return json.dumps(told, ensure_ascii=False).encode()


def signature(secret: bytes, at: str, body: bytes) -> str:
    """``sha256=HEX``, the HMAC-SHA256 of ``TIMESTAMP.BODY``: whoever checks the time takes nothing old."""
    return "sha256=" + hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
