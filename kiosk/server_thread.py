"""The one thread that talks to the ticket server: questions, pairing codes, pending pairings, one after another."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from kiosk.attempt import Entry, Step
from kiosk.codes import PairingCode
from kiosk.credentials import Credentials, CredentialStore
from kiosk.edges import Journal, Question
from kiosk.news import Answered, Died, News, PairingEnded
from kiosk.pairing import pair, resume
from kiosk.scan_client import ScanClient
from kiosk.settings import Server
from kiosk.verdict import Fault, unknown

log = logging.getLogger(__name__)


class _Order(Enum):
    RESUME = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class _Asked:
    question: Question
    deadline: float  # monotonic seconds, from when it was put: later nobody stands there for it any more


_Job = _Asked | PairingCode | Credentials | _Order


class ServerThread:
    """Takes jobs without blocking; what comes of them goes to ``tell``. Implements ``edges.Asker``."""

    def __init__(
        self, settings: Server, store: CredentialStore, journal: Journal, tell: Callable[[News], None]
    ) -> None:
        self._settings = settings
        self._store = store
        self._journal = journal
        self._tell = tell
        self._client: ScanClient | None = None
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="server", daemon=True)
        self._thread.start()

    def ask(self, question: Question) -> None:
        """One question; the answer is an ``Answered`` event, always."""
        self._jobs.put(_Asked(question, time.monotonic() + self._settings.answer_within_s))

    def pair(self, code: PairingCode) -> None:
        """One pairing code; its outcome is a ``PairingEnded`` event."""
        self._jobs.put(code)

    def resume(self) -> None:
        """Settle what an earlier run left; its outcome is a ``PairingEnded`` event."""
        self._jobs.put(_Order.RESUME)

    def use(self, credentials: Credentials) -> None:
        """From now on ask on behalf of this pairing; the first thing done is to warm the connection up."""
        self._jobs.put(credentials)

    def close(self) -> None:
        """Let a question that is under way end early; the thread is not waited for beyond a second."""
        self._jobs.put(_Order.CLOSE)
        if self._client is not None:
            self._client.close()
        self._thread.join(timeout=1.0)

    def _work(self) -> None:
        try:
            self._take_jobs()
        except Exception as error:  # whatever it is, a gate that no longer asks must end and be started again
            log.exception("the server thread ends")
            self._tell(Died("server", type(error).__name__))

    def _take_jobs(self) -> None:
        while (job := self._jobs.get()) is not _Order.CLOSE:
            if isinstance(job, _Asked):
                self._answer(job.question, job.deadline)
            elif isinstance(job, PairingCode):
                self._tell(PairingEnded(pair(job, self._store)))
            elif isinstance(job, Credentials):
                self._meet(job)
            else:
                self._tell(PairingEnded(resume(self._store)))

    def _meet(self, credentials: Credentials) -> None:
        if self._client is not None:
            self._client.close()
        self._client = ScanClient(credentials, self._settings)
        self._client.probe()  # opens the connection and fetches the events' keys before the first guest comes

    def _answer(self, question: Question, deadline: float) -> None:
        if self._client is None:
            self._tell(Answered(question.scan_id, unknown(Fault.KEY_REFUSED)))
            return

        def about_to_consume() -> None:
            self._journal.write(Entry(Step.ASKED, question.scan_id))

        try:
            verdict = self._client.ask(question, deadline, about_to_consume)
        except OSError:  # the journal could not be written: nothing was sent
            verdict = unknown(Fault.JOURNAL)
        self._tell(Answered(question.scan_id, verdict))
