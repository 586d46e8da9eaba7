"""kill -9 at every step of the journal and of the server's database, one after another, one guest each."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from kiosk.journal import read_lines
from tests.chaos.ambush import Ambush
from tests.chaos.crowd import COMES_BACK_S, Crowd
from tests.chaos.guests import Book, Guest, Kind, Visit
from tests.chaos.program import VenueError
from tests.chaos.venue import Gate, Server

_DIES_WITHIN_S = 1.0  # after the guest has left
_TRIES = 5
_GATE_RESTS_S = 0.5  # so that answer and opening are one block of the journal, as for most guests


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill and what became of its guest. ``on_disk``: the last step that the journal was left with."""

    where: str
    on_disk: str
    end: str

    def __str__(self) -> str:
        return f"{self.where}: {self.on_disk} on disk; the guest was {self.end}"


class Steps:
    """One gate and the server, in fair weather, with nobody else about."""

    def __init__(self, gate: Gate, server: Server, crowd: Crowd, book: Book) -> None:
        self._gate = gate
        self._server = server
        self._crowd = crowd
        self._book = book

    def of_gate(self, shares: Sequence[float]) -> Iterator[Killed]:
        """Killed at the first sync of its journal, at the second, and so on to the last of a presentation.

        Of what was not synced, ``shares`` are lost, as in a power cut: a kill for each. The main thread, then others.
        """
        for whose in ("main thread", "other threads"):
            yield from _until_none(partial(self._kill_gate, whose), shares)

    def of_server(self, calls: Sequence[str]) -> Iterator[Killed]:
        """Killed at each of these calls on the database's log that a presentation takes."""
        for call in calls:
            yield from _until_none(partial(self._kill_server, call), [0.0])

    def _kill_gate(self, whose: str, nth: int, share: float) -> Killed | None:
        main, *others = self._gate.program.tasks()
        threads, log = [main] if whose == "main thread" else others, self._gate.folder / "strace.log"
        guest = self._somebody()
        time.sleep(_GATE_RESTS_S)
        with Ambush(threads, "fsync", nth, self._gate.journal, log) as ambush:
            visit = self._present_until_dead(guest, self._gate)
        if visit is None:
            return None
        lost = ambush.tear(share)
        self._gate.program.end(signal.SIGKILL)  # the rest of its group
        on_disk = self._last_step()
        self._gate.start()
        return Killed(f"gate, sync {nth} of the {whose}, {lost} bytes lost", on_disk, self._end_of(guest, visit))

    def _kill_server(self, call: str, nth: int, _share: float) -> Killed | None:
        guest = self._somebody()
        wal = self._server.database.with_name(f"{self._server.database.name}-wal")
        with Ambush(self._server.program.tasks(), call, nth, wal, wal.with_name("strace.log")):
            visit = self._present_until_dead(guest, self._server)
        if visit is None:
            return None
        on_disk = self._last_step()
        self._server.start()
        time.sleep(COMES_BACK_S[0])
        return Killed(f"server, {call} {nth}", on_disk, self._end_of(guest, visit))

    def _present_until_dead(self, guest: Guest, victim: Gate | Server) -> Visit | None:
        """The visit that was the end of it; None when somebody went in and it lives. Raises VenueError otherwise."""
        for _ in range(_TRIES):
            visit = self._crowd.present(self._gate, guest, is_calm=True)
            if victim.program.wait(_DIES_WITHIN_S):
                return visit
            if visit.went_in:
                return None
            time.sleep(COMES_BACK_S[0])
        raise VenueError(f"{guest.tickets[0]} is not let in at {self._gate.name}; see {self._gate.program.log}")

    def _somebody(self) -> Guest:
        ticket = self._book.take()
        return Guest(Kind.HONEST, (ticket.uuid,), self._book.picture(ticket.code))

    def _last_step(self) -> str:
        return str([{"step": "nothing"}, *read_lines(self._gate.state)][-1]["step"])

    def _end_of(self, guest: Guest, visit: Visit) -> str:
        """The guest comes back; also who is inside, since that must change nothing."""
        went_in = visit.went_in is not None
        for _ in range(_TRIES):
            again = self._crowd.present(self._gate, guest, is_calm=True)
            if again.verdict in ("admitted", "refused"):
                break
            time.sleep(COMES_BACK_S[0])
        if went_in:
            return f"in before, then {again.reason or again.verdict}"
        return "let in" if again.went_in else str(again.reason or again.verdict)


def _until_none(kill: Callable[[int, float], Killed | None], shares: Sequence[float]) -> Iterator[Killed]:
    for nth in itertools.count(1):
        for share in shares:
            killed = kill(nth, share)
            if killed is None:
                return
            yield killed
