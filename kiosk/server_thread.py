"""The one thread that talks to the ticket server: questions and pairing, one after another; when idle, what waits."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from kiosk.attempt import Entry, Step
from kiosk.codes import PairingCode
from kiosk.credentials import Credentials, CredentialStore
from kiosk.edges import Question
from kiosk.finding.finder import Finder
from kiosk.giving_back import EXTENSION, GivingBack
from kiosk.heartbeat import Heartbeat
from kiosk.journal import Journal
from kiosk.news import Answered, Died, News, PairingEnded, Probed, ServerAt
from kiosk.pairing import pair, resume
from kiosk.scan_client import ScanClient
from kiosk.settings import Server
from kiosk.verdict import Fault, unknown

IDLE_S = 0.5  # without a job for so long, there is time for what waits
LOOK_EVERY_S = 60.0  # at a server that nothing was asked of: a revoked key is known before the doors open
LOOK_AGAIN_S = 10.0  # at one that did not answer

log = logging.getLogger(__name__)


class _Order(Enum):
    RESUME = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class _Asked:
    question: Question
    deadline: float  # monotonic seconds, from when it was put: later nobody stands there for it any more


@dataclass(frozen=True, slots=True)
class _Pair:
    code: PairingCode
    replacing: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """The server of this pairing, at another address than it was asked at."""

    paired: Credentials
    base_url: str


_Job = _Asked | _Pair | Credentials | _Found | _Order


class ServerThread:
    """Takes jobs without blocking; what comes of them goes to ``tell``. Implements ``edges.Asker``."""

    def __init__(
        self,
        settings: Server,
        store: CredentialStore,
        journal: Journal,
        tell: Callable[[News], None],
        clock_is_good: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings = settings
        self._store = store
        self._journal = journal
        self._tell = tell
        self._clock_is_good = clock_is_good
        self._giving_back = GivingBack(journal)
        self.heartbeat = Heartbeat()
        self._client: ScanClient | None = None
        self._used: Credentials | None = None  # what ``use`` was given last, and
        self._paired: Credentials | None = None  # what the thread has come to
        self._at = ""  # the base URL that the server is asked at
        self._finder: Finder | None = None
        self._look_at = float("inf")
        self._busy_since: float | None = None
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="server", daemon=True)
        self._thread.start()

    @property
    def busy_since(self) -> float | None:
        """Monotonic seconds when the job under way began; None between two."""
        return self._busy_since

    @property
    def takes_back(self) -> bool:
        """True when the server takes an admission back that nobody used; known as soon as it is to be asked."""
        client, used = self._client, self._used
        if client is None or self._paired is not used:
            return used is not None and EXTENSION in used.extensions
        return EXTENSION in client.extensions

    def ask(self, question: Question) -> None:
        """One question; the answer is an ``Answered`` event, always."""
        self._jobs.put(_Asked(question, time.monotonic() + self._settings.answer_within_s))

    def pair(self, code: PairingCode, replacing: bool = False) -> None:
        """One pairing code; its outcome is a ``PairingEnded`` event. ``replacing``: also when there is a pairing."""
        self._jobs.put(_Pair(code, replacing))

    def resume(self) -> None:
        """Settle what an earlier run left; its outcome is a ``PairingEnded`` event."""
        self._jobs.put(_Order.RESUME)

    def use(self, credentials: Credentials) -> None:
        """From now on ask on behalf of this pairing; the first thing done is to warm the connection up."""
        self._used = credentials
        self._jobs.put(credentials)

    def close(self) -> None:
        """Let a question that is under way end early; the thread is not waited for beyond a second."""
        self._jobs.put(_Order.CLOSE)
        if self._client is not None:
            self._client.close()
        if self._finder is not None:
            self._finder.close()
        self._thread.join(timeout=1.0)

    def _work(self) -> None:
        try:
            self._take_jobs()
        except Exception as error:  # whatever it is, a gate that no longer asks must end and be started again
            log.exception("the server thread ends")
            self._tell(Died("server", type(error).__name__))

    def _take_jobs(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=IDLE_S)
            except queue.Empty:
                job = None
            if job is _Order.CLOSE:
                return
            self._busy_since = time.monotonic()
            self._take(job)
            self._busy_since = None

    def _take(self, job: _Job | None) -> None:
        match job:
            case _Asked():
                self._answer(job.question, job.deadline)
            case _Pair():
                self._tell(PairingEnded(pair(job.code, self._store, job.replacing, self._clock_is_good)))
            case Credentials():
                self._meet(job)
            case _Found():
                self._follow(job)
            case None:
                self._use_the_time(time.monotonic())
            case _:
                self._tell(PairingEnded(resume(self._store, self._clock_is_good)))

    def _use_the_time(self, now: float) -> None:
        client = self._client
        if client is None or self._giving_back.work(client, now):
            return
        if now >= self._look_at:
            self._look(client)
        else:  # one thing at a time, so that a question that comes meanwhile waits for one exchange at most
            self.heartbeat.work(client, now)

    def _meet(self, credentials: Credentials) -> None:
        if self._finder is not None:
            self._finder.close()
        # Without a pinned key nobody is looked for: whoever answers first would be handed this gate's key.
        self._finder = Finder(credentials, self._found(credentials)) if credentials.pin else None
        self._ask_at(credentials)
        self._paired = credentials

    def _found(self, paired: Credentials) -> Callable[[str], None]:
        return lambda base_url: self._jobs.put(_Found(paired, base_url))

    def _follow(self, found: _Found) -> None:
        """Ask there from now on, if it is still this pairing's server and still not where it was."""
        if found.paired is self._paired and self._finder is not None and self._finder.is_lost:
            self._tell(ServerAt(found.base_url, is_found=found.base_url != found.paired.base_url))
            self._ask_at(replace(found.paired, base_url=found.base_url))

    def _ask_at(self, paired: Credentials) -> None:
        if self._client is not None:
            self._client.close()
        self._client = ScanClient(paired, self._settings, clock_is_good=self._clock_is_good)
        self._at = paired.base_url
        self._look(self._client)  # opens the connection and fetches the events' keys before the first guest comes

    def _look(self, client: ScanClient) -> None:
        fault = client.probe()
        self._look_at = time.monotonic() + (LOOK_EVERY_S if fault is None else LOOK_AGAIN_S)
        self._heard(fault)
        self._tell(Probed(fault))

    def _heard(self, fault: Fault | None) -> None:
        if self._finder is not None:
            self._finder.heard(fault, self._at, time.monotonic())

    def _answer(self, question: Question, deadline: float) -> None:
        if self._client is None:
            self._tell(Answered(question.scan_id, unknown(Fault.KEY_REFUSED)))
            return

        def about_to_consume() -> None:
            self._journal.write(Entry(Step.ASKED, question.scan_id))

        try:
            fault = self._giving_back.before_asking_for(question.ticket.uuid, self._client, deadline)
            verdict = unknown(fault) if fault else self._client.ask(question, deadline, about_to_consume)
        except OSError:  # the journal could not be written: nothing was sent
            verdict = unknown(Fault.JOURNAL)
        self._look_at = time.monotonic() + (LOOK_EVERY_S if verdict.is_final else LOOK_AGAIN_S)
        self._tell(Answered(question.scan_id, verdict))  # first: a guest waits for it
        self._heard(verdict.fault)
