"""What the journal's lines add up to, in memory: each attempt as it stands, and whom the gate owes what. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.attempt import Action, Attempt, Entry, Step

# At most this many settled attempts are remembered, and as many that nobody ever answered (a queue of made-up
# tickets in an outage): some months of a small venue, 10 MB on the card.
KEPT_ATTEMPTS = 20_000


class Ledger:
    """Every attempt that is remembered, oldest first, and what can be looked up of them by ticket."""

    def __init__(self) -> None:
        self._attempts: dict[str, Attempt] = {}  # by scan id
        self._last: dict[tuple[str, Action], str] = {}  # ticket uuid and action → scan id of its latest attempt
        self._admitted: dict[str, int] = {}  # ticket uuid → how many of the attempts here were admitted
        self._awaiting: dict[str, str] = {}  # ticket uuid → scan id of an admission that was not begun to open
        self._grace: dict[str, str] = {}  # ticket uuid → scan id of an opening nobody used, good for one more
        self._doubtful: set[str] = set()  # tickets that perhaps nobody is in on, though the server has them as used
        self._to_annul: dict[str, Attempt] = {}  # by scan id
        self.sent_to_staff = 0  # openings that were cut short, in what is remembered
        self.unanswered = 0  # attempts that no final answer came for

    def attempt(self, scan_id: str) -> Attempt | None:
        """The attempt with this id."""
        return self._attempts.get(scan_id)

    def last(self, ticket: str, action: Action) -> Attempt | None:
        """The latest attempt with this ticket to do this."""
        return self._found(self._last.get((ticket, action)))

    def awaiting(self, ticket: str) -> Attempt | None:
        """The attempt with this ticket that was admitted and not begun to open."""
        return self._found(self._awaiting.get(ticket))

    def grace(self, ticket: str) -> Attempt | None:
        """The attempt with this ticket whose opening nobody used."""
        return self._found(self._grace.get(ticket))

    def was_admitted(self, ticket: str) -> bool:
        """True when any attempt with this ticket was admitted, and not given back."""
        return ticket in self._admitted

    def has_admitted(self) -> bool:
        """True when anybody was admitted here, of those that are remembered."""
        return bool(self._admitted)

    def is_doubtful(self, ticket: str) -> bool:
        """True when it is not known whether an opening, or an admission, let anybody in on this ticket."""
        return ticket in self._doubtful

    def to_annul(self) -> list[Attempt]:
        """What is to be given back at the server, oldest first."""
        return list(self._to_annul.values())

    def unsettled(self) -> list[Attempt]:
        """The attempts that something is still to come for."""
        return [attempt for attempt in self._attempts.values() if attempt.is_unsettled]

    def apply(self, entry: Entry) -> Attempt | None:
        """One more line; the attempt as it is now. None when its beginning is not known, and the line told nothing."""
        before = self._attempts.get(entry.scan_id)
        if before is None:
            if entry.ticket is None or entry.action is None:
                return None
            attempt = Attempt(entry.scan_id, entry.ticket, entry.action, entry.code, entry.device, step_at=entry.at)
            self._last[attempt.ticket, attempt.action] = entry.scan_id
        else:
            attempt = before.after(entry)
        self._attempts[entry.scan_id] = attempt
        self._index(before, attempt)
        return attempt

    def forget_the_oldest(self, keep: int = KEPT_ATTEMPTS) -> None:
        """Keep what is owed to a guest, and of the settled and of the never answered attempts so many each."""
        attempts = list(self._attempts.values())
        settled = [a for a in attempts if not a.is_unsettled]
        unanswered = [a for a in attempts if a.is_open]
        for some in (settled, unanswered):
            for attempt in some[: max(0, len(some) - keep)]:
                self._forget(attempt)

    def retold(self) -> Iterator[Entry]:
        """The fewest lines that make this ledger again."""
        for attempt in self._attempts.values():
            yield from attempt.retold()

    def _found(self, scan_id: str | None) -> Attempt | None:
        return None if scan_id is None else self._attempts[scan_id]

    def _index(self, before: Attempt | None, now: Attempt) -> None:
        _keep(self._awaiting, now, now.awaits_opening)
        _keep(self._grace, now, now.has_grace)
        if now.is_to_annul:
            self._to_annul[now.scan_id] = now
        else:
            self._to_annul.pop(now.scan_id, None)
        if now.is_interrupted or now.is_in_doubt:
            self._doubtful.add(now.ticket)
        elif now.is_opened or now.step is Step.NOT_OPENED:
            self._doubtful.discard(now.ticket)
        was = before is not None and before.is_admitted
        if now.is_admitted != was:
            self._count(now.ticket, 1 if now.is_admitted else -1)
        self.sent_to_staff += now.is_interrupted - (before is not None and before.is_interrupted)
        self.unanswered += now.is_open - (before is not None and before.is_open)

    def _count(self, ticket: str, more: int) -> None:
        admitted = self._admitted.get(ticket, 0) + more
        if admitted > 0:
            self._admitted[ticket] = admitted
        else:
            self._admitted.pop(ticket, None)

    def _forget(self, attempt: Attempt) -> None:
        del self._attempts[attempt.scan_id]
        if self._last.get((attempt.ticket, attempt.action)) == attempt.scan_id:
            del self._last[attempt.ticket, attempt.action]
        self.sent_to_staff -= attempt.is_interrupted
        self.unanswered -= attempt.is_open
        if attempt.is_interrupted or attempt.is_in_doubt:
            self._doubtful.discard(attempt.ticket)
        if attempt.is_admitted:
            self._count(attempt.ticket, -1)


def _keep(index: dict[str, str], attempt: Attempt, belongs: bool) -> None:
    if belongs:
        index[attempt.ticket] = attempt.scan_id
    elif index.get(attempt.ticket) == attempt.scan_id:
        del index[attempt.ticket]
