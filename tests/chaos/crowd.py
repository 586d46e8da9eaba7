"""The crowd: who comes to which gate, what they see there, and what they do then."""

from __future__ import annotations

import heapq
import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from kiosk.demo.scenes import forge
from tests.chaos.guests import Book, Guest, Kind, Visit
from tests.chaos.venue import FRAMES_PER_S, Gate, Line

_CALM_S = 30.0
_QUICK_S = 0.5  # a phone held up for a moment, then lowered while its owner waits
_LOOKS_BACK_S = 1.0  # who has given up and turns round still hears the gate
_WAITS_FOR_PULSE_S = 6.0  # admitted and not open yet: who turned back before is waited for
COMES_BACK_S = (4.0, 9.0)  # the same code is news again after 2.5 s (facts: suppress a repeat)
_LAST_TRIES = 4
_TURNS_BACK = 0.3
_TELL_EVERY = 50  # presentations


_HOW_MANY = {Kind.HONEST: 50, Kind.TWICE: 18, Kind.PAIR: 10, Kind.SHEET: 6, Kind.FORGED: 10, Kind.CANCELLED: 6}


class Crowd:
    """Guests at all gates, one at a time before each."""

    def __init__(self, gates: Sequence[Gate], book: Book, seed: str, record: Path, tell: Callable[[str], None]) -> None:
        self._gates = gates
        self._tell = tell
        self._book = book
        self._random = random.Random(seed)
        self._record = record.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._queues: list[list[tuple[float, int, Guest]]] = [[] for _ in gates]
        self._numbers = itertools.count()
        self._guests: list[Guest] = []
        self._inside: set[str] = set()  # tickets that a gate opened for while somebody with it stood there
        self._with_staff: set[str] = set()
        self._failure: Exception | None = None
        self.presentations = 0

    def come(self, enough: int, until: float = float("inf")) -> None:
        """Present until there were ``enough`` presentations in all, or until then, monotonic seconds.

        Raises what went wrong in a gate's thread.
        """
        threads = [
            threading.Thread(target=self._stand_at, args=(number, enough, until), name=gate.name)
            for number, gate in enumerate(self._gates)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def come_for_the_last_time(self) -> None:
        """The faults are over: who may enter and is not inside tries where he was told to wait, then elsewhere."""
        time.sleep(COMES_BACK_S[0])
        for guest in self._guests:
            if guest.kind in (Kind.FORGED, Kind.CANCELLED, Kind.SHEET):
                continue
            elsewhere = [n for n in range(len(self._gates)) if n not in guest.waited_at]
            tries = [n for n in dict.fromkeys([*reversed(guest.waited_at), *elsewhere]) for _ in range(_LAST_TRIES)]
            while tries and guest.tickets[0] not in self._inside | self._with_staff:
                number = tries.pop(0)
                if self._visit(number, guest).verdict == "refused":
                    tries = [n for n in tries if n != number]
                else:
                    time.sleep(COMES_BACK_S[0] if guest.tickets[0] not in self._inside else 0.0)

    def present(self, gate: Gate, guest: Guest, is_calm: bool = False) -> Visit:
        """Hold it up, look at lamps, screen and gate, and leave.

        ``is_calm``: with all the patience it takes until there is a verdict, or a gate that died.
        """
        mark, since = len(gate.lines()), time.monotonic()
        seen, opened_for = self._hold_up(gate, guest, mark, since, is_calm)
        leaves = time.monotonic() + (_WAITS_FOR_PULSE_S if seen.get("verdict") == "admitted" else _LOOKS_BACK_S)
        while not opened_for and seen.get("verdict") != "refused" and time.monotonic() < leaves:
            time.sleep(1 / FRAMES_PER_S)
            seen, opened_for = _look(gate.lines()[mark:], guest.tickets)
        turns_back = bool(opened_for) and gate.has_sensor and guest.turns_back
        if opened_for and gate.has_sensor and not turns_back:
            gate.walk_through()
        guest.turns_back = guest.turns_back and not turns_back
        visit = Visit(
            gate=gate.name,
            kind=guest.kind,
            tickets=guest.tickets,
            since=since,
            until=time.monotonic(),
            verdict=seen.get("verdict"),
            reason=seen.get("reason") or seen.get("fault"),
            about=seen.get("ticket"),
            opened_for=opened_for,
            went_in=None if turns_back else opened_for,
        )
        with self._lock:
            self.presentations += 1
            self._record.write(json.dumps(asdict(visit)) + "\n")
            self._record.flush()
            if self.presentations % _TELL_EVERY == 0:
                self._tell(f"{self.presentations} presentations, {len(self._inside)} tickets inside")
        return visit

    def _hold_up(self, gate: Gate, guest: Guest, mark: int, since: float, is_calm: bool) -> tuple[Line, str | None]:
        """Until there is an end, or patience has one; who only shows it for a moment waits with the phone lowered."""
        gives_up = since + (_CALM_S if is_calm else self._random.uniform(2.0, 5.0))
        lowers = since + _QUICK_S if not is_calm and self._random.random() < 0.25 else gives_up
        seen: Line = {}
        opened_for = None
        while (now := time.monotonic()) < gives_up:
            if now < lowers:
                gate.show(guest.frame)
            seen, opened_for = _look(gate.lines()[mark:], guest.tickets)
            if opened_for or seen.get("verdict") == "refused":
                break
            if is_calm and (seen.get("verdict") == "unknown" or gate.program.pid is None):
                break
            time.sleep(1 / FRAMES_PER_S)
        gate.clear()
        return seen, opened_for

    def _stand_at(self, number: int, enough: int, until: float) -> None:
        try:
            while self.presentations < enough and time.monotonic() < until and self._failure is None:
                guest = self._next(number)
                if guest is None:
                    time.sleep(1 / FRAMES_PER_S)
                elif guest.kind is not Kind.HONEST or guest.tickets[0] not in self._inside:
                    self._go_on(guest, number, self._visit(number, guest))
        except Exception as failure:  # whatever it is, it is told where all threads are waited for
            self._failure = failure

    def _visit(self, number: int, guest: Guest) -> Visit:
        visit = self.present(self._gates[number], guest)
        with self._lock:
            if visit.went_in:
                self._inside.add(visit.went_in)
            if visit.about and visit.reason == "ask_staff":
                self._with_staff.add(visit.about)
        return visit

    def _next(self, number: int) -> Guest | None:
        """Who is first in this gate's queue; somebody new when nobody is."""
        with self._lock:
            queue = self._queues[number]
            if not queue or queue[0][0] > time.monotonic():
                self._arrive(number)
            return heapq.heappop(queue)[2] if queue and queue[0][0] <= time.monotonic() else None

    def _send(self, guest: Guest, number: int, at: float) -> None:
        heapq.heappush(self._queues[number], (at, next(self._numbers), guest))

    def _arrive(self, number: int) -> None:
        """Somebody new at this gate, sometimes with company."""
        kind = self._random.choices(list(_HOW_MANY), list(_HOW_MANY.values()))[0]
        other = self._random.randrange(len(self._gates))
        now = time.monotonic()
        for guest, gate, after_s in self._invent(kind, number, other):
            self._guests.append(guest)
            self._send(guest, gate, now + after_s)

    def _invent(self, kind: Kind, here: int, other: int) -> list[tuple[Guest, int, float]]:
        """Who comes, to which gate, after how long."""
        picture = self._book.picture
        match kind:
            case Kind.CANCELLED:
                ticket = self._random.choice(self._book.cancelled)
                return [(Guest(kind, (ticket.uuid,), picture(ticket.code)), here, 0.0)]
            case Kind.FORGED:
                owner_comes = self._random.random() < 0.6
                ticket = self._book.take(may_enter=owner_comes)
                forger = Guest(kind, (ticket.uuid,), picture(forge(ticket).code))
                if not owner_comes:
                    return [(forger, here, 0.0)]
                owner = Guest(Kind.HONEST, (ticket.uuid,), picture(ticket.code))
                wait = self._random.uniform(0.0, 4.0)
                return [(forger, other, wait), (owner, here, 4.0 - wait)]
            case Kind.PAIR:
                ticket = self._book.take()
                frame = picture(ticket.code)
                return [(Guest(kind, (ticket.uuid,), frame), gate, 0.2) for gate in (here, other)]
            case Kind.SHEET:
                tickets = [self._book.take() for _ in range(3)]
                sheet = Guest(kind, tuple(t.uuid for t in tickets), picture(*(t.code for t in tickets)))
                each = [Guest(Kind.HONEST, (t.uuid,), picture(t.code)) for t in tickets]
                return [(sheet, here, 0.0), *((guest, here, 4.0 + n) for n, guest in enumerate(each))]
        ticket = self._book.take()
        again = self._random.choice((1, 1, 2)) if kind is Kind.TWICE else 0
        turns_back = self._random.random() < _TURNS_BACK
        guest = Guest(kind, (ticket.uuid,), picture(ticket.code), comes_again=again, turns_back=turns_back)
        return [(guest, here, 0.0)]

    def _go_on(self, guest: Guest, number: int, visit: Visit) -> None:
        """Inside, away, or back in a queue."""
        next_at = number
        if visit.went_in or guest.tickets[0] in self._inside:
            if not guest.comes_again:
                return
            guest.comes_again -= 1
        elif visit.verdict == "refused":
            # Called used, having waited elsewhere: the screen names that gate, and the guest goes back there.
            guest.waited_at = [n for n in guest.waited_at if n != number]
            if visit.reason != "already_scanned" or not guest.waited_at:
                return
            next_at = guest.waited_at[-1]
        else:
            guest.waited_at = [*(n for n in guest.waited_at if n != number), number]
        with self._lock:
            if self._random.random() < 0.2:
                next_at = self._random.randrange(len(self._gates))
            self._send(guest, next_at, time.monotonic() + self._random.uniform(*COMES_BACK_S))


def _look(lines: Sequence[Line], tickets: tuple[str, ...]) -> tuple[Line, str | None]:
    """The last verdict on one of these tickets, and the ticket that the relay opened for after it."""
    seen: Line = {}
    for line in lines:
        if line["event"] == "verdict" and line["ticket"] in tickets:
            seen = line
        elif line["event"] == "pin" and line["pin"] == "relay" and line["value"] and seen.get("verdict") == "admitted":
            return seen, str(seen["ticket"])
    return seen, None
