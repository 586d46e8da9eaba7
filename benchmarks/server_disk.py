"""The disk: what it does by itself, and one made as slow as an SD card, for whatever process is started upon it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.server_run import ROOT
from benchmarks.server_stock import Stock

SYNC_MS = 10  # what a sync takes on an SD card, added to what it takes here
_SLOW = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static int after(const char *name, int fd) {
    int result = ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
    struct timespec rest = {0, SYNC_MS * 1000000L};
    nanosleep(&rest, 0);
    return result;
}
int fsync(int fd) { return after("fsync", fd); }
int fdatasync(int fd) { return after("fdatasync", fd); }
"""
_USE = "UPDATE ticket SET status = 'scanned', scanned_at = ?, scanned_by = 1 WHERE uuid = ? AND status = 'valid'"
_LINE = """INSERT INTO scan_line (action, device_id, ticket_uuid, event_id, code, arrived_at)
    VALUES (?, ?, ?, ?, ?, ?)"""


def slow_syncs(folder: Path) -> dict[str, str]:
    """The environment of a process in which each sync takes SYNC_MS longer. Needs gcc. Raises OSError without it."""
    library = folder / "slow_syncs.so"
    command = ["gcc", "-shared", "-fPIC", f"-DSYNC_MS={SYNC_MS}", "-x", "c", "-", "-o", str(library), "-ldl"]
    subprocess.run(command, input=_SLOW, text=True, check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}


def raw_commits(stock: Stock, count: int, environment: dict[str, str] | None = None) -> float:
    """Scans a second as one thread writes them: one UPDATE and one INSERT a durable commit, and nothing else."""
    command = [sys.executable, "-m", "benchmarks.server_disk", str(stock.copy("raw")), str(count)]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def _commit(file: str, count: int) -> float:
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA synchronous=FULL")  # the file is in WAL mode already
    uuids = [row[0] for row in database.execute("SELECT uuid FROM ticket LIMIT ?", (count,))]
    began = time.perf_counter()
    for uuid in uuids:
        now = time.time_ns() // 1000
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            "UPDATE ticket SET status = 'scanned', scanned_at = ?, scanned_by = 1 WHERE uuid = ?", (now, uuid)
        )
        database.execute(_LINE, ("scan", 1, uuid, 1, "ok", now))
        database.execute("COMMIT")
    return len(uuids) / (time.perf_counter() - began)


if __name__ == "__main__":
    print(_commit(sys.argv[1], int(sys.argv[2])))
