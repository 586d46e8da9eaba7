"""Shows mutated frames to the reader as the gate runs it, in its own process, and judges what it says of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from kiosk import codes
from kiosk.reading import IsolatedReader
from tests.fuzz.mutations import hostile, mutated, real_frames

_LIMIT = 5.0  # seconds for a frame, as at the gate


@dataclass(slots=True)
class Report:
    """What came of it. A crash is survived and so no finding of ours; a wrong ticket or a dead reader is."""

    frames: int = 0
    read: int = 0
    crashes: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds
    findings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        crashes = "".join(f"\nfuzz: survived: {crash}" for crash in self.crashes)
        return f"fuzz: {self.frames} frames, {self.read} read, slowest {self.slowest:.2f} s{crashes}"


def run(seed: int, seconds: float) -> Report:
    """For so long, frames of this seed; each is shown twice, so that a rescue gets its turn."""
    report, real = Report(), real_frames()
    known = {payload for _, payload in real}
    reader = IsolatedReader(report.crashes.append, _LIMIT)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        random = np.random.default_rng([seed, report.frames])
        chosen, other = (real[index][0] for index in random.integers(0, len(real), 2))
        frame = mutated(hostile(random) if random.integers(4) == 0 else chosen, other, random)
        for _ in range(2):
            began = time.monotonic()
            texts = reader.read(frame)
            report.slowest = max(report.slowest, time.monotonic() - began)
            report.read += bool(texts)
            parsed = [codes.parse(text) for text in texts]
            if any(
                not isinstance(code, codes.Unreadable) and text not in known
                for code, text in zip(parsed, texts, strict=True)
            ):
                report.findings.append(f"a ticket that nobody held up, in frame {report.frames} of seed {seed}")
        report.frames += 1
    clean = real[0]
    deadline = time.monotonic() + 60
    while reader.read(clean[0]) != [clean[1]]:
        if time.monotonic() > deadline:
            report.findings.append("it no longer reads a clean ticket")
            break
    reader.close()
    return report
