"""The reader beside pyzbar alone and zxing-cpp alone: what each reads, at what cost, and how soon.

`python -m benchmarks reader` prints the tables, `python -m benchmarks.reader FILE` writes them into docs/reader.md.
PORTILLON_CORPUS names a folder with a manifest.jsonl of other people's frames, which are then measured as well.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean, median, quantiles
from time import process_time

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.corpus import frames
from benchmarks.corpus.camera import Frame
from benchmarks.corpus.frames import Sample
from benchmarks.corpus.sequences import FRAMES, arrivals
from benchmarks.table import Table
from kiosk.reader import QrReader, best_first, surveyed
from kiosk.reader.decoders import Glance, by_zbar, by_zxing
from kiosk.reader.tries import RESCUES, as_it_is, doubled, sharpened
from kiosk.reader.watch import Watch

SEED = 7  # the reader was made on others
EACH, EMPTY, ARRIVALS = 16, 84, 54  # frames of a trouble, of each kind of nothing, sequences
_HELD = 15  # frames for which one picture is held before a watch: half a second
_MARK = "<!-- tables -->"

Read = Callable[[Frame], list[str]]


def measure() -> Iterator[Table]:
    """Read rates, costs, what each try adds, and the time to the first read."""
    samples = [*frames.tickets(SEED, EACH), *frames.empty(SEED, EMPTY)]
    yield from _single("frames of our own", samples)
    yield _tries(samples)
    if folder := os.environ.get("PORTILLON_CORPUS"):
        yield from _single("frames of others", _others(Path(folder)))
    yield _first_reads()


def _pyzbar(gray: Frame) -> list[str]:
    return best_first(by_zbar(gray).found)


def _zxing(gray: Frame) -> list[str]:
    return best_first(by_zxing(gray).found)


class _Rotating:
    """The baseline of facts.md: zxing-cpp on every frame, and on a missed one a rescue, in turn."""

    def __init__(self) -> None:
        self._turn = 0

    def read(self, gray: Frame) -> list[str]:
        glance = as_it_is(gray)
        if not glance.found:
            self._turn += 1
            rescue = (doubled, sharpened, _doubled_and_sharpened, by_zbar)[self._turn % 4]
            glance = rescue(gray)
        return best_first(glance.found)


def _doubled_and_sharpened(gray: Frame) -> Glance:
    large = Image.fromarray(gray).resize((2 * gray.shape[1], 2 * gray.shape[0]), Image.Resampling.BICUBIC)
    return by_zxing(gray, np.asarray(large.filter(ImageFilter.UnsharpMask(2, 200, 0))))


class _HeldStill:
    """The watch of the gate, shown the same picture until it reads something."""

    shown = 1  # frames, the last time

    def read(self, gray: Frame) -> list[str]:
        watch = Watch()
        for self.shown in range(1, _HELD + 1):
            if texts := watch.read(gray):
                return texts
        return []


def _single(title: str, samples: Sequence[Sample]) -> Iterator[Table]:
    """Each frame by itself."""
    held = _HeldStill()
    readers: dict[str, Read] = {
        "pyzbar": _pyzbar,
        "zxing-cpp": _zxing,
        "full effort": QrReader().read,
        "watch, held still": held.read,
    }
    right = {name: Counter[str]() for name in readers}
    costs: dict[str, dict[str, list[float]]] = {name: {"hit": [], "miss": [], "none": []} for name in readers}
    wrong = Counter[str]()
    for sample in samples:
        for name, read in readers.items():
            began = process_time()
            texts = read(sample.gray)
            shown = held.shown if name.startswith("watch") else 1
            spent = (process_time() - began) * 1000 / shown
            is_right = texts == [sample.text]
            right[name][sample.trouble] += is_right
            wrong[name] += bool(texts) and not is_right
            kind = "none" if sample.text is None else "hit" if is_right else "miss"
            costs[name][kind] += [spent] * shown
    yield _rates(title, samples, right)
    yield _costs(title, readers, costs, wrong)


def _rates(title: str, samples: Sequence[Sample], right: dict[str, Counter[str]]) -> Table:
    count = Counter(sample.trouble for sample in samples if sample.text is not None)
    rows = [
        [trouble, str(of), *(f"{right[name][trouble] / of:.0%}" for name in right)] for trouble, of in count.items()
    ]
    total = sum(count.values())
    rows.append(["all", str(total), *(f"{sum(right[name][one] for one in count) / total:.1%}" for name in right)])
    note = f"held still: the same picture for up to {_HELD} frames, half a second"
    return Table(f"{title}, tickets read", ["trouble", "frames", *right], rows, note)


def _costs(
    title: str, readers: dict[str, Read], costs: dict[str, dict[str, list[float]]], wrong: Counter[str]
) -> Table:
    rows = []
    for name in readers:
        parts = [costs[name][kind] for kind in ("hit", "miss", "none")]
        every = [cost for part in parts for cost in part]
        means = [f"{mean(part or [0]):.1f}" for part in (*parts, every)]
        rows.append([name, f"{median(parts[0] or [0]):.1f}", *means, str(wrong[name])])
    columns = ["reader", "hit, median ms", "hit, ms", "miss, ms", "no ticket, ms", "mean, ms", "wrong or false reads"]
    return Table(
        f"{title}, CPU a frame", columns, rows, "means but for one; a hit of the watch is all frames until it has read"
    )


def _tries(samples: Sequence[Sample]) -> Table:
    """Each try on every frame by itself, in the order of full effort."""
    tickets = [sample for sample in samples if sample.text is not None]
    so_far: set[int] = set()
    rows = []
    for one in (as_it_is, *RESCUES):
        spent = plain = 0.0
        hits, surveys = set(), set()
        for number, sample in enumerate(tickets):
            began = process_time()
            glance = one(sample.gray)
            spent += process_time() - began
            if sample.text in [found.text for found in glance.found]:
                hits.add(number)
                continue
            began = process_time()
            if sample.text in [found.text for found in surveyed(glance)]:
                surveys.add(number)
            plain += process_time() - began
        adds = (hits | surveys) - so_far
        so_far |= adds
        told = Counter(tickets[number].trouble for number in adds)
        most = ", ".join(f"{trouble} {count}" for trouble, count in told.most_common(4)) if one is not as_it_is else ""
        times = [f"{1000 * seconds / len(tickets):.1f}" for seconds in (spent, plain)]
        rows.append([one.__name__, *map(str, (len(hits), len(surveys), len(adds), len(so_far))), *times, most])
    columns = ["try", "reads", "survey reads", "adds", "together", "ms", "survey, ms", "adds most to"]
    return Table(f"each try on all {len(tickets)} tickets", columns, rows, "ms: mean over all these frames")


def _first_reads() -> Table:
    """Sequences in which a code comes into view."""
    makers: dict[str, Callable[[], Read]] = {
        "pyzbar": lambda: _pyzbar,
        "zxing-cpp": lambda: _zxing,
        "zxing-cpp, one rescue in turn": lambda: _Rotating().read,
        "watch": lambda: Watch().read,
    }
    firsts: dict[str, list[int]] = {name: [] for name in makers}
    costs, wrong = dict.fromkeys(makers, 0.0), Counter[str]()
    for arrival in arrivals(SEED, ARRIVALS):
        shown = list(arrival.frames())
        for name, make in makers.items():
            read, first = make(), FRAMES + 1
            for number, gray in enumerate(shown, 1):
                began = process_time()
                texts = read(gray)
                costs[name] += process_time() - began
                wrong[name] += bool(texts) and texts != [arrival.text]
                first = min(first, number) if arrival.text in texts else first
            firsts[name].append(first)
    rows = [
        [name, *_spread(firsts[name]), f"{1000 * costs[name] / ARRIVALS / FRAMES:.1f}", str(wrong[name])]
        for name in makers
    ]
    columns = ["reader", f"read within {FRAMES}", "unread", "median", "p75", "ms a frame", "wrong reads"]
    return Table(
        f"first frame read, {ARRIVALS} arrivals",
        columns,
        rows,
        f"a code that stayed unread counts as frame {FRAMES + 1}",
    )


def _spread(firsts: Sequence[int]) -> list[str]:
    unread = sum(first > FRAMES for first in firsts)
    third = quantiles(firsts, n=4)[2]
    return [f"{1 - unread / len(firsts):.0%}", str(unread), f"{median(firsts):.0f}", f"{third:.0f}"]


def _others(folder: Path) -> list[Sample]:
    """A corpus of others: manifest.jsonl with file, category and payload."""
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    return [
        Sample(one["category"], np.asarray(Image.open(folder / one["file"]).convert("L")), one["payload"])
        for one in entries
    ]


def _as_markdown(table: Table) -> str:
    lines = [f"### {table.title[0].upper()}{table.title[1:]}", "", f"| {' | '.join(table.columns)} |"]
    lines += [f"|{' --- |' * len(table.columns)}", *(f"| {' | '.join(row)} |" for row in table.rows)]
    return "\n".join([*lines, "", *([f"{table.note[0].upper()}{table.note[1:]}.", ""] if table.note else [])])


if __name__ == "__main__":
    page = Path(sys.argv[1])
    before, _, rest = page.read_text("utf-8").partition(_MARK)
    after = rest.partition(_MARK)[2]
    tables = "\n".join(map(_as_markdown, measure()))
    page.write_text(f"{before}{_MARK}\n\n{tables}\n{_MARK}{after}", "utf-8")
