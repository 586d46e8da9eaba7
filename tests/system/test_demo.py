"""`portillon-kiosk demo`, whole: the real server, two real kiosks, every scene; and what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.demo.evidence import Line, whole_run

PROGRAM = Path(sys.executable).with_name("portillon-kiosk")
PLENTY_S = 540  # within pytest's own; the demo gives up by itself, but step by step, and each may take a minute


@dataclass(frozen=True)
class Run:
    """One finished demo."""

    status: int
    output: str
    kept: Path
    picture: Path


def start(*arguments: str, temporary: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(PROGRAM), "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )


def processes_of(folder: Path) -> list[str]:
    """Command lines of running processes that name this folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        if str(folder) in words and str(os.getpid()) != place.parent.name:
            found.append(words)
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("demo")
    kept, picture = folder / "kept", folder / "demo.svg"
    process = start("--keep", str(kept), "--svg", str(picture), temporary=folder)
    try:
        output, _ = process.communicate(timeout=PLENTY_S)
    finally:
        process.terminate()  # one that is late takes its server and its gates with it
    yield Run(process.returncode, output, kept, picture)


def trace(run: Run, gate: str) -> list[Line]:
    return [json.loads(line) for line in (run.kept / gate / "trace.jsonl").read_text().splitlines()]


def test_every_scene_passes_and_the_last_line_says_so(run: Run) -> None:
    assert run.output.splitlines()[-1] == "demo: 16 passed, 0 failed", run.output
    assert run.status == 0


def test_without_a_terminal_the_lines_are_plain(run: Run) -> None:
    assert "\x1b" not in run.output


def test_the_picture_shows_the_run_and_fetches_nothing(run: Run) -> None:
    picture = run.picture.read_text()
    assert "16&#160;passed" in picture
    assert "url(" not in re.sub(r"url\(#[^)]*\)", "", picture)


def test_no_process_outlives_the_demo(run: Run) -> None:
    assert processes_of(run.kept) == []


@pytest.mark.parametrize("gate", ["front", "side"])
def test_a_kept_trace_is_good_and_turns_bad_when_one_thing_in_it_is_changed(run: Run, gate: str) -> None:
    lines = trace(run, gate)
    assert whole_run(lines) == []
    admitted = next(line for line in lines if line["event"] == "verdict" and line["verdict"] == "admitted")
    closes = next(line for line in reversed(lines) if line.get("pin") == "relay" and not line["value"])
    end = lines[-1]["t"]
    ghost = [
        {"t": end + 1, "event": "pin", "pin": "relay", "value": 1},
        {"t": end + 1.3, "event": "pin", "pin": "relay", "value": 0},
    ]
    assert whole_run([line for line in lines if line is not admitted])
    assert whole_run([line for line in lines if line is not closes])
    assert whole_run([*lines, *ghost])


def test_a_folder_in_use_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    process = start("--keep", str(tmp_path), temporary=tmp_path)
    output, _ = process.communicate(timeout=PLENTY_S)
    assert process.returncode == 2
    assert "not an empty folder" in output
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_interrupted_leaves_no_process_and_no_file(tmp_path: Path, number: int) -> None:
    process = start(temporary=tmp_path)
    assert process.stdout is not None
    for line in process.stdout:
        if re.match(r" *1 ", line):  # the first scene is over: everything runs
            break
    assert processes_of(tmp_path)
    process.send_signal(number)
    process.communicate(timeout=PLENTY_S)
    assert process.returncode != 0
    assert processes_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
