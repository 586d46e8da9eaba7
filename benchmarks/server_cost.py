"""What one scan costs, seen from outside `portillon-api serve`: instructions, memory, and what a check writes."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks import server_run
from benchmarks.load import Gate, crowd
from benchmarks.server_stock import CHECK, SCAN, Stock

_WARM = 140  # scans before counting, so that connections are open and caches filled


@dataclass(frozen=True, slots=True)
class Memory:
    """Of the loaded server, and what the database saw of checks. MB are 10⁶ bytes."""

    resident_mb: float
    checks: int
    commits_by_checks: int
    bytes_by_checks: int


def instructions(stock: Stock, few: int, many: int) -> float | None:
    """Instructions a scan, one client: what ``many`` took above ``few``, divided. None where valgrind is missing."""
    if shutil.which("valgrind") is None:
        return None
    out = stock.file.with_name("callgrind")
    prefix = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--vgdb-poll=50", f"--callgrind-out-file={out}"]
    requests = stock.requests(SCAN, _WARM + few + many)
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    with server_run.portillon(stock.copy("counted"), prefix, environment) as server:
        gate = Gate(server.port)
        _all_admitted([gate.ask(raw) for raw in requests[:_WARM]])
        _control(server.pid, "instrumentation", "on")
        for part in (requests[_WARM : _WARM + few], requests[_WARM + few :]):
            _all_admitted([gate.ask(raw) for raw in part])
            _control(server.pid, "dump")  # writes what was counted, and begins at 0
        gate.close()
    counted = [_total(out.with_name(f"{out.name}.{number}")) for number in (1, 2)]
    return (counted[1] - counted[0]) / (many - few)


def memory(stock: Stock, scans: int, checks: int) -> Memory:
    """After ``scans`` by 64 clients; then ``checks``, during which another connection watches the database."""
    file = stock.copy("loaded")
    with server_run.portillon(file) as server:
        _all_admitted(crowd(server.port, stock.requests(SCAN, scans), 64)[2])
        resident = server.resident_mb()
        watcher = sqlite3.connect(file)
        wal = Path(f"{file}-wal")
        before = _version(watcher), wal.stat().st_size, wal.stat().st_mtime_ns
        answers = crowd(server.port, stock.requests(CHECK, checks), 64)[2]
        after = _version(watcher), wal.stat().st_size, wal.stat().st_mtime_ns
        watcher.close()
    _all_admitted(answers)
    written = after[1] - before[1] if after[2] == before[2] else max(1, after[1] - before[1])
    return Memory(resident, len(answers), after[0] - before[0], written)


def _version(watcher: sqlite3.Connection) -> int:
    """Changes whenever another connection has committed something."""
    return int(watcher.execute("PRAGMA data_version").fetchone()[0])


def _all_admitted(answers: list[bytes]) -> None:
    wrong = [answer for answer in answers if b'"success":true' not in answer]
    if wrong:
        raise RuntimeError(f"{len(wrong)} of {len(answers)} were refused: {wrong[0][:200]!r}")


def _control(pid: int, *words: str) -> None:
    """Ask callgrind; it answers when the server next runs. Pressing it, by ptrace, would end sigtimedwait."""
    subprocess.run(["vgdb", f"--pid={pid}", "--max-invoke-ms=0", *words], check=True, capture_output=True)


def _total(file: Path) -> int:
    found = re.search(r"^(?:totals|summary): (\d+)$", file.read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"callgrind counted nothing: {file}")
    return int(found[1])
