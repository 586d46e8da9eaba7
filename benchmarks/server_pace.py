"""Scans a second and the slowest of them: candidates side by side, in turns whose order changes; medians."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import server_disk, server_run, server_stock
from benchmarks.load import crowd
from benchmarks.server_host import EMPTY
from benchmarks.server_stock import SCAN, Stock

CLIENTS = 64
_FEW_CLIENTS = 8  # where a scan's own time is compared: at 64 all but a few ms of it is waiting for others
# Threads at which each way of writing the peer was fastest of 4, 16 and 64 (they wait for SQLite's lock beyond).
_PEERS = {"peer": 64, "peer-tuned": 4}


@dataclass(frozen=True, slots=True)
class Pace:
    """Requests a second, and the 99th percentile of what one took, in ms (0 where nothing was asked for by HTTP)."""

    rate: float
    p99_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each in one turn. Slow candidates need fewer for the same time."""

    ours: int = 3000
    raw: int = 1500
    peer: int = 250
    tuned: int = 1200
    grouped: int = 2500  # on the slow disk
    raw_slow: int = 150


FULL = Counts()


def side_by_side(stock: Stock, imported: Stock, turns: int, counts: Counts) -> dict[str, Pace]:
    """Ours (with RSA codes, too), its empty route, raw commits, the peer both ways; fresh copies each turn."""
    scans = stock.requests(SCAN, counts.ours)
    empty = [raw.replace(SCAN.encode(), EMPTY.encode(), 1) for raw in scans]
    theirs = imported.requests(SCAN, counts.ours)
    first = counts.ours // 10  # so that every thread has its connection

    def ours(name: str) -> Pace:
        with server_run.host("portillon", stock.copy("ours")) as server:
            _play(server.port, scans[:first], CLIENTS)
            return _play(server.port, empty if name == "empty" else scans[first:], CLIENTS)

    def ours_imported(_name: str) -> Pace:
        with server_run.host("portillon", imported.copy("imported-copy")) as server:
            _play(server.port, theirs[:first], CLIENTS)
            return _play(server.port, theirs[first:], CLIENTS)

    def peer(name: str) -> Pace:
        count = counts.peer if name == "peer" else counts.tuned
        with server_run.host(name, stock.copy("theirs"), _PEERS[name]) as server:
            _play(server.port, scans[: count // 10], CLIENTS)
            return _play(server.port, scans[count // 10 : count], CLIENTS)

    def raw(_name: str) -> Pace:
        return Pace(server_disk.raw_commits(stock, counts.raw))

    candidates = {"ours": ours, "ours, RSA": ours_imported, "empty": ours, "raw": raw, "peer": peer, "peer-tuned": peer}
    return _in_turns(candidates, turns)


def on_a_slow_disk(stock: Stock, turns: int, counts: Counts, environment: Mapping[str, str]) -> dict[str, Pace]:
    """Ours with 64 clients, and one commit a scan, where each sync takes SYNC_MS longer."""
    scans = stock.requests(SCAN, counts.grouped)

    def grouped(_name: str) -> Pace:
        with server_run.host("portillon", stock.copy("slow"), environment=environment) as server:
            _play(server.port, scans[: counts.grouped // 10], CLIENTS)
            return _play(server.port, scans[counts.grouped // 10 :], CLIENTS)

    def one_by_one(_name: str) -> Pace:
        return Pace(server_disk.raw_commits(stock, counts.raw_slow, dict(environment)))

    return _in_turns({"grouped": grouped, "one by one": one_by_one}, turns)


def by_size(small: Stock, large: Stock, turns: int, scans: int) -> dict[str, Pace]:
    """Scans by a few clients in a small and a large database, in turns, on two servers that stay up meanwhile.

    The large one's tickets are always others. The small one's are fewer than the scans after which a server has to copy
    SQLite's log while gates wait: they are valid again after each round.
    """
    files = {"small": small.copy("small-copy"), "large": large.copy("large-copy")}
    others = large.requests(SCAN, scans * (turns + 1))
    rounds = {"large": [[others[turn :: turns + 1]] for turn in range(turns + 1)]}
    again = small.requests(SCAN, min(scans, small.tickets() * 9 // 10))
    rounds["small"] = [[again] * (scans // len(again))] * (turns + 1)

    def play(name: str) -> Pace:
        seconds, times = 0.0, list[float]()
        for requests in rounds[name].pop():
            if name == "small":
                server_stock.make_valid(files[name])
            more_s, more = _ask(ports[name], requests, _FEW_CLIENTS)
            seconds += more_s
            times += more
        return _pace(seconds, times)

    with ExitStack() as stack:
        ports = {name: stack.enter_context(server_run.host("portillon", file)).port for name, file in files.items()}
        for name in files:
            play(name)  # so that every thread has its connection, and each server knows its disk
        return _in_turns({"small": play, "large": play}, turns)


def _in_turns(candidates: dict[str, Callable[[str], Pace]], turns: int) -> dict[str, Pace]:
    names = list(candidates)
    seen: dict[str, list[Pace]] = {name: [] for name in names}
    for turn in range(turns):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            seen[name].append(candidates[name](name))
    middle = statistics.median
    return {name: Pace(middle(p.rate for p in paces), middle(p.p99_ms for p in paces)) for name, paces in seen.items()}


def _play(port: int, requests: list[bytes], clients: int) -> Pace:
    return _pace(*_ask(port, requests, clients))


def _ask(port: int, requests: list[bytes], clients: int) -> tuple[float, list[float]]:
    """Seconds that all took, and each. Raises RuntimeError unless every one was answered well."""
    seconds, times, answers = crowd(port, requests, clients)
    wrong = [answer for answer in answers if b'"success":true' not in answer and not answer.startswith(b"{ ")]
    if wrong:
        raise RuntimeError(f"{len(wrong)} of {len(answers)} were answered wrongly: {wrong[0][:200]!r}")
    return seconds, times


def _pace(seconds: float, times: list[float]) -> Pace:
    return Pace(len(times) / seconds, statistics.quantiles(times, n=100)[98] * 1000)
