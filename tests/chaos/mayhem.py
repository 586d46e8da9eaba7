"""What happens to machines that stand alone: kills, power cuts, freezes, restarts; and the weather of the network."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.chaos import ambush
from tests.chaos.ambush import Ambush
from tests.chaos.proxy import FAIR, WEATHERS, Proxy
from tests.chaos.venue import Gate, Server, VenueError

_AMBUSH_S = 10.0  # for somebody to come by
_SYNCS = (1, 2, 2, 3, 3, 4, 5)  # of one thread; a presentation that is admitted at once has three in the main one
_PAUSE_S = (0.3, 2.0)  # between two deeds


class Mayhem:
    """Two threads, from ``begin`` to ``end``: one changes the weather, one does things to gates and server."""

    def __init__(self, gates: Sequence[Gate], server: Server, proxy: Proxy, seed: str, record: Path) -> None:
        """``record``: a file that gets a JSON line for each deed."""
        self._gates = gates
        self._server = server
        self._proxy = proxy
        self._random = random.Random(seed)
        self._record = record
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work, name="mayhem") for work in (self._change_weather, self._work)]
        self._failure: Exception | None = None
        self._at_gates = [*[self._kill] * 5, *[self._cut_power] * 4, self._stop, *[self._freeze] * 3]
        self._at_gates += [self._kill_guardian] * 2
        self._at_server = [self._kill_server]
        if ambush.is_possible():
            self._at_gates += [self._kill_at_sync] * 6
            self._at_server += [self._kill_server_at_call] * 2
        self.counts: Counter[str] = Counter()

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

    def _work(self) -> None:
        try:
            while not self._over.wait(self._random.uniform(*_PAUSE_S)):
                if self._random.random() < 0.2:
                    self._random.choice(self._at_server)()
                else:
                    self._random.choice(self._at_gates)(self._random.choice(self._gates))
        except Exception as failure:  # whatever it is, it is told by ``end``
            self._failure = failure

    def _note(self, what: str, where: str) -> None:
        self.counts[what] += 1
        with self._record.open("a", encoding="utf-8") as record:
            record.write(json.dumps({"t": time.monotonic(), "what": what, "where": where}) + "\n")

    def _kill(self, gate: Gate) -> None:
        self._note("kill gate", gate.name)
        gate.program.end(signal.SIGKILL)
        self._over.wait(self._random.choice([0.0, 0.0, 2.0]))
        gate.start()

    def _cut_power(self, gate: Gate) -> None:
        self._note("cut power", gate.name)
        gate.cut_power()
        gate.start()

    def _stop(self, gate: Gate) -> None:
        self._note("stop gate", gate.name)
        if status := gate.program.end(signal.SIGTERM):
            raise VenueError(f"{gate.name} ended with {status} when it was asked to; see {gate.program.log}")
        gate.start()

    def _freeze(self, gate: Gate) -> None:
        self._note("freeze gate", gate.name)
        gate.program.signal_group(signal.SIGSTOP)
        self._over.wait(self._random.uniform(0.2, 4.0))
        gate.program.signal_group(signal.SIGCONT)

    def _kill_guardian(self, gate: Gate) -> None:
        if (guardian := gate.guardian()) is not None:
            self._note("kill guardian", gate.name)
            os.kill(guardian, signal.SIGKILL)

    def _kill_at_sync(self, gate: Gate) -> None:
        """At a sync of the journal, in the main thread or another; what was not synced is lost, or half of it."""
        main, *others = gate.program.tasks()
        threads = self._random.choice([[main], others])
        with Ambush(threads, "fsync", self._random.choice(_SYNCS), gate.journal, gate.folder / "strace.log") as waiting:
            struck = gate.program.wait(_AMBUSH_S)
        if struck:
            self._note("kill gate at a sync", gate.name)
            if waiting.tear(self._random.choice([0.0, 0.3, 0.7, 1.0])):
                self.counts["… and lose what was not synced"] += 1
            gate.program.end(signal.SIGKILL)
            gate.start()

    def _kill_server(self) -> None:
        self._note("kill server", "server")
        self._server.program.end(signal.SIGKILL)
        self._over.wait(self._random.choice([0.0, 0.0, 3.0]))
        self._server.start()

    def _kill_server_at_call(self) -> None:
        """At a write to the database's log, or at its sync."""
        call, nth = self._random.choice(
            [("pwrite64", self._random.randint(1, 12)), ("fdatasync", self._random.randint(1, 3))]
        )
        wal = self._server.database.with_name(self._server.database.name + "-wal")
        with Ambush(self._server.program.tasks(), call, nth, wal, wal.with_name("strace.log")):
            struck = self._server.program.wait(_AMBUSH_S)
        if struck:
            self._note(f"kill server at {call}", "server")
            self._server.start()
