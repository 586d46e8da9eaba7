"""Which WSGI server: the real application and real durable scans behind each candidate, in turns, in one run.

Measured on 24 November 2026, when each scan still had a thread, on two x86-64 cores (Python 3.11.7, cheroot 11.1.2,
waitress 3.0.2, gunicorn 27.0.1), 16 threads, medians of five turns in changing order, as ratios to plain cheroot:

    scans a second with           1 client   8 clients   64 clients   processor a scan
    portillon (cheroot)             1.04       1.02         0.97            1.01
    waitress                        1.06       1.07         0.61            1.39
    gunicorn gthread                0.91       0.87         0.81            1.23

A scan while 32 strangers hold connections open and are silent, or have sent half a request: waitress 8 and 7 ms;
plain cheroot none in 20 s; gunicorn 10 s and none in 20 s. Hence cheroot for its pace at every load and its pure
Python, with our own listener (api/listener.py) around it, which gives a thread to whole requests only: 14 and 7 ms.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from api.devices.organising import add_devices
from api.devices.pairing import Pairing
from api.store.store import open_store
from api.tickets import events, issue
from benchmarks.load import Gate, crowd, request
from benchmarks.table import Table

_THREADS = 16
_SCANS = {1: 300, 8: 1500, 64: 3000}  # clients at once → scans in one turn
_TURNS = 5
_STRANGERS = 32  # twice the threads
_PATIENCE_S = 20.0
_SERVERS = {  # name → the module that it needs
    "portillon (cheroot)": "cheroot",
    "cheroot": "cheroot",
    "waitress": "waitress",
    "gunicorn gthread": "gunicorn",
}


@dataclass
class _Figures:
    rates: dict[int, list[float]] = field(default_factory=dict)  # scans a second, by clients
    slowest: dict[int, list[float]] = field(default_factory=dict)  # 99th percentile, ms
    cpu: list[float] = field(default_factory=list)  # ms of processor a scan, both of user and system
    silent: str = ""  # a scan's time while strangers are connected and say nothing
    halting: str = ""  # … while they have sent half a request


def measure() -> Iterator[Table]:
    """Candidates that are not installed are left out (only cheroot is a dependency)."""
    names = [name for name, module in _SERVERS.items() if importlib.util.find_spec(module)]
    figures = {name: _Figures() for name in names}
    with tempfile.TemporaryDirectory() as folder:
        requests = _prepare(Path(folder))
        for turn in range(_TURNS):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                _turn(name, Path(folder), requests, figures[name])
        for name in names:
            figures[name].silent = _with_strangers(name, Path(folder), requests[0], b"")
            figures[name].halting = _with_strangers(name, Path(folder), requests[0], b"POST /api/scan/tick")
    columns = ["server", *(f"{c} clients: scans/s (p99 ms)" for c in _SCANS), "CPU ms/scan"]
    columns += [f"{_STRANGERS} silent strangers: ms", f"{_STRANGERS} half requests: ms"]
    left_out = [name for name in _SERVERS if name not in names]
    note = f"not installed: {', '.join(left_out)}" if left_out else ""
    yield Table(f"scans through {_THREADS} threads", columns, [_row(n, f) for n, f in figures.items()], note)


def _row(name: str, figures: _Figures) -> list[str]:
    middle = statistics.median
    loads = [f"{middle(figures.rates[c]):.0f} ({middle(figures.slowest[c]):.0f})" for c in _SCANS]
    return [name, *loads, f"{middle(figures.cpu):.2f}", figures.silent, figures.halting]


def _prepare(folder: Path) -> list[bytes]:
    """A database to copy for each turn, and a scan request for each of its tickets."""
    store = open_store(f"sqlite:///{folder}/fresh")
    event = events.add_event(store, "Bench")
    tickets = issue.add_tickets(store, UUID(event.uuid), count=sum(_SCANS.values()))
    device = add_devices(store, ["Gate"], "http://127.0.0.1")[0]
    key = Pairing(store).read(device.token).api_key
    store.close()
    return [request("/api/scan/ticket/", key, json.dumps({"qrcode_data": t.qrcode_data}).encode()) for t in tickets]


def _turn(name: str, folder: Path, requests: list[bytes], figures: _Figures) -> None:
    with _Running(name, folder) as server:
        rest = requests
        spent, scans = server.cpu_s(), 0
        for clients, count in _SCANS.items():
            mine, rest = rest[:count], rest[count:]
            seconds, times, answers = crowd(server.port, mine, clients)
            wrong = [answer for answer in answers if b'"success":true' not in answer]
            if wrong or len(answers) != count:
                raise RuntimeError(f"{name} answered {len(answers)} of {count}, wrongly: {wrong[:1]}")
            figures.rates.setdefault(clients, []).append(count / seconds)
            figures.slowest.setdefault(clients, []).append(statistics.quantiles(times, n=100)[98] * 1000)
            scans += count
        figures.cpu.append((server.cpu_s() - spent) / scans * 1000)


def _with_strangers(name: str, folder: Path, raw: bytes, said: bytes) -> str:
    """How long one scan takes while strangers hold connections on which they have said only this."""
    with _Running(name, folder) as server:
        strangers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(_STRANGERS)]
        for stranger in strangers:
            stranger.sendall(said)
        gate, began = Gate(server.port), time.perf_counter()
        try:
            gate.ask(raw, _PATIENCE_S)
            return f"{(time.perf_counter() - began) * 1000:.0f}"
        except OSError:
            return f"none in {_PATIENCE_S:.0f} s"
        finally:
            gate.close()
            for stranger in strangers:
                stranger.close()


class _Running:
    """A candidate in a process group of its own, on a fresh copy of the database."""

    def __init__(self, name: str, folder: Path) -> None:
        database = folder / "turn"
        for old in folder.glob("turn*"):
            old.unlink()
        shutil.copy(folder / "fresh", database)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        command = [sys.executable, "-m", "benchmarks.wsgi_host", name, str(database), str(self.port), str(_THREADS)]
        self._process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)

    def __enter__(self) -> _Running:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise RuntimeError("the server doesn't listen")

    def __exit__(self, *_exc: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def cpu_s(self) -> float:
        """Seconds of processor that it and its workers have used."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        ticks = 0
        for pid in [str(self._process.pid), *children]:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])  # utime, stime: proc(5)
        return ticks / os.sysconf("SC_CLK_TCK")
