"""The decoders' own process: killed, stopped and crashed from outside while it works."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from kiosk.reader import QrReader, ReaderFault, best_first
from kiosk.reader.tries import as_it_is
from kiosk.reading import IsolatedReader
from tests import processes
from tests.fuzz.mutations import finders, hostile

FRAMES = Path(__file__).parents[1] / "frames"
TIME_ENOUGH = 60.0  # seconds; only a failing test ever waits for it

Gray = npt.NDArray[np.uint8]


def ticket() -> Gray:
    return np.asarray(Image.open(sorted(FRAMES.glob("clean_*.jpg"))[0]).convert("L"))


def long_work() -> Gray:
    """Noise large enough to keep every decoder busy for a while."""
    return np.random.default_rng(1).integers(0, 256, (3000, 4000), np.uint8)


@pytest.fixture
def crashes() -> list[str]:
    return []


@pytest.fixture
def reader(crashes: list[str]) -> Iterator[IsolatedReader]:
    reader = IsolatedReader(crashes.append)
    yield reader
    reader.close()


def pid_of(reader: IsolatedReader) -> int:
    assert reader.pid is not None
    return reader.pid


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does and tells nobody."""
    deadline = time.monotonic() + TIME_ENOUGH
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def is_gone(pidfd: int) -> bool:
    return bool(select.select([pidfd], [], [], TIME_ENOUGH)[0])


def reads_again(reader: IsolatedReader) -> bool:
    return reader.read(ticket()) == QrReader().read(ticket())


def read_in_a_thread(reader: IsolatedReader, picture: Gray) -> tuple[threading.Thread, list[list[str]]]:
    results: list[list[str]] = []
    thread = threading.Thread(target=lambda: results.append(reader.read(picture)))
    thread.start()
    return thread, results


def test_it_reads_what_the_decoders_read(reader: IsolatedReader, crashes: list[str]) -> None:
    for path in sorted(FRAMES.glob("*_0*.jpg")):
        picture = np.asarray(Image.open(path).convert("L"))
        if found := as_it_is(picture).found:
            assert reader.read(picture) == best_first(found)
    assert crashes == []


def test_its_numbers_are_crunched_by_one_thread(reader: IsolatedReader) -> None:
    assert b"OPENBLAS_NUM_THREADS=1" in Path(f"/proc/{pid_of(reader)}/environ").read_bytes().split(b"\0")


def test_frames_of_changing_size_do_not_mix(reader: IsolatedReader) -> None:
    assert reader.read(long_work()[:1500, :1500]) == []
    assert reads_again(reader)
    assert reader.read(np.zeros((0, 5), np.uint8)) == []
    assert reader.read(ticket()[::2, ::2].T) == QrReader().read(ticket()[::2, ::2].T)


def test_killed_at_work_it_leaves_the_frame_unread_and_starts_again(reader: IsolatedReader, crashes: list[str]) -> None:
    child = pid_of(reader)
    before = cpu_ticks(child)
    thread, results = read_in_a_thread(reader, long_work())
    until(lambda: cpu_ticks(child) > before + 5)
    os.kill(child, signal.SIGKILL)
    thread.join(TIME_ENOUGH)
    assert results == [[]]
    assert reader.crashes == 1
    assert "SIGKILL on a 4000x3000 frame" in crashes[0]
    until(lambda: reads_again(reader))
    assert reader.pid != child


def test_killed_between_two_frames_it_starts_again(reader: IsolatedReader) -> None:
    child = pid_of(reader)
    os.kill(child, signal.SIGKILL)
    until(lambda: reads_again(reader))
    assert reader.crashes == 1


def test_a_child_that_hangs_is_killed_within_its_limit_and_replaced(crashes: list[str]) -> None:
    reader = IsolatedReader(crashes.append, limit=0.5)
    child = pid_of(reader)
    pidfd = os.pidfd_open(child)
    os.kill(child, signal.SIGSTOP)
    assert reader.read(ticket()) == []
    assert is_gone(pidfd)
    assert "no answer within 0.5 s" in crashes[0]
    until(lambda: reads_again(reader))
    reader.close()
    os.close(pidfd)


