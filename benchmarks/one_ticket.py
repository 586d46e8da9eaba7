"""One ticket, one person: 64 gates ask for the same ticket at the same moment, 200 times over, of a real server.

It fails when a ticket is admitted twice, or not at all, or when any gate gets another answer than the two documented.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from api.devices.organising import add_devices
from api.devices.pairing import Pairing
from api.store.store import open_store
from api.tickets import events, issue
from benchmarks.load import Gate, request
from benchmarks.table import Table

GATES = 64
ROUNDS = 200


def measure() -> Iterator[Table]:
    """Rounds, answers and seconds. Raises RuntimeError on any other count than one admission a round."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/tickets.sqlite3"
        requests = _prepare(database)
        command = [sys.executable, "-m", "api", "serve", "--database", database, "--port", "0", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            port = int(json.loads(server.stdout.readline() if server.stdout else "")["url"].rpartition(":")[2])
            began = time.perf_counter()
            rounds = _play(port, requests)
            seconds = time.perf_counter() - began
            server.terminate()
        if server.returncode:
            raise RuntimeError(f"the server ended with {server.returncode}")
    wrong = [codes for codes in rounds if codes != {"ok": 1, "already_scanned": GATES - 1}]
    if wrong:
        raise RuntimeError(f"{len(wrong)} rounds went wrong: {wrong[:3]}")
    row = [str(GATES), str(len(rounds)), str(sum(codes["ok"] for codes in rounds)), f"{seconds:.1f}"]
    yield Table("64 gates, one ticket", ["gates", "rounds", "admissions", "seconds"], [row])


def _prepare(database: str) -> list[list[bytes]]:
    """For each round, its ticket's scan request by two devices in turn."""
    store = open_store(database)
    event = events.add_event(store, "Bench")
    tickets = issue.add_tickets(store, UUID(event.uuid), count=ROUNDS)
    devices = add_devices(store, ["Gate 1", "Gate 2"], "http://127.0.0.1")
    keys = [Pairing(store).read(device.token).api_key for device in devices]
    store.close()
    bodies = [json.dumps({"qrcode_data": ticket.qrcode_data}).encode() for ticket in tickets]
    return [[request("/api/scan/ticket/", key, body) for key in keys] for body in bodies]


def _play(port: int, requests: list[list[bytes]]) -> list[Counter[str]]:
    """All rounds; how often each code was answered in each."""
    start, end = threading.Barrier(GATES, timeout=60), threading.Barrier(GATES, timeout=60)
    rounds: list[Counter[str]] = [Counter() for _ in requests]
    lock = threading.Lock()

    def play(number: int) -> None:
        gate = Gate(port)
        for codes, raw in zip(rounds, requests, strict=True):
            start.wait()
            try:
                code = str(json.loads(gate.ask(raw[number % 2]))["code"])
            except OSError as error:
                code = repr(error)
            with lock:
                codes[code] += 1
            end.wait()
        gate.close()

    gates = [threading.Thread(target=play, args=(number,)) for number in range(GATES)]
    for thread in gates:
        thread.start()
    for thread in gates:
        thread.join()
    return rounds
