"""Admissions that nobody used, on their way back to the server: kept in the journal until each was answered.

Belongs to the server thread. Monotonic seconds.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from kiosk.attempt import Attempt, Entry, Step
from kiosk.journal import Journal
from kiosk.scan_client import ScanClient
from kiosk.verdict import Fault

EXTENSION = "annul"  # what a server that takes them back calls it
WITHIN_S = 2.0
log = logging.getLogger(__name__)

AGAIN_S = 5.0  # to the next one after one had no answer
SAME_AGAIN_S = 30.0  # to the same one: one that the server chokes on must not hold up the others


class GivingBack:
    """One at a time, oldest first, each again and again until the server has said yes or no."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._pause_until = float("-inf")
        self._again_at: dict[str, float] = {}

    def work(self, client: ScanClient, now: float) -> bool:
        """Give one back that is due; False when there was none."""
        if now < self._pause_until or EXTENSION not in client.extensions:
            return False
        due = next((a for a in self._journal.to_annul() if now >= self._again_at.get(a.scan_id, now)), None)
        if due is None:
            return False
        if self._give(client, due, now + WITHIN_S) is not None:
            self._pause_until = now + AGAIN_S
            self._again_at[due.scan_id] = now + SAME_AGAIN_S
        return True

    def before_asking_for(self, ticket: str, client: ScanClient, deadline: float) -> Fault | None:
        """Asked for before it was given back, the ticket would be called used: so first the one, then the other."""
        for attempt in self._journal.to_annul():
            if attempt.ticket == ticket and EXTENSION in client.extensions:
                fault = self._give(client, attempt, deadline)
                if fault is not None:
                    return fault
        return None

    def _give(self, client: ScanClient, attempt: Attempt, deadline: float) -> Fault | None:
        if attempt.unused_at is None:  # a line without a time can't be told to a server; the journal writes none
            return Fault.JOURNAL
        # Not the time of the answer: a clock set meanwhile, or an admission that waited, would make it look too late.
        opened_at = attempt.unused_at - timedelta(seconds=attempt.waited_s or 0)
        outcome = client.annul(attempt.scan_id, attempt.unused_at, opened_at, deadline)
        log.info("%s is given back: %s", attempt.scan_id, outcome.refusal or outcome.fault or "done")
        if outcome.fault is None:
            try:
                self._journal.write(Entry(Step.ANNULLED, attempt.scan_id, given_back=outcome.is_done))
            except OSError:
                return Fault.JOURNAL  # asked again later: the server gives back once, however often it is asked
            self._again_at.pop(attempt.scan_id, None)
        return outcome.fault
