"""One run from doors to report: sets the scene, lets guests and mayhem loose, ends everything, gathers and judges."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.demo.scenes import Ticket
from tests.chaos import ambush
from tests.chaos.crowd import Crowd
from tests.chaos.evidence import gather
from tests.chaos.guests import Book
from tests.chaos.judge import Report, judge
from tests.chaos.mayhem import Mayhem
from tests.chaos.proxy import LOCAL, Proxy
from tests.chaos.steps import Killed, Steps
from tests.chaos.venue import Gate, Server

_CANCELLED = 3
_TICKETS_KEPT = 100  # for kills at every step, and for guests who come in company


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done. Every second gate from the first has a passage sensor, every third is deployed."""

    presentations: int  # in mayhem; 0: none
    gates: int
    seed: str
    shares: tuple[float, ...] = ()  # of what was not synced, lost at each step of the journal; (): no kill at steps
    calls: tuple[str, ...] = ()  # of the server, each of which it is killed at
    minutes: float = float("inf")  # of mayhem, at the most


@dataclass(frozen=True, slots=True)
class _Scene:
    folder: Path
    server: Server
    proxy: Proxy
    gates: list[Gate]
    book: Book

    @property
    def visits(self) -> Path:
        return self.folder / "visits.jsonl"

    @property
    def deeds(self) -> Path:
        return self.folder / "deeds.jsonl"


def run(folder: Path, plan: Plan, tell: Callable[[str], None]) -> tuple[Report, list[Killed]]:
    """All of it in ``folder``, which stays. ``tell`` is given progress. Raises VenueError, or what a thread met."""
    with _doors(folder, plan) as scene:
        tell(f"{plan.gates} gates are ready; evidence in {folder}")
        crowd = Crowd(scene.gates, scene.book, f"crowd {plan.seed}", scene.visits, tell)
        killed = []
        for each in _step_by_step(scene, crowd, plan) if ambush.is_possible() else ():
            killed.append(each)
            tell(str(each))
        mayhem = Mayhem(scene.gates, scene.server, scene.proxy, f"mayhem {plan.seed}", scene.deeds)
        mayhem.begin()
        try:
            crowd.come(plan.presentations, time.monotonic() + 60 * plan.minutes)
        finally:
            mayhem.end()
        tell("the faults are over; the last round")
        crowd.come_for_the_last_time()
    evidence = gather(scene.book.may_enter, scene.visits, scene.gates, scene.server.database, scene.deeds)
    report = judge(evidence)
    report.counts["killed at a step, one after another"] = len(killed)
    report.counts.update(mayhem.counts)
    report.counts.update({f"requests: {what}": count for what, count in scene.proxy.counts.items()})
    return report, killed


@contextmanager
def _doors(folder: Path, plan: Plan) -> Iterator[_Scene]:
    """Server, network and gates, paired and ready; all ended at the end."""
    server = Server(folder)
    proxy = Proxy(server.port, f"proxy {plan.seed}")
    gates = [
        Gate(folder / f"gate-{number + 1}", has_sensor=number % 2 == 0, is_deployed=number % 3 == 2)
        for number in range(plan.gates)
    ]
    with ExitStack() as end:
        end.callback(proxy.close)
        end.callback(server.program.end)
        server.start()
        scene = _Scene(folder, server, proxy, gates, _organise(server, folder, plan.presentations + _TICKETS_KEPT))
        for gate in gates:
            end.callback(gate.program.end, signal.SIGKILL)
            device = server.shell("device", "add", gate.name, "--base-url", f"http://{LOCAL}:{proxy.port}")
            gate.pair(device["pairing_url"])
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(Gate.start, gates))
        yield scene
        for gate in gates:
            gate.program.end()


def _step_by_step(scene: _Scene, crowd: Crowd, plan: Plan) -> Iterator[Killed]:
    """At the first two gates, one with a passage sensor and one without; then the server."""
    for gate in scene.gates[:2]:
        steps = Steps(gate, scene.server, crowd, scene.book)
        if plan.shares:
            yield from steps.of_gate(plan.shares)
    yield from steps.of_server(plan.calls)


def _organise(server: Server, folder: Path, tickets: int) -> Book:
    """One event and its tickets, three of them cancelled."""
    event = server.shell("event", "add", "Chaos")["uuid"]
    made = server.shell("ticket", "add", "--event", event, "--count", str(tickets + _CANCELLED))
    fresh = [Ticket(ticket["uuid"], ticket["qrcode_data"]) for ticket in made]
    cancelled, fresh = fresh[:_CANCELLED], fresh[_CANCELLED:]
    for ticket in cancelled:
        server.shell("ticket", "cancel", ticket.uuid)
    return Book(fresh, cancelled, folder / "pictures")
