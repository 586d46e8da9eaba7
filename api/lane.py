"""The lane: one thread that answers all scans, and those that wait together at once. Knows no ticket and no socket.

Scans are short and all wait for the same disk. With a thread for each, 64 gates made 45 context switches a scan; by one
thread, past Bottle, a scan takes less than a third of the time (docs/architecture.md, "The lane").
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_log = logging.getLogger("api.lane")
ARRIVED = "portillon.arrived"  # in the environ: when the request was whole, by time.monotonic()
LONGEST = 64  # requests answered together: the last of them waits for the work of all
PAUSE_S = 0.02  # fifty gates, each with a guest every 3 s, leave such a pause after seven of ten scans
AGAIN_S = 1.0  # in a longer pause: checks, annulments and heartbeats are written past the lane


class Answer(NamedTuple):
    """What goes out to one client."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Together:
    """Calls that are cheaper together: ``answer`` takes environs and gives as many answers, in their order.

    ``targets``: their method and path as a request begins with them, like ``POST /api/scan/ticket/``. ``rest`` is
    called between two groups, with True when nobody has asked for PAUSE_S, and every AGAIN_S then; who asks meanwhile
    waits for it.
    """

    targets: frozenset[bytes]
    answer: Callable[[Sequence[WSGIEnvironment]], list[Answer]]
    rest: Callable[[bool], None]


class Asking(Protocol):
    """A client whose request is here to its last byte. Neither method waits for it, or raises."""

    def hear(self) -> WSGIEnvironment | None:
        """The request; None: there is nothing to answer (any more)."""

    def tell(self, answer: Answer | None) -> None:
        """Send the answer (None: there is none to give), and go on with this client."""


class Lane:
    """The thread and its queue. ``put`` and ``is_stuck`` may be called by any thread."""

    def __init__(self, together: Together) -> None:
        self._together = together
        self._waiting: queue.SimpleQueue[tuple[float, Asking] | None] = queue.SimpleQueue()
        self._since: float | None = None  # when it began with those that it answers now
        self._thread = threading.Thread(target=self._run, name="lane", daemon=True)

    @property
    def targets(self) -> frozenset[bytes]:
        """What the requests begin with that belong here."""
        return self._together.targets

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def put(self, asking: Asking) -> None:
        """It is answered after all that came before."""
        self._waiting.put((time.monotonic(), asking))

    def is_stuck(self, after_s: float) -> bool:
        """True when the same requests have been under way for that long: no scan is answered."""
        since = self._since
        return since is not None and time.monotonic() - since > after_s

    def is_dead(self) -> bool:
        """True when it has begun, and ended unasked."""
        return self._thread.ident is not None and not self._thread.is_alive()

    def stop(self) -> None:
        """Answer all that wait, then end. Returns when it has; nothing may be put any more."""
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        is_over = False
        while not is_over:
            batch = [self._first()]
            self._since = time.monotonic()
            while len(batch) < LONGEST and not self._waiting.empty():
                batch.append(self._waiting.get())
            is_over = None in batch
            self._serve([each for each in batch if each is not None])
            self._rest(is_quiet=False)
            self._since = None

    def _first(self) -> tuple[float, Asking] | None:
        """Who has waited longest, or comes next."""
        pause_s = PAUSE_S
        while True:
            with suppress(queue.Empty):
                return self._waiting.get(timeout=pause_s)
            self._since = time.monotonic()
            self._rest(is_quiet=True)
            self._since = None
            pause_s = AGAIN_S

    def _rest(self, *, is_quiet: bool) -> None:
        try:
            self._together.rest(is_quiet)
        except Exception:
            _log.exception("what is done between two groups failed")

    def _serve(self, batch: Sequence[tuple[float, Asking]]) -> None:
        heard: list[tuple[Asking, WSGIEnvironment]] = []
        for arrived, asking in batch:
            with _each_by_itself():
                environ = asking.hear()
                if environ is not None:
                    environ[ARRIVED] = arrived
                    heard.append((asking, environ))
        if not heard:
            return
        answers: Sequence[Answer | None] = [None] * len(heard)
        try:
            answers = self._together.answer([environ for _, environ in heard])
        except Exception:
            _log.exception("%d requests could not be answered", len(heard))
        for (asking, _), answer in zip(heard, answers, strict=True):
            with _each_by_itself():
                asking.tell(answer)


@contextmanager
def _each_by_itself() -> Iterator[None]:
    """What goes wrong with one client is its own affair: others have waited, and may have been admitted."""
    try:
        yield
    except Exception:
        _log.exception("a client was lost")
