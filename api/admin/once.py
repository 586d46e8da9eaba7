"""A form that is sent twice acts once: who clicks again while the first answer is on its way gets that answer too."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import bottle

from api.admin.digests import digest
from api.admin.visit import Visit

_KEPT_S = 10.0  # seconds; whoever goes back and sends the same again after that means it
_MOST = 200  # answers: without pages, since only redirects are kept


@dataclass(slots=True)
class Sent:
    """One form that was sent. ``answer``: where its first sending led, None while it has led nowhere."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    answer: bottle.HTTPResponse | None = None
    answered_at: float = 0.0


class Once:
    """The forms of the last seconds, known by the number that each page gives its forms and by all that was typed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sent: OrderedDict[str, Sent] = OrderedDict()

    def answer(self, visit: Visit, handler: Callable[[], bottle.HTTPResponse]) -> bottle.HTTPResponse:
        """What the handler answers; of a form that has led somewhere just now, that same answer, without acting."""
        if visit.environ["REQUEST_METHOD"] != "POST" or not visit.form.get("once"):
            return handler()
        with self._turn(_digest(visit)) as sent:
            if sent.answer is None or self._clock() - sent.answered_at > _KEPT_S:
                given = handler()
                if given.status_code != 303:
                    return given
                sent.answer, sent.answered_at = given, self._clock()
            return sent.answer.copy(bottle.HTTPResponse)

    @contextmanager
    def _turn(self, digest: str) -> Iterator[Sent]:
        with self._lock:
            sent = self._sent.setdefault(digest, Sent())
            self._sent.move_to_end(digest)
            if len(self._sent) > _MOST:
                self._sent.popitem(last=False)
        with sent.turn:
            yield sent


def _digest(visit: Visit) -> str:
    """Nothing of what was typed is kept, a password least of all."""
    fields = sorted((str(name), str(value)) for name, value in visit.form.allitems())
    told = repr((visit.session and visit.session.id, visit.path, fields))
    return digest(told)
