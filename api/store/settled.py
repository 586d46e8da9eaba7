"""What became of a piece of work: its value or its error, kept until somebody asks, who may be another thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Settled(Generic[T]):
    """One of the two: ``error``, or, where that is None, ``value``."""

    value: T | None = None
    error: BaseException | None = None

    def get(self) -> T:
        """The value. Raises the error."""
        if self.error is not None:
            raise self.error
        return cast("T", self.value)

    def then(self, step: Callable[[T], U]) -> Settled[U]:
        """What ``step`` makes of the value; an error stays what it is."""
        return Settled(error=self.error) if self.error is not None else of(lambda: step(cast("T", self.value)))


def of(work: Callable[[], T]) -> Settled[T]:
    """Do the work, and keep what comes of it."""
    try:
        return Settled(work())
    except Exception as error:  # whatever it is, it belongs to who asks
        return Settled(error=error)
