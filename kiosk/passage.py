"""One presentation, from first read to passage. Pure: no I/O, no clock, no threads of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from kiosk.codes import TicketCode

Action = Literal["scan", "check"]


@dataclass(frozen=True, slots=True)
class Question:
    """What the scan client is asked: may this ticket enter, on behalf of this attempt?"""

    scan_id: str  # made and journaled before the first request
    ticket: TicketCode
    action: Action
    unanswered: bool  # a consuming request of this attempt was sent before and had no answer
    admitted_before: bool  # some earlier attempt with this ticket was admitted at this gate


class Asker(Protocol):
    """Takes questions, never blocks; the answer comes back as ``Passage.answered``."""

    def ask(self, question: Question) -> None:
        """Put the question in the queue of the server thread."""
