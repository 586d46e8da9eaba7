"""One run from doors to report: sets the scene, lets guests and mayhem loose, ends everything, gathers and judges."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from kiosk.demo.scenes import Ticket
from tests.chaos import ambush
from tests.chaos.crowd import Book, Crowd
from tests.chaos.evidence import gather
from tests.chaos.judge import Report, judge
from tests.chaos.mayhem import Mayhem
from tests.chaos.proxy import LOCAL, Proxy
from tests.chaos.steps import Steps
from tests.chaos.venue import Gate, Server

_CANCELLED = 3
SHARES = (0.0, 0.6, 1.0)


def run(folder: Path, presentations: int, gates: int, seed: str, tell: Callable[[str], None]) -> Report:
    """All of it in ``folder``, which stays. ``tell`` is given progress. Raises VenueError, or what a thread met."""
    record, deeds = folder / "visits.jsonl", folder / "deeds.jsonl"
    server = Server(folder)
    proxy = Proxy(server.port, f"proxy {seed}")
    lanes = [Gate(folder / f"gate-{number + 1}", has_sensor=number % 2 == 1) for number in range(gates)]
    with ExitStack() as end:
        end.callback(proxy.close)
        end.callback(server.program.end)
        server.start()
        book = _organise(server, folder, presentations + 20 * gates)
        for gate in lanes:
            end.callback(gate.program.end, signal.SIGKILL)
            device = server.shell("device", "add", gate.name, "--base-url", f"http://{LOCAL}:{proxy.port}")
            gate.pair(device["pairing_url"])
            gate.start()
        tell(f"{gates} gates are ready; evidence in {folder}")
        crowd = Crowd(lanes, book, f"crowd {seed}", record, tell)
        if ambush.is_possible():
            steps = Steps(lanes[0], server, crowd, book)
            for killed in itertools.chain(steps.of_gate(SHARES), steps.of_server()):
                tell(str(killed))
        mayhem = Mayhem(lanes, server, proxy, f"mayhem {seed}", deeds)
        mayhem.begin()
        try:
            crowd.come(presentations)
        finally:
            mayhem.end()
        tell("the faults are over; the last round")
        crowd.come_for_the_last_time()
        for gate in lanes:
            gate.program.end()
    report = judge(gather(book.may_enter, record, lanes, server.database, deeds))
    report.counts.update(mayhem.counts)
    report.counts.update({f"requests: {what}": count for what, count in proxy.counts.items()})
    return report


def _organise(server: Server, folder: Path, tickets: int) -> Book:
    """One event and its tickets, three of them cancelled."""
    event = server.shell("event", "add", "Chaos")["uuid"]
    made = server.shell("ticket", "add", "--event", event, "--count", str(tickets + _CANCELLED))
    fresh = [Ticket(ticket["uuid"], ticket["qrcode_data"]) for ticket in made]
    cancelled, fresh = fresh[:_CANCELLED], fresh[_CANCELLED:]
    for ticket in cancelled:
        server.shell("ticket", "cancel", ticket.uuid)
    return Book(fresh, cancelled, folder / "pictures")
