"""One question to a ticket server, over its tries: which requests it takes, and what a lost answer means."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kiosk.credentials import Credentials
from kiosk.edges import Question
from kiosk.scan_client import answers
from kiosk.scan_client.events import Events
from kiosk.scan_client.exchange import Answer, Exchanges, NoAnswer
from kiosk.scan_client.probe import is_key_perhaps_refused, probe
from kiosk.settings import Server
from kiosk.verdict import ADMITTED, Fault, Outcome, Reason, Verdict, refused, unknown


class Asking:
    """What must be remembered between the tries of one question.

    ``is_unanswered`` is rule 3's "a scan request of mine had no answer". A ``ticket/`` counts as such when any byte
    of it was handed to the system and then nothing came, or half an answer, or a 2xx without sense, a redirect (of a
    box that had passed the request on) or a 5xx: the server may have saved before it failed. It does not when no
    connection was had, or when the server said no (4xx).
    """

    def __init__(
        self,
        question: Question,
        deadline: float,
        about_to_consume: Callable[[], None],
        credentials: Credentials,
        server: Server,
    ) -> None:
        self._question = question
        self._deadline = deadline
        self._about_to_consume = about_to_consume
        self._credentials = credentials
        self._has_scan_ids = "scan_id" in credentials.extensions
        self._allowed = _allowed(server)
        self._is_announced = False
        self.is_unanswered = question.unanswered
        self.retry_after = 0.0  # seconds that the last answer asked to wait

    @staticmethod
    def needs_events(credentials: Credentials, server: Server) -> bool:
        """True when a ticket's event has to be found before it can be scanned."""
        demands = credentials.is_deployed and "scan_id" not in credentials.extensions
        allowed = _allowed(server)
        return len(allowed) > 1 or (demands and not allowed)

    def once(self, exchanges: Exchanges, events: Events) -> Verdict:
        """One try: a verdict, final or not."""
        self.retry_after = 0.0
        event = self._event(events)
        if isinstance(event, Fault):
            return self._without_event(exchanges, event)
        if event is not None and self._allowed and event not in self._allowed:
            return refused(Reason.WRONG_EVENT)
        if self._has_scan_ids:
            body = self._body(event, self._question.scan_id)
            return self._scan(exchanges, body) if self._consumes else self._check(exchanges, body)[0]
        checked, answer = self._check(exchanges, self._body())
        if checked.reason is Reason.ALREADY_SCANNED and answer is not None:
            return self._recovered(checked, answer)
        return self._scan(exchanges, self._body(event), True) if checked == ADMITTED and self._consumes else checked

    def _without_event(self, exchanges: Exchanges, fault: Fault) -> Verdict:
        """No event could be named: the ticket may still be refused for another reason, but not admitted."""
        checked, answer = self._check(exchanges, self._body())
        if checked.reason is Reason.ALREADY_SCANNED and answer is not None:
            if self._has_scan_ids and self.is_unanswered:  # that may be mine: its scan id will tell, with the event
                return unknown(fault)
            return self._recovered(checked, answer)
        return unknown(fault) if checked == ADMITTED else checked

    @property
    def _consumes(self) -> bool:
        return self._question.action == "scan"

    def _event(self, events: Events) -> str | Fault | None:
        """The event to name in the request: None when none is needed, a fault when it could not be found."""
        is_demanded = self._credentials.is_deployed and not self._has_scan_ids and self._consumes
        if not self._allowed and not is_demanded:
            return None
        if len(self._allowed) == 1 and (is_demanded or self._has_scan_ids):
            return next(iter(self._allowed))  # the server itself compares
        return events.event_of(self._question.ticket, self._deadline)

    def _check(self, exchanges: Exchanges, body: dict[str, Any]) -> tuple[Verdict, Answer | None]:
        answer = exchanges.post(f"{self._credentials.prefix}/check_ticket/", body, self._deadline)
        if isinstance(answer, NoAnswer):
            return unknown(answer.fault), None
        return self._explained(answers.of_check(answer, self._question.ticket.uuid), answer, exchanges), answer

    def _scan(self, exchanges: Exchanges, body: dict[str, Any], was_valid: bool = False) -> Verdict:
        """One ``ticket/``. ``was_valid``: nobody had scanned it a moment ago.

        What this very device has scanned since is mine then, with its answer lost: a proxy sent the request twice, or
        one that I had given up arrived after all.
        """
        if time.monotonic() >= self._deadline:
            return unknown(Fault.TIMEOUT)
        if not self._is_announced:
            self._about_to_consume()
            self._is_announced = True
        answer = exchanges.post(f"{self._credentials.prefix}/ticket/", body, self._deadline)
        if isinstance(answer, NoAnswer):
            self.is_unanswered = self.is_unanswered or answer.may_have_arrived
            return unknown(answer.fault)
        verdict = answers.of_scan(answer, self._question.ticket.uuid)
        if verdict.reason is Reason.ALREADY_SCANNED and not self._has_scan_ids:
            self.is_unanswered = self.is_unanswered or was_valid
            return self._recovered(verdict, answer)
        if not verdict.is_final and not 400 <= answer.status < 500:
            self.is_unanswered = True
        return self._explained(verdict, answer, exchanges)

    def _body(self, event: str | None = None, scan_id: str | None = None) -> dict[str, Any]:
        optional = {"event_uuid": event, "scan_id": scan_id}
        given = {key: value for key, value in optional.items() if value is not None}
        return {"qrcode_data": self._question.ticket.text, **given}

    def _recovered(self, already_scanned: Verdict, answer: Answer) -> Verdict:
        """Rule 3: scanned by this very device, and I never heard so, and nobody went in on it: that is my scan."""
        is_mine = answers.scanned_by(answer) == self._credentials.device_uuid
        is_lost = self._consumes and self.is_unanswered and not self._question.admitted_before
        return ADMITTED if is_mine and is_lost and not self._has_scan_ids else already_scanned

    def _explained(self, verdict: Verdict, answer: Answer, exchanges: Exchanges) -> Verdict:
        """The same verdict, but for a deployed server's 500 page: that may be its way to refuse the key."""
        if verdict.outcome is Outcome.UNKNOWN:
            self.retry_after = answer.retry_after or 0.0
        if not (self._credentials.is_deployed and is_key_perhaps_refused(answer)):
            return verdict
        is_key = probe(exchanges, self._credentials, self._deadline) is Fault.KEY_REFUSED
        return unknown(Fault.KEY_REFUSED) if is_key else verdict


def _allowed(server: Server) -> frozenset[str]:
    """The events that may enter; empty: all."""
    return frozenset(str(event) for event in ([server.event_uuid] if server.event_uuid else server.events))
