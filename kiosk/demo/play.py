"""The demo from curtain to curtain: folder, stage, scenes, and the last look at every relay."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from kiosk.demo import sample
from kiosk.demo.evidence import Seen, is_settled, look, mistakes, pulses, whole_run
from kiosk.demo.render import presentation
from kiosk.demo.report import Report
from kiosk.demo.scenes import Cast, Scene, Ticket, scenes
from kiosk.demo.stage import GateAtWork, Stage, StageError

SCENE_S = 15.0  # most of it for a busy machine: an answer is due within 2 s
LINGER_S = 0.4  # still held up after the verdict, so that a second pulse or verdict would be seen
REST_S = 3.0  # repeats are suppressed for 2.5 s, and until 0.5 s out of view (facts: Gates)


def run(svg: Path | None = None, keep: Path | None = None) -> int:
    """Play everything, live on standard output; 0 when all passed, 1 when not, 2 for a folder that can't be used.

    ``svg``: where to write the picture of the run. ``keep``: a new or empty folder for settings, databases, frames,
    traces and logs; without it they are in a temporary folder that is removed.
    """
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        print(f"demo: {keep} is not an empty folder; nothing was started. Name a new one.", file=sys.stderr)
        return 2
    report = Report()
    with _ended_by_signals(), _folder(keep) as folder:
        _play(folder, report)
    report.end()
    if svg is not None:
        report.save_picture(svg)
    return 1 if report.failed else 0


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="portillon-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end the demo as Ctrl-C does: through every ``finally``."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _play(folder: Path, report: Report) -> None:
    played, programme = 0, 1  # until it is known, the programme is to start at all
    artist = ThreadPoolExecutor(1, "artist")
    try:
        with Stage(folder) as stage:
            report.opening(stage.port)
            with report.waiting("the server starts, the gates boot, the organiser makes tickets"):
                stage.start_server()
                front, side = stage.open_gate("front"), stage.open_gate("side")
                todo = scenes(_organise(stage, folder))
                programme = len(todo) + 2
                front.wait_until_it_looks()
                side.wait_until_it_looks()
                drawn = [artist.submit(_drawn, scene, seed) for seed, scene in enumerate(todo)]
            before: Seen | None = None
            for scene, frames in zip(todo, drawn, strict=True):
                before = _perform(stage, scene, frames, before, report)
                played += 1
            for gate in (front, side):
                _look_back(gate, report)
                played += 1
    except StageError as error:
        report.trouble(str(error), programme - played)
    finally:
        artist.shutdown(wait=True, cancel_futures=True)


def _drawn(scene: Scene, seed: int) -> list[bytes]:
    return list(presentation(scene.content, scene.look, seed * 100))


def _organise(stage: Stage, folder: Path) -> Cast:
    """What an organiser does before the doors open, with the organiser's own commands."""
    concert = stage.organise("event", "add", "Concert")["uuid"]
    other = stage.organise("event", "add", "Another evening")["uuid"]
    key = folder / "tibillet.pem"
    key.write_text(sample.PUBLIC_KEY_PEM, "ascii")
    stage.organise("event", "add", "Fest-noz", "--uuid", sample.EVENT_UUID, "--public-key", str(key))
    stage.organise("ticket", "add", "--event", sample.EVENT_UUID, "--uuid", sample.TICKET_UUID)
    made = stage.organise("ticket", "add", "--event", concert, "--count", "3")
    guest, patient, cancelled = (Ticket(one["uuid"], one["qrcode_data"]) for one in made)
    stage.organise("ticket", "cancel", cancelled.uuid)
    elsewhere = stage.organise("ticket", "add", "--event", other)[0]
    base = ("--base-url", f"http://127.0.0.1:{stage.port}")
    front = stage.organise("device", "add", "Front gate", *base, "--event", concert)
    side = stage.organise("device", "add", "Side gate", *base)
    return Cast(
        front_pairing=front["pairing_url"],
        side_pairing=side["pairing_url"],
        guest=guest,
        patient=patient,
        cancelled=cancelled,
        elsewhere=Ticket(elsewhere["uuid"], elsewhere["qrcode_data"]),
        tibillet=Ticket(sample.TICKET_UUID, sample.TICKET_CODE),
    )


def _perform(stage: Stage, scene: Scene, drawn: Future[list[bytes]], before: Seen | None, report: Report) -> Seen:
    """One scene, from what happens to the server before it to its line in the report."""
    gate = stage.gates[scene.gate]
    with report.waiting(f"{scene.gate} gate: {scene.title}"):
        if scene.server == "stop":
            stage.stop_server()
        elif scene.server == "start":
            stage.start_server()
        frames = drawn.result()
        if scene.rested:
            _rest(gate)
        since = time.monotonic()
        gate.street.hold_up(frames)
        gate.wait_until(lambda lines: is_settled(scene.expected, look(lines, since)), SCENE_S)
        time.sleep(LINGER_S)
        gate.street.leave()
    seen = look(gate.lines(), since)
    report.scene(scene, seen, mistakes(scene.expected, seen, before), gate.kiosk.tail())
    return seen


def _rest(gate: GateAtWork) -> None:
    """Wait until the gate has forgotten the last one it judged, or who has just left."""
    last = max((float(line["t"]) for line in gate.lines() if line["event"] == "verdict"), default=0.0)
    time.sleep(max(0.0, last + REST_S - time.monotonic(), gate.street.left_at + 1.0 - time.monotonic()))


def _look_back(gate: GateAtWork, report: Report) -> None:
    """Stop the gate; then every pulse of the whole run must have had its admission, and the relay be off."""
    status = gate.close()
    lines = gate.lines()
    wrong: Sequence[str] = whole_run(lines)
    if status != 0:
        wrong = [*wrong, f"the kiosk ended with {status}"]
    given = len(pulses(lines))
    words = f"{gate.name:<7}stopped: {given} admission(s), {given} pulse(s), each after its verdict; the relay is off"
    report.whole(words if not wrong else f"{gate.name:<7}stopped", wrong, gate.kiosk.tail())
