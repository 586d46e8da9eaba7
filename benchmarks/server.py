"""The ticket server's pace and cost, as ratios side by side in one run, against the goals that were set for it.

Against its own empty route, against the disk itself, against the main peer's stack (benchmarks/peer), on a disk as slow
as an SD card, with a thousand and a million tickets; instructions, memory, and what a check writes. About 4 minutes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import server_cost, server_disk, server_pace, server_stock
from benchmarks.server_pace import CLIENTS, Counts, Pace
from benchmarks.table import Table


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: tickets in the databases, turns (of which medians are taken), requests a turn."""

    small: int = 1_000
    tickets: int = 100_000
    large: int = 1_000_000
    turns: int = 3
    counts: Counts = server_pace.FULL
    turns_by_size: int = 7  # its goal is the closest to what the machine's own noise does
    scans_by_size: int = 4500  # more than the server leaves in SQLite's log while others wait
    counted: tuple[int, int] = (64, 192)  # scans under callgrind


FULL = Sizes()


@dataclass(frozen=True, slots=True)
class _Goal:
    what: str
    wanted: float
    figure: float | None  # None: could not be measured here
    at_most: bool = False
    unit: str = ""

    def row(self) -> list[str]:
        sign = "≤" if self.at_most else "≥"
        wanted = f"{sign} {self.wanted:g}{self.unit}"
        if self.figure is None:
            return [self.what, wanted, "not measured", "?"]
        is_met = self.figure <= self.wanted if self.at_most else self.figure >= self.wanted
        return [self.what, wanted, f"{self.figure:.2f}{self.unit}", "yes" if is_met else "no"]


def measure(sizes: Sizes = FULL) -> Iterator[Table]:
    """The paces, then each goal with its figure. Raises RuntimeError when any answer is not what it should be."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stock = server_stock.make(folder / "stock", sizes.tickets)
        imported = server_stock.make(folder / "imported", sizes.counts.ours * 2, imported=True)
        paces = server_pace.side_by_side(stock, imported, sizes.turns, sizes.counts)
        yield _paces(f"{CLIENTS} clients, {sizes.tickets} tickets", paces)
        slow = _on_a_slow_disk(stock, sizes, folder)
        if slow:
            yield _paces(f"each sync {server_disk.SYNC_MS} ms longer", slow)
        large, small = (server_stock.make(folder / f"{n}", n) for n in (sizes.large, sizes.small))
        by_size = server_pace.by_size(small, large, sizes.turns_by_size, sizes.scans_by_size)
        yield _paces(f"{sizes.small} and {sizes.large} tickets, few clients", by_size)
        counted = [server_cost.instructions(each, *sizes.counted) for each in (stock, imported)]
        memory = server_cost.memory(stock, sizes.counts.ours, sizes.counts.ours // 4)
    goals = [*_ratios(paces), *_slow_ratios(slow)]
    goals.append(_Goal("p99, most tickets ÷ fewest", 1.2, by_size["large"].p99_ms / by_size["small"].p99_ms, True))
    for kind, count in zip(("Ed25519", "RSA"), counted, strict=True):
        goals.append(_Goal(f"instructions a scan, {kind}", 1.5, count and count / 1e6, True, " million"))
    goals.append(_Goal(f"memory, {sizes.tickets} tickets, loaded", 90, memory.resident_mb, True, " MB"))
    goals.append(_Goal(f"commits by {memory.checks} checks", 0, memory.commits_by_checks, True))
    goals.append(_Goal("bytes that they wrote", 0, memory.bytes_by_checks, True))
    note = "" if all(counted) else "instructions: install valgrind"
    yield Table("goals", ["what", "goal", "figure", "met"], [goal.row() for goal in goals], note)


def _on_a_slow_disk(stock: server_stock.Stock, sizes: Sizes, folder: Path) -> dict[str, Pace]:
    """Nothing where there is no compiler for the slow disk."""
    if shutil.which("gcc") is None:
        return {}
    return server_pace.on_a_slow_disk(stock, sizes.turns, sizes.counts, server_disk.slow_syncs(folder))


def _ratios(paces: dict[str, Pace]) -> list[_Goal]:
    ours = paces["ours"].rate
    return [
        _Goal("scans ÷ requests of the empty route", 0.6, ours / paces["empty"].rate),
        _Goal("the same, TiBillet's codes (RSA)", 0.6, paces["ours, RSA"].rate / paces["empty"].rate),
        _Goal("scans ÷ scans of the peer's stack, tuned", 4, ours / paces["peer-tuned"].rate),
        _Goal("scans ÷ scans of the peer's stack, as it writes it", 12, ours / paces["peer"].rate),
    ]


def _slow_ratios(slow: dict[str, Pace]) -> list[_Goal]:
    ratio = slow["grouped"].rate / slow["one by one"].rate if slow else None
    return [
        _Goal(f"scans ÷ one commit a scan, syncs {server_disk.SYNC_MS} ms longer", 15, ratio),
        _Goal("p99 there", 100, slow["grouped"].p99_ms if slow else None, True, " ms"),
    ]


def _paces(title: str, paces: dict[str, Pace]) -> Table:
    rows = [[name, f"{pace.rate:.0f}", f"{pace.p99_ms:.1f}" if pace.p99_ms else ""] for name, pace in paces.items()]
    return Table(title, ["candidate", "a second", "p99 ms"], rows)