def test_a_code_that_crashes_a_decoder_does_not_stop_the_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crashes: list[str]
) -> None:
    """A stand-in for a libzbar with the double free: whatever reaches zbar aborts the process."""
    (tmp_path / "pyzbar").mkdir()
    (tmp_path / "pyzbar" / "__init__.py").touch()
    (tmp_path / "pyzbar" / "pyzbar.py").write_text(
        "import os\nclass ZBarSymbol: QRCODE = 64\ndef decode(image, symbols): os.abort()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    reader = IsolatedReader(crashes.append)
    for count in (1, 2, 3):
        until(lambda count=count: reader.read(long_work()[:200, :200]) == [] and reader.crashes == count)  # type: ignore[misc]
        until(lambda: reads_again(reader))
    reader.close()
    assert all("SIGABRT on a 200x200 frame" in crash for crash in crashes)


@pytest.mark.parametrize("seed", range(12))
def test_hostile_codes_and_thousands_of_finders_cost_no_crash(
    reader: IsolatedReader, crashes: list[str], seed: int
) -> None:
    """Parts of a sequence, ECI, bytes, Kanji, 7 KB of digits. Each within the time that a frame may take."""
    random = np.random.default_rng(seed)
    for picture in (hostile(random), finders(3000, random)):
        for _ in range(3):  # so that rescues get their turn
            reader.read(picture)
    until(lambda: reads_again(reader))
    assert crashes == []


def test_closing_ends_the_child_and_leaves_no_zombie(crashes: list[str]) -> None:
    reader = IsolatedReader(crashes.append)
    child = pid_of(reader)
    reader.close()
    assert not Path(f"/proc/{child}").exists()
    assert reader.read(ticket()) == []
    reader.close()
    assert crashes == []


def test_crashes_leave_no_zombies_and_no_open_files(reader: IsolatedReader) -> None:
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        child = pid_of(reader)
        os.kill(child, signal.SIGKILL)
        until(lambda: reads_again(reader))
        assert not Path(f"/proc/{child}").exists()
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_it_keeps_nothing_open_that_the_daemon_has_open(crashes: list[str]) -> None:
    pin = os.open("/dev/null", os.O_WRONLY)  # in the place of a gpiochip
    os.set_inheritable(pin, True)
    reader = IsolatedReader(crashes.append)
    links = [str(link.readlink()) for link in Path(f"/proc/{pid_of(reader)}/fd").iterdir() if int(link.name) > 2]
    reader.close()
    os.close(pin)
    assert len(links) == 1
    assert "portillon-frame" in links[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_for_the_whole_service_do_not_end_it_before_the_daemon(reader: IsolatedReader, number: int) -> None:
    os.kill(pid_of(reader), number)
    assert reads_again(reader)
    assert reader.crashes == 0


@pytest.mark.parametrize("work", ["idle", "busy"])
def test_it_dies_with_a_daemon_that_is_killed(work: str) -> None:
    program = (
        "import sys, numpy as np\nfrom kiosk.reading import IsolatedReader\n"
        "reader = IsolatedReader(print)\nprint(reader.pid, flush=True)\n"
        "if sys.argv[1] == 'idle': sys.stdin.read()\n"
        "noise = np.random.default_rng(1).integers(0, 256, (3000, 3000), np.uint8)\n"
        "while True: reader.read(noise)\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with processes.running([sys.executable, "-c", program, work], **pipes) as daemon:
        child = int(processes.first_line(daemon))
        pidfd = os.pidfd_open(child)
        if work == "busy":
            before = cpu_ticks(child)
            until(lambda: cpu_ticks(child) > before + 5)
        daemon.kill()
        assert is_gone(pidfd)
        os.close(pidfd)


def test_a_decode_that_never_ends_is_ended_without_the_daemon() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    memory = os.memfd_create("frame")
    picture = long_work()
    os.pwrite(memory, picture.data, 0)
    command = [sys.executable, "-m", "kiosk.reading", str(memory), "0.01"]
    # Whoever masks signals in the daemon must not switch this off in the child.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    try:
        child = subprocess.Popen(command, stdin=theirs.fileno(), pass_fds=[memory])
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    assert ours.recv(100) == b"[]"
    ours.send(struct.pack("!II", *picture.shape))
    assert child.wait(TIME_ENOUGH) == -signal.SIGALRM
    for one in (ours, theirs):
        one.close()
    os.close(memory)


def start_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first_lines: str) -> Any:
    """Start a reader whose child runs ``first_lines`` before anything else."""
    (tmp_path / "sitecustomize.py").write_text(first_lines)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return IsolatedReader(pytest.fail)


def test_a_missing_libzbar_is_named_at_construction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReaderFault, match="apt install libzbar0"):
        start_with(tmp_path, monkeypatch, "import ctypes.util\nctypes.util.find_library = lambda name: None\n")


def test_a_child_that_can_not_start_is_named_at_construction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReaderFault, match="ended with status 3 at its start"):
        start_with(tmp_path, monkeypatch, "import os\nos._exit(3)\n")
