"""Whose turn it is to write: one thread at a time, in order of arrival (which Python's own locks do not promise)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class _Place:
    """One thread's place in the queue."""

    __slots__ = ("_asleep", "has_turn")

    def __init__(self) -> None:
        self.has_turn = False
        self._asleep = threading.Lock()  # a bare lock is a sixth of an Event's cost
        self._asleep.acquire()

    def sleep(self) -> None:
        """Until it has the turn."""
        self._asleep.acquire()

    def wake(self) -> None:
        self._asleep.release()


class Turns:
    """The queue of one process."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._queue: deque[_Place] = deque()
        self._writer: int | None = None  # the thread that has the turn
        self._is_taken = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """This thread's turn, after all that came before. Raises RuntimeError within another of its own."""
        self._join(_Place())
        try:
            yield
        finally:
            self._pass_on()

    def _join(self, place: _Place) -> None:
        """Returns when the place has the turn."""
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
        self._writer = threading.get_ident()

    def _leave(self, place: _Place) -> None:
        with self._mutex:
            if place in self._queue:
                self._queue.remove(place)
            has_turn = place.has_turn
        if has_turn:
            self._pass_on()

    def _pass_on(self) -> None:
        self._writer = None
        with self._mutex:
            if not self._queue:
                self._is_taken = False
                return
            following = self._queue.popleft()
            following.has_turn = True
        following.wake()
