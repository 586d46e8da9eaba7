"""What happens to machines that stand alone: kills, power cuts, freezes, restarts; and the weather of the network."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.chaos import ambush
from tests.chaos.ambush import Ambush
from tests.chaos.program import VenueError
from tests.chaos.proxy import FAIR, WEATHERS, Proxy
from tests.chaos.venue import Gate, Server

KILLED_GUARDIAN = "kill guardian"
ENDED = "ended by itself"  # no deed: nobody did that
_AMBUSH_S = 10.0  # for somebody to come by
_SYNCS = (1, 2, 2, 3, 3, 4, 5)  # of one thread; a presentation that is admitted at once has three in the main one
_GATE_RESTS_S, _SERVER_RESTS_S = (1.0, 9.0), (4.0, 15.0)  # between two deeds
_Victim = TypeVar("_Victim", Gate, Server)


class Mayhem:
    """From ``begin`` to ``end``: a thread for the weather, one for the server, and one for each gate."""

    def __init__(self, gates: Sequence[Gate], server: Server, proxy: Proxy, seed: str, record: Path) -> None:
        """``record``: a file that gets a JSON line for each deed."""
        self._proxy = proxy
        self._random = random.Random(seed)
        self._record = record
        self._over = threading.Event()
        self._failure: Exception | None = None
        self.counts: Counter[str] = Counter()
        to_gates = [*[self._kill] * 5, *[self._cut_power] * 4, self._stop, *[self._freeze] * 3]
        to_gates += [*[self._kill_guardian] * 2, *[self._kill_at_step] * 2]
        to_server = [self._kill_server]
        if ambush.is_possible():
            to_gates += [self._kill_at_sync] * 6
            to_server += [self._kill_server_at_call] * 2
        works: list[Callable[[], None]] = [
            self._change_weather,
            partial(self._harm, server, to_server, _SERVER_RESTS_S),
        ]
        works += [partial(self._harm, gate, to_gates, _GATE_RESTS_S) for gate in gates]
        self._threads = [threading.Thread(target=work, name="mayhem") for work in works]

    def begin(self) -> None:
        """From now on."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Fair weather, and everything runs. Raises what went wrong meanwhile."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._proxy.weather = FAIR
        if self._failure is not None:
            raise self._failure

    def _change_weather(self) -> None:
        dice = random.Random(self._random.random())
        while not self._over.is_set():
            self._proxy.weather = dice.choice(WEATHERS)
            self._over.wait(dice.uniform(1.0, 6.0))

    def _harm(self, victim: _Victim, deeds: Sequence[Callable[[_Victim], None]], rests_s: tuple[float, float]) -> None:
        try:
            while not self._over.wait(self._random.uniform(*rests_s)):
                if victim.program.pid is None:
                    self._note(ENDED, victim)
                    victim.start()
                self._random.choice(deeds)(victim)
        except Exception as failure:  # whatever it is, it is told by ``end``
            self._failure = failure

    def _note(self, what: str, victim: Gate | Server) -> None:
        self.counts[what] += 1
        with self._record.open("a", encoding="utf-8") as record:
            record.write(json.dumps({"t": time.monotonic(), "what": what, "where": victim.name}) + "\n")

    def _kill(self, gate: Gate) -> None:
        self._note("kill gate", gate)
        gate.program.end(signal.SIGKILL)
        self._over.wait(self._random.choice([0.0, 0.0, 2.0]))
        gate.start()

    def _cut_power(self, gate: Gate) -> None:
        self._note("cut power", gate)
        gate.cut_power()
        gate.start()

    def _stop(self, gate: Gate) -> None:
        self._note("stop gate", gate)
        if status := gate.program.end(signal.SIGTERM):
            raise VenueError(f"{gate.name} ended with {status} when it was asked to; see {gate.program.log}")
        gate.start()

    def _freeze(self, gate: Gate) -> None:
        self._note("freeze gate", gate)
        gate.program.signal_group(signal.SIGSTOP)
        self._over.wait(self._random.uniform(0.2, 4.0))
        gate.program.signal_group(signal.SIGCONT)

    def _kill_guardian(self, gate: Gate) -> None:
        if (guardian := gate.guardian()) is not None:
            self._note(KILLED_GUARDIAN, gate)
            os.kill(guardian, signal.SIGKILL)

    def _kill_at_sync(self, gate: Gate) -> None:
        """At a sync of the journal, in the main thread or another; what was not synced is lost, or half of it."""
        main, *others = gate.program.tasks()
        threads = self._random.choice([[main], others])
        with Ambush(threads, "fsync", self._random.choice(_SYNCS), gate.journal, gate.folder / "strace.log") as waiting:
            struck = gate.program.wait(_AMBUSH_S)
        if struck:
            self._note("kill gate at a sync", gate)
            if waiting.tear(self._random.choice([0.0, 0.3, 0.7, 1.0])):
                self.counts["… and lose what was not synced"] += 1
            gate.program.end(signal.SIGKILL)
            gate.start()

    def _kill_at_step(self, gate: Gate) -> None:
        """As soon as a line of the journal is seen that tells of this step."""
        step = self._random.choice([b'"asked"', b'"answered"', b'"opening"', b'"opened"'])
        size, end = gate.journal.stat().st_size if gate.journal.exists() else 0, time.monotonic() + _AMBUSH_S
        while time.monotonic() < end and not self._over.is_set():
            if gate.journal.exists() and step in gate.journal.read_bytes()[size:]:
                self._note("kill gate at a step", gate)
                gate.program.end(signal.SIGKILL)
                gate.start()
                return
            time.sleep(0.001)

    def _kill_server(self, server: Server) -> None:
        self._note("kill server", server)
        server.program.end(signal.SIGKILL)
        self._over.wait(self._random.choice([0.0, 0.0, 3.0]))
        server.start()

    def _kill_server_at_call(self, server: Server) -> None:
        """At a write to the database's log, or at its sync."""
        call, nth = self._random.choice(
            [("pwrite64", self._random.randint(1, 12)), ("fdatasync", self._random.randint(1, 3))]
        )
        wal = server.database.with_name(server.database.name + "-wal")
        with Ambush(server.program.tasks(), call, nth, wal, wal.with_name("strace.log")):
            struck = server.program.wait(_AMBUSH_S)
        if struck:
            self._note(f"kill server at {call}", server)
            server.start()
