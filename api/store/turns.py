"""Whose turn it is to write: one thread at a time, in order of arrival; works that wait together share one commit.

A commit waits for the disk (10 ms on an SD card), and while it does, others queue. Whoever's turn comes next leads:
it runs all the works that wait, in one transaction, and nobody has an answer before that has been committed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

Work = Callable[[], Any]
GROUPS = (1, 2, 4, 8, 16, 32, 64, 128)  # works in one commit, for counting how well waiting pays


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one work, once it is durable or surely undone: its value, or the error that its caller gets."""

    value: Any = None
    error: BaseException | None = None


class _Place:
    """One thread's place in the queue; ``work`` is None for a thread that wants a transaction of its own."""

    __slots__ = ("_asleep", "has_turn", "settled", "work")

    def __init__(self, work: Work | None) -> None:
        self.work = work
        self.settled: Settled | None = None
        self.has_turn = False
        self._asleep = threading.Lock()  # a bare lock is a sixth of an Event's cost
        self._asleep.acquire()

    def sleep(self) -> None:
        """Until it has the turn, or its work was settled by another."""
        self._asleep.acquire()

    def wake(self) -> None:
        self._asleep.release()


class Turns:
    """The queue of one process. ``together`` runs works in one transaction, and tells what became of each."""

    def __init__(self, together: Callable[[Sequence[Work]], list[Settled]]) -> None:
        self._together = together
        self._mutex = threading.Lock()
        self._queue: deque[_Place] = deque()
        self._writer: int | None = None  # the thread that has the turn
        self._is_taken = False
        self.counts = [0] * (len(GROUPS) + 1)  # commits, by GROUPS; one more for those beyond the last
        self.works = 0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The turn, for this thread's own transaction, after all that came before."""
        self._join(_Place(None))
        try:
            yield
        finally:
            self._pass_on()

    def settle(self, work: Work) -> Any:
        """The work's value, once it is durable; raises what the work raised, or why it could not be committed."""
        place = _Place(work)
        self._join(place)
        if place.has_turn:
            self._lead(place)
        settled = cast("Settled", place.settled)  # the leader leaves nobody without
        if settled.error is not None:
            raise settled.error
        return settled.value

    def _join(self, place: _Place) -> None:
        """Returns when the place has the turn, or its work was settled."""
        if self._writer == threading.get_ident():
            raise RuntimeError("a transaction within a transaction: its answer would be given before it is durable")
        with self._mutex:
            if self._is_taken:
                self._queue.append(place)
            else:
                self._is_taken = place.has_turn = True
        if not place.has_turn:
            try:
                place.sleep()
            except BaseException:  # a signal's handler raised: the queue must not wait for who has left
                self._leave(place)
                raise
        if place.has_turn:
            self._writer = threading.get_ident()

    def _leave(self, place: _Place) -> None:
        with self._mutex:
            if place in self._queue:
                self._queue.remove(place)
            has_turn = place.has_turn
        if has_turn:
            self._pass_on()

    def _lead(self, place: _Place) -> None:
        """Settle this place's work with all that wait right behind it."""
        with self._mutex:
            places = [place]
            while self._queue and self._queue[0].work is not None:
                places.append(self._queue.popleft())
        self.works += len(places)  # only who has the turn counts
        self.counts[min((len(places) - 1).bit_length(), len(GROUPS))] += 1
        interrupted = Settled(error=RuntimeError("the thread that wrote was interrupted: nothing was changed"))
        outcomes = [interrupted] * len(places)
        try:
            outcomes = self._together([cast("Work", each.work) for each in places])
        finally:
            self._pass_on()
            for each, outcome in zip(places, outcomes, strict=True):
                each.settled = outcome
                if each is not place:
                    each.wake()

    def _pass_on(self) -> None:
        self._writer = None
        with self._mutex:
            if not self._queue:
                self._is_taken = False
                return
            following = self._queue.popleft()
            following.has_turn = True
        following.wake()
